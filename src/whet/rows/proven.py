"""Rows to train on, with their masks proven: the template first, then every row.

The template is tried on conversations whose texts are known and occur nowhere else, so that a
text written twice, dropped or changed is seen whatever the data hold. What is wrong there is
wrong for every row, and is told once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whet.errors import DataError, ModelError
from whet.rows.markers import has_markers, marked_text
from whet.rows.proof import prove
from whet.rows.render import render_examples
from whet.rows.sequence import RenderedExample
from whet.rows.template import render_text, within_time
from whet.rows.turns import WhichTurns
from whet.types import Example, Message

PROBE: tuple[Message, ...] = (
    {"role": "user", "content": "XAsk1  Please, now?X"},
    {"role": "assistant", "content": "XSay1  Yes: here,  now.X"},
    {"role": "user", "content": "XAsk2  And then?X"},
    {"role": "assistant", "content": "XSay2  No - there,  then!X"},
)
SYSTEM_PROBE: Message = {"role": "system", "content": "XRule1  Be (very) short.X"}
SOURCE = "chat template"
MEND = "Mend the template, or name another with `template: FILE.jinja`."


def proven_examples(
    examples: Sequence[Example],
    tokenizer: Any,
    stop_ids: Sequence[int],
    *,
    turns: WhichTurns = "all",
) -> list[RenderedExample]:
    """Every example as token sequences whose masks are proven right.

    Raises:
        ModelError: the template is wrong for every row.
        DataError: rows that cannot be trained on as they are; all of them together.
    """
    prove_template(tokenizer, stop_ids, with_system=any(example.system for example in examples))
    rendered = render_examples(examples, tokenizer, stop_ids, turns=turns)
    prove(examples, rendered, tokenizer, stop_ids, turns=turns)
    return rendered


def prove_template(tokenizer: Any, stop_ids: Sequence[int], *, with_system: bool) -> None:
    """Nothing, if the template is fit to train with.

    A template may refuse several turns, or system messages; rows that have them are then refused.

    Raises:
        ModelError: it is not; the message says what it does.
    """
    within_time(lambda: _prove_probes(tokenizer, stop_ids, with_system))


def _prove_probes(tokenizer: Any, stop_ids: Sequence[int], with_system: bool) -> None:
    for messages in (PROBE, PROBE[:2]):
        if _takes(tokenizer, messages):
            _prove_probe(Example.of(messages, SOURCE), tokenizer, stop_ids)
            break
    if with_system and _takes(tokenizer, [SYSTEM_PROBE, *PROBE]):
        _prove_probe(Example.of([SYSTEM_PROBE, *PROBE], SOURCE), tokenizer, stop_ids)


def _takes(tokenizer: Any, messages: Sequence[Message]) -> bool:
    try:
        render_text(tokenizer, messages, generation_prompt=False)
    except DataError:
        return False
    return True


def _prove_probe(example: Example, tokenizer: Any, stop_ids: Sequence[int]) -> None:
    _refuse_repetition(example, tokenizer)
    try:
        rendered = render_examples([example], tokenizer, stop_ids)
        prove([example], rendered, tokenizer, stop_ids)
    except DataError as error:
        fault = error.faults[0].removeprefix(f"{SOURCE}: ")
        raise ModelError(f"the chat template is wrong for every row: {fault} {MEND}") from None
    _refuse_ending(rendered[0], example.answer, tokenizer)
    if has_markers(tokenizer):
        _refuse_marked_prompts(example, tokenizer)


def _refuse_repetition(example: Example, tokenizer: Any) -> None:
    text = render_text(tokenizer, example.messages, generation_prompt=False)
    for message in example.messages:
        if (count := text.count(message["content"])) > 1:
            said = "would be learnt" if message["role"] == "assistant" else "would be read"
            raise ModelError(
                f"the chat template writes each {message['role']} message {count} times, so it "
                f"{said} {count} times. {MEND}"
            )


def _refuse_ending(row: RenderedExample, answer: str, tokenizer: Any) -> None:
    """Refuses text between the answer and its stop token: an end mark of another model, mostly."""
    sequence = row.sequences[-1]
    learnt = tokenizer.decode(
        sequence.tokens[sequence.trained].tolist(), clean_up_tokenization_spaces=False
    )
    ending = learnt.rpartition(answer)[2]
    known = [token for token in tokenizer.get_added_vocab() if token in ending]
    before = ending[: min(ending.index(token) for token in known)].strip() if known else ""
    if before:
        raise ModelError(
            f"the chat template writes {before!r} between the answer and its stop token, and this "
            "tokenizer has no token for it: the model would end each answer with that text. The "
            f"template is made for another model. {MEND}"
        )


def _refuse_marked_prompts(example: Example, tokenizer: Any) -> None:
    text, spans = marked_text(tokenizer, example.messages)
    marked = [text[start:end] for start, end in spans]
    for message in example.messages:
        if message["role"] != "assistant" and any(message["content"] in part for part in marked):
            raise ModelError(
                f"the template's generation markers enclose {message['role']} messages, so the "
                f"model would learn to write them itself. {MEND}"
            )
