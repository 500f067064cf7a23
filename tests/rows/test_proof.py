"""Each assertion of the mask proof fails on a renderer that is broken in its way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from whet.errors import DataError
from whet.rows import render, turns
from whet.rows.proof import prove
from whet.rows.render import find_stop_ids, render_examples
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.types import Example, Message

Load = Callable[..., Any]
Plant = Callable[[pytest.MonkeyPatch], None]
CONVERSATION: tuple[Message, ...] = (
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "One?"},
    {"role": "assistant", "content": "First of all."},
    {"role": "user", "content": "Two?"},
    {"role": "assistant", "content": "Second to none."},
)


def proven(tokenizer: Any, messages: Sequence[Message] = CONVERSATION) -> RenderedExample:
    example = Example.of(messages, "d.jsonl:7")
    stop_ids = find_stop_ids(tokenizer)
    rendered = render.render_examples([example], tokenizer, stop_ids)
    prove([example], rendered, tokenizer, stop_ids)
    return rendered[0]


def _wrapped(module: Any, name: str, change: Callable[..., Any]) -> Plant:
    """A plant that changes what a function of a module returns."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        original = getattr(module, name)
        patch.setattr(module, name, lambda *a, **k: change(original(*a, **k), *a, **k))

    return plant


def _asked(**changed: Any) -> Plant:
    """A plant that asks the template in another way than a server does."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        original = turns.render_text

        def asked(tokenizer: Any, messages: Any, **options: Any) -> str:
            if changed.get("drop_system"):
                messages = [m for m in messages if m["role"] != "system"]
            if changed.get("no_head"):
                options["generation_prompt"] = False
            if changed.get("lower"):
                messages = [{**m, "content": m["content"].lower()} for m in messages]
            return original(tokenizer, messages, **options)

        patch.setattr(turns, "render_text", asked)

    return plant


def _each_sequence(change: Callable[[TokenSequence], list[TokenSequence]]) -> Plant:
    """A plant that changes finished sequences."""

    def apply(rows: list[RenderedExample], *_: Any, **__: Any) -> list[RenderedExample]:
        return [
            replace(row, sequences=tuple(new for s in row.sequences for new in change(s)))
            for row in rows
        ]

    return _wrapped(render, "render_examples", apply)


def _also(sequence: TokenSequence, position: int) -> TokenSequence:
    """The sequence with one more learnt token."""
    return TokenSequence(
        sequence.tokens, sequence.trained | (np.arange(sequence.num_tokens) == position)
    )


def _longer(sequence: TokenSequence, token: int, learnt: bool) -> TokenSequence:
    return TokenSequence(np.append(sequence.tokens, token), np.append(sequence.trained, learnt))


PLANTS: dict[str, tuple[Plant, str]] = {
    "the stop token is not learnt": (
        _each_sequence(lambda s: [TokenSequence(s.tokens, s.trained & (s.tokens != s.tokens[-1]))]),
        r"messages\[2\]: the answer's stop token is not learnt \(what is learnt ends with "
        r"'First of all.'\), so the model would never stop",
    ),
    "the end of the row is cut": (
        _each_sequence(lambda s: [TokenSequence(s.tokens[:-3], s.trained[:-3])]),
        r"messages\[4\]: the answer's stop token is not learnt",
    ),
    "prompts are learnt": (
        _wrapped(render, "_learnt_before", lambda flags, *_: [True] * len(flags)),
        "'<|im_start|>system.* is learnt, and is no answer to learn",
    ),
    "the last word of the user is learnt": (
        _each_sequence(lambda s: [_also(s, 11)]),
        r"'One' is learnt, and is no answer to learn but part of messages\[1\] \(user\)",
    ),
    "only the last answer is learnt": (
        _wrapped(turns, "learnt_turns", lambda found, *_: found[-1:]),
        r"messages\[2\]: the answer's beginning 'First of all.* is not learnt",
    ),
    "the head of the reply is learnt": (
        _asked(no_head=True),
        r"'<\|im_start\|>assistant\\n' is learnt, and is no answer to learn",
    ),
    "the system message is left out": (
        _asked(drop_system=True),
        "the row does not read as the server would ask: served '.*Be brief.*', in the row",
    ),
    "texts are changed to small letters": (
        _asked(lower=True),
        "the row does not read as the server would ask",
    ),
    "answers are changed": (
        _wrapped(turns, "answer_text", lambda text, *_: text.replace("none", "nobody")),
        r"messages\[4\]: the answer 'Second to none.' is written as 'Second to nobody.'",
    ),
    "white space is put into the answer": (
        _wrapped(turns, "answer_text", lambda text, *_: "\n" + text),
        r"the row has 'assistant\\n\\nFirst of all.<\|im_end\|>', and the template writes ",
    ),
    "a sequence is there twice": (
        _each_sequence(lambda s: [s, s]),
        r"messages\[2\]: the answer is learnt 2 times",
    ),
    "the mask is shifted by one": (
        _each_sequence(lambda s: [TokenSequence(s.tokens, np.roll(s.trained, 1))]),
        r"messages\[2\]: the answer's beginning 'First of all.* is not learnt",
    ),
    "nothing is learnt": (
        _each_sequence(lambda s: [TokenSequence(s.tokens, np.zeros_like(s.trained))]),
        "d.jsonl:7: no token of the row is learnt",
    ),
    "the stop token is there twice": (
        _each_sequence(lambda s: [_longer(s, s.tokens[-1], False)]),
        r"'<\|im_end\|>' stands twice in a row",
    ),
    "a token behind the stop token is learnt": (
        _each_sequence(lambda s: [_longer(s, 13, True)]),
        r"messages\[4\]: '.' is learnt behind the answer's stop token",
    ),
    "the first token is a target": (
        _each_sequence(lambda s: [_also(s, 0)]),
        "'<|im_start|>' is learnt, and is no answer to learn",
    ),
    "a row is lost": (
        _wrapped(render, "render_examples", lambda rows, *_: rows[1:]),
        "1 rows were read and 0 rendered",
    ),
}  # fmt: skip


def test_rows_of_the_renderer_as_it_is_pass(tokenizer: Load) -> None:
    assert proven(tokenizer("qwen2.5")).num_loss_tokens == 10


@pytest.mark.parametrize("name", PLANTS)
def test_the_proof_catches_a_renderer_where(
    name: str, tokenizer: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant, sentence = PLANTS[name]
    plant(monkeypatch)
    with pytest.raises(DataError, match=sentence):
        proven(tokenizer("qwen2.5"))


def test_the_proof_catches_a_doubled_bos(tokenizer: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = tokenizer("mistral-v1")
    messages = CONVERSATION[1:]
    assert proven(loaded, messages)
    first = loaded.bos_token_id
    _wrapped(render, "encode", lambda found, *_: [[first, *ids] for ids in found])(monkeypatch)
    with pytest.raises(DataError, match="'<s>' stands twice in a row"):
        proven(loaded, messages)


def test_the_proof_catches_a_learnt_turn_of_weight_zero(
    tokenizer: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [*CONVERSATION[:2], {**CONVERSATION[2], "weight": 0.0}, *CONVERSATION[3:]]
    loaded = tokenizer("qwen2.5")
    assert proven(loaded, messages).num_loss_tokens == 5  # type: ignore[arg-type]

    def deaf(found: list[int], messages: Sequence[Message], *_: Any) -> list[int]:
        return [i for i, message in enumerate(messages) if message["role"] == "assistant"]

    _wrapped(turns, "learnt_turns", deaf)(monkeypatch)
    with pytest.raises(DataError, match=r"'First of all.*part of messages\[2\] \(assistant\)"):
        proven(loaded, messages)  # type: ignore[arg-type]


def test_the_proof_catches_history_that_is_learnt_as_it_was_rewritten(
    tokenizer: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sequence of the whole conversation, as most tools make it: Qwen3's thinking is gone."""
    loaded = tokenizer("qwen2.5", "qwen3")
    thinking: Message = {"role": "assistant", "content": "<think>\nhm, hm\n</think>\n\nFirst."}
    messages = [*CONVERSATION[:2], thinking, *CONVERSATION[3:]]
    assert len(proven(loaded, messages).sequences) == 2

    def one_sequence(rows: list[RenderedExample], *_: Any) -> list[RenderedExample]:
        last = rows[0].sequences[-1]
        asked = loaded.apply_chat_template(messages[:2], add_generation_prompt=True)["input_ids"]
        answer = loaded("First.<|im_end|>")["input_ids"]
        trained = last.trained.copy()
        trained[len(asked) : len(asked) + len(answer)] = True
        return [replace(rows[0], sequences=(TokenSequence(last.tokens, trained),))]

    _wrapped(render, "render_examples", one_sequence)(monkeypatch)
    with pytest.raises(DataError, match=r"the answer 'hm, hm' is written as 'First.'"):
        proven(loaded, messages)


@pytest.mark.parametrize(
    ("module", "name", "change", "sentence"),
    [
        (turns, "has_markers", lambda *_: False, "generation markers enclose '.*none.*n'"),
        (render, "_first_marked", lambda head, *_: head - 3, "a generation marker opens too early"),
        (render, "_first_marked", lambda head, *_: head + 1, "generation markers enclose"),
    ],
)
def test_the_proof_catches_markers_that_are_not_kept_to(
    module: Any,
    name: str,
    change: Callable[..., Any],
    sentence: str,
    tokenizer: Load,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded = tokenizer("qwen2.5", "qwen2_5_training")
    assert proven(loaded)
    _wrapped(module, name, change)(monkeypatch)
    with pytest.raises(DataError, match=sentence):
        proven(loaded)


def test_faults_of_all_rows_are_told_with_their_places(
    tokenizer: Load, conversation: Callable[..., Example]
) -> None:
    loaded = tokenizer("mistral-v1")
    loaded.chat_template = (
        "{{ bos_token }}{% for m in messages %}{{ m.content }}"
        "{{ eos_token if m.role == 'assistant' }}{% endfor %}"
    )
    sources = [("x", "d:1"), ("<s>x", "d:2"), ("y", "d:3"), ("<s>", "d:4")]
    rows = [replace(conversation(text, "z"), source=source) for text, source in sources]
    stop_ids = find_stop_ids(loaded)
    with pytest.raises(DataError) as caught:
        prove(rows, render_examples(rows, loaded, stop_ids), loaded, stop_ids)
    assert [fault[:4] for fault in caught.value.faults] == ["d:2:", "d:4:"]
    assert "'<s>' stands twice in a row" in caught.value.faults[0]


def test_the_proof_catches_a_new_line_that_is_learnt_behind_the_marker(
    tokenizer: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = tokenizer("qwen2.5")
    loaded.chat_template = (
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' }}{% if m.role == 'assistant' %}"
        "{% generation %}{{ m.content + '<|im_end|>' }}{% endgeneration %}"
        "{% else %}{{ m.content + '<|im_end|>' }}{% endif %}{{ '\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
    )
    assert proven(loaded)

    def longer(ids: list[int], turn: Any, *_: Any) -> list[int]:
        return [*ids, *loaded("\n")["input_ids"]]

    _wrapped(render, "_answer_ids", longer)(monkeypatch)
    with pytest.raises(DataError, match="generation markers enclose"):
        proven(loaded)
