r"""Conversations as token sequences whose loss mask is derived from the chat template.

For each assistant turn the template is asked twice: how the server would *ask* for this turn
(history and generation prompt) and how the turn reads once *answered*. The difference is the
answer; nothing is searched for by typed marks.

    asked      <user>\nHi<end>\n<assistant>\n
    answered   <user>\nHi<end>\n<assistant>\nHello<end>\n
    trained                                  ~~~~~~~~~         answer through its stop token

The prompt's tokens are those of the prompt alone, because a server tokenises the prompt alone.
Where the tokens of the answered text begin with them (nearly always) the answer's tokens are the
rest; where a token would straddle the border the answer is tokenised apart. A turn whose prompt
continues the sequence so far is appended to it; a template that rewrites history (Qwen3 drops
earlier thinking) makes a sequence of its own for it. Nothing after the last stop token is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from whet.errors import DataError, ModelError
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.rows.template import (
    PROBE_ANSWER,
    answer_text,
    probe_answer,
    realigned_answer,
    render_text,
)
from whet.types import Example, Message

NEUTRAL_PREFIXES = ("\n", ".", "a", "0")


@dataclass(frozen=True, slots=True)
class _Turn:
    """One trained assistant turn as text: what is asked and what is answered."""

    prompt: str
    answer: str
    content: str


def encode(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Token ids of each text, without added special tokens: the template writes its own."""
    if not texts:
        return []
    ids: list[list[int]] = tokenizer(list(texts), add_special_tokens=False, verbose=False)[
        "input_ids"
    ]
    return ids


def find_stop_ids(tokenizer: Any, eos_ids: Sequence[int] = ()) -> tuple[int, ...]:
    """Tokens that end a reply: the model's own end tokens and the one that the template writes.

    Raises:
        ModelError: the template ends a reply with no such token, so nobody would learn to stop.
    """
    known = [tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else []
    known += [i for i in eos_ids if i not in known]
    answer = probe_answer(tokenizer)
    tail = answer[answer.rindex(PROBE_ANSWER) + len(PROBE_ANSWER) :]
    special = set(tokenizer.added_tokens_decoder) | set(known)
    terminator = next((i for i in encode(tokenizer, [tail])[0] if i in special), None)
    if terminator is None:
        raise ModelError(
            f"the chat template ends a reply with {tail!r}, which holds no stop token of this "
            f"tokenizer (it has {tokenizer.convert_ids_to_tokens(known)}); so nobody "
            "would learn to stop. Give a template that ends replies with {{ eos_token }}: "
            "`template: FILE.jinja`."
        )
    return tuple(dict.fromkeys([terminator, *known]))


def render_examples(
    examples: Sequence[Example], tokenizer: Any, stop_ids: Sequence[int]
) -> list[RenderedExample]:
    """Every example as token sequences, with the answers of all assistant turns trained.

    Raises:
        ModelError: no template, or one that cannot be trained with.
        DataError: rows that the template refuses or that break a rule; all of them together.
    """
    faults: list[str] = []
    turns: list[list[_Turn]] = []
    for example in examples:
        try:
            turns.append(_turns(example, tokenizer))
        except DataError as error:
            faults.append(f"{example.source}: {error}")
            turns.append([])
    texts = [
        text for row in turns for turn in row for text in (turn.prompt, turn.prompt + turn.answer)
    ]
    ids = iter(encode(tokenizer, texts))
    rendered = []
    for example, row in zip(examples, turns, strict=True):
        tokenised = [(turn, next(ids), next(ids)) for turn in row]
        try:
            if row:
                rendered.append(_rendered(example, tokenised, tokenizer, frozenset(stop_ids)))
        except DataError as error:
            faults.append(f"{example.source}: {error}")
    if faults:
        raise DataError(faults)
    return rendered


def render_prompt(messages: Sequence[Any], tokenizer: Any, tools: Sequence[Any] = ()) -> list[int]:
    """Token ids of a prompt exactly as training saw it: for completers and parity checks."""
    text = render_text(tokenizer, messages, tools=tools, generation_prompt=True)
    return encode(tokenizer, [text])[0]


def _turns(example: Example, tokenizer: Any) -> list[_Turn]:
    found = []
    for index, message in enumerate(example.messages):
        if message["role"] != "assistant":
            continue
        history, answered = example.messages[:index], example.messages[: index + 1]
        if not history:
            raise DataError("the conversation begins with the assistant; a turn needs a prompt.")
        prompt = render_text(tokenizer, history, tools=example.tools, generation_prompt=True)
        full = render_text(tokenizer, answered, tools=example.tools, generation_prompt=False)
        content = message.get("content") or ""
        if full.startswith(prompt):
            answer = answer_text(prompt, full)
        else:
            swapped: Message = {
                **message,
                "content": ("B" if content[:1] == "A" else "A") + content,
            }
            other = render_text(
                tokenizer, [*history, swapped], tools=example.tools, generation_prompt=False
            )
            answer = realigned_answer(prompt, full, other)
        found.append(_Turn(prompt, answer, content))
    if not found:
        raise DataError("the conversation has no assistant turn, so there is nothing to learn.")
    return found


def _rendered(
    example: Example,
    turns: Sequence[tuple[_Turn, list[int], list[int]]],
    tokenizer: Any,
    stop_ids: frozenset[int],
) -> RenderedExample:
    sequences: list[tuple[list[int], list[bool]]] = []
    for turn, prompt, full in turns:
        answer = _through_stop(
            turn, _answer_ids(turn, prompt, full, tokenizer), tokenizer, stop_ids
        )
        _refuse_doubled_bos(prompt, tokenizer)
        before = sequences[-1] if sequences else ([], [])
        if sequences and prompt[: len(before[0])] == before[0]:
            sequences.pop()
        else:
            before = ([], [])
        untrained = [False] * (len(prompt) - len(before[1]))
        mask = [*before[1], *untrained, *[True] * len(answer)]
        sequences.append(([*prompt, *answer], mask))
    return RenderedExample(
        example.id, example.source, tuple(TokenSequence.of(*parts) for parts in sequences)
    )


def _answer_ids(turn: _Turn, prompt: list[int], full: list[int], tokenizer: Any) -> list[int]:
    """Tokens of the answer, given that the prompt's tokens stand as they are."""
    if full[: len(prompt)] == prompt:
        return full[len(prompt) :]
    whole = _decode(tokenizer, full)
    for neutral in NEUTRAL_PREFIXES:
        alone, joined = encode(tokenizer, [neutral, neutral + turn.answer])
        ids = joined[len(alone) :]
        if joined[: len(alone)] == alone and _decode(tokenizer, prompt + ids) == whole:
            return ids
    raise DataError(
        f"the answer {turn.answer[:40]!r} merges with the end of its prompt into one token, "
        "so the server's prompt could never be followed by it."
    )


def _decode(tokenizer: Any, ids: list[int]) -> str:
    text: str = tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    return text


def _through_stop(
    turn: _Turn, answer: list[int], tokenizer: Any, stop_ids: frozenset[int]
) -> list[int]:
    """The answer cut after its stop token, which must be the template's and not the text's."""
    stops = [i for i, token in enumerate(answer) if token in stop_ids]
    if not stops:
        raise DataError(
            f"the answer {turn.content[:40]!r} is rendered without a stop token; "
            "the model would never learn to end it."
        )
    if len(stops) > 1 and (inside := stop_ids & set(encode(tokenizer, [turn.content])[0])):
        names = tokenizer.convert_ids_to_tokens(sorted(inside))
        raise DataError(
            f"the answer spells the stop token {names} itself; remove it from the text."
        )
    return answer[: stops[0] + 1]


def _refuse_doubled_bos(prompt: list[int], tokenizer: Any) -> None:
    bos = tokenizer.bos_token_id
    if bos is not None and prompt[:2] == [bos, bos]:
        raise DataError(
            f"the prompt begins with {tokenizer.bos_token!r} twice: the template writes it and the "
            "text holds it too. Remove it from the text."
        )
