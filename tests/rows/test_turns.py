"""Which turns are learnt: weights, and the last turn only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whet.config import DataConfig
from whet.data import load
from whet.errors import DataError
from whet.infer.prompts import encode_choices
from whet.rows.packing import pack
from whet.rows.proven import proven_examples
from whet.rows.render import find_stop_ids, render_examples
from whet.rows.sequence import RenderedExample
from whet.types import Example, Message

Load = Callable[..., Any]
NAMES = ("First", "Second", "Third")


def example(*weights: float | None) -> Example:
    """A conversation whose answers have these weights; None leaves the key out."""
    messages: list[Message] = []
    for name, weight in zip(NAMES, weights, strict=False):
        answer: Message = {"role": "assistant", "content": f"{name}."}
        if weight is not None:
            answer["weight"] = weight
        messages += [{"role": "user", "content": f"{name}?"}, answer]
    return Example.of(messages, "d.jsonl:1")


def learnt(row: RenderedExample, tokenizer: Any) -> list[str]:
    text = "".join(tokenizer.decode(s.tokens[s.trained].tolist()) for s in row.sequences)
    return [name for name in NAMES if f"{name}." in text]


@pytest.mark.parametrize("template", ["qwen2_5", "qwen2_5_training", "qwen3", "qwen3_training"])
@pytest.mark.parametrize(
    ("weights", "turns", "expected"),
    [
        ((None, None, None), "all", ["First", "Second", "Third"]),
        ((1, 0, 1), "all", ["First", "Third"]),
        ((0, 1, 0), "all", ["Second"]),
        ((None, None, None), "last", ["Third"]),
        ((0, None, 1), "last", ["Third"]),
    ],
)
def test_turns_of_weight_zero_are_context_and_so_are_all_but_the_last_if_asked(
    template: str, weights: Any, turns: Any, expected: list[str], tokenizer: Load
) -> None:
    loaded = tokenizer("qwen2.5", template)
    stops = find_stop_ids(loaded)
    (row,) = proven_examples([example(*weights)], loaded, stops, turns=turns)
    assert learnt(row, loaded) == expected
    last = loaded.decode(row.sequences[-1].tokens.tolist())
    assert all(f"{name}?" in last for name in NAMES[: NAMES.index(expected[-1]) + 1])


def test_no_loss_weight_stands_on_a_turn_of_weight_zero(tokenizer: Load) -> None:
    loaded = tokenizer("qwen2.5")
    stops = find_stop_ids(loaded)
    rows = proven_examples([example(0, 1), example(1, 0)], loaded, stops)
    packed = pack([s for row in rows for s in row.sequences], 4096)
    targets = loaded.decode([t for row in packed for t in row.loss_targets.tolist()])
    assert sorted(targets.split("<|im_end|>")) == ["", "First.", "Second."]
    assert sum(row.total_weight for row in packed) == sum(row.num_loss_tokens for row in rows)


@pytest.mark.parametrize(("weights", "turns"), [((0, 0), "all"), ((1, 0), "last")])
def test_a_row_without_a_turn_to_learn_is_an_error(
    weights: Any, turns: Any, tokenizer: Load
) -> None:
    loaded = tokenizer("qwen2.5")
    with pytest.raises(DataError, match=r"d.jsonl:1: .* no assistant turn to learn"):
        proven_examples([example(*weights)], loaded, find_stop_ids(loaded), turns=turns)


def test_a_greeting_of_weight_zero_may_open_a_conversation(tokenizer: Load) -> None:
    loaded = tokenizer("qwen2.5")
    greeting: Message = {"role": "assistant", "content": "Welcome!", "weight": 0}
    opened = Example.of([greeting, *example(1).messages], "d.jsonl:1")
    (row,) = proven_examples([opened], loaded, find_stop_ids(loaded))
    assert learnt(row, loaded) == ["First"]
    greeting["weight"] = 1
    opened = Example.of([greeting, *example(1).messages], "d.jsonl:1")
    with pytest.raises(DataError, match="give it weight 0"):
        render_examples([opened], loaded, find_stop_ids(loaded))


def test_weights_are_never_shown_to_a_template(tokenizer: Load) -> None:
    loaded = tokenizer("qwen2.5")
    loaded.chat_template = (
        "{% for m in messages %}{{ m | tojson }}{% if m.role == 'assistant' %}{{ m.content }}"
        "{{ eos_token }}{% endif %}{% endfor %}"
    )
    (row,) = render_examples([example(0, 1)], loaded, find_stop_ids(loaded))
    assert "weight" not in loaded.decode(row.sequences[0].tokens.tolist())


@pytest.mark.parametrize("flag", [{"weight": 0}, {"train": False}, {"loss": 0.0}])
def test_flags_in_a_file_reach_the_mask(flag: Any, tokenizer: Load, tmp_path: Path) -> None:
    messages: list[Any] = [dict(message) for message in example(None, None).messages]
    messages[1] |= flag
    messages[3] |= {"train": True}
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps({"messages": messages}), encoding="utf-8")
    found = load(DataConfig(train=(str(file),)), root=tmp_path, has_prompt=False).train
    loaded = tokenizer("qwen2.5")
    (row,) = proven_examples(found, loaded, find_stop_ids(loaded))
    assert learnt(row, loaded) == ["Second"]


@pytest.mark.parametrize(
    ("role", "flags", "fault"),
    [
        ("assistant", {"weight": 0.5}, r"messages\[1\].weight: 0.5 for assistant; it is 0 or 1"),
        ("assistant", {"weight": "0"}, "'0' for assistant; it is 0 or 1"),
        ("assistant", {"weight": 0, "train": True}, "weight, train say different things"),
        ("user", {"train": True}, "True for user; only answers are learnt"),
    ],
)
def test_other_weights_are_refused(role: str, flags: Any, fault: str, tmp_path: Path) -> None:
    messages: list[Any] = [dict(message) for message in example(None).messages]
    messages[1 if role == "assistant" else 0] |= flags
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps({"messages": messages}), encoding="utf-8")
    with pytest.raises(DataError, match=fault):
        load(DataConfig(train=(str(file),)), root=tmp_path, has_prompt=False)


@pytest.mark.parametrize("template", ["qwen2_5", "qwen2_5_training"])
def test_choices_are_the_answer_alone_whatever_the_markers_enclose(
    template: str, tokenizer: Load
) -> None:
    loaded = tokenizer("qwen2.5", template)
    choices = encode_choices(["yes", "no"], loaded, find_stop_ids(loaded))
    assert [loaded.decode(list(ids)) for ids in choices] == ["yes", "no"]
