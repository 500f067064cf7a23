"""No single flag and no single token of a proven row can be changed without the proof's notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from whet.errors import DataError, ModelError
from whet.rows.proof import prove
from whet.rows.proven import proven_examples
from whet.rows.render import find_stop_ids
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.types import Example, Message

TEMPLATES = [
    ("qwen2.5", "qwen2_5"),
    ("qwen2.5", "qwen2_5_training"),
    ("qwen2.5", "qwen3"),
    ("qwen2.5", "qwen3_training"),
    ("phi-3-mini", "phi3"),
    ("phi-3-mini", "phi3_training"),
    ("mistral-v1", None),
    ("mistral-v1", "mistralai-Mistral-Nemo-Instruct-2407"),
]
MESSAGES: tuple[Message, ...] = (
    {"role": "user", "content": "One, please?"},
    {"role": "assistant", "content": "<think>\nhm\n</think>\n\nFirst of all."},
    {"role": "user", "content": "Two?"},
    {"role": "assistant", "content": "Not to be learnt.", "weight": 0},
    {"role": "user", "content": "Three?"},
    {"role": "assistant", "content": "Third to none, 3."},
)


def _changed(row: RenderedExample, number: int, sequence: TokenSequence) -> RenderedExample:
    sequences = [*row.sequences]
    sequences[number] = sequence
    return replace(row, sequences=tuple(sequences))


@pytest.mark.parametrize(("name", "template"), TEMPLATES)
def test_each_flag_and_each_token_counts(
    name: str, template: str | None, tokenizer: Callable[..., Any]
) -> None:
    loaded = tokenizer(name, template)
    example, stops = Example.of(MESSAGES, "d:1"), find_stop_ids(loaded)
    (row,) = proven_examples([example], loaded, stops)
    other = loaded("x", add_special_tokens=False)["input_ids"][-1]
    unseen = []
    for number, sequence in enumerate(row.sequences):
        for position in range(sequence.num_tokens):
            here = np.arange(sequence.num_tokens) == position
            flipped = TokenSequence(sequence.tokens, sequence.trained ^ here)
            swapped = TokenSequence(np.where(here, other, sequence.tokens), sequence.trained)
            for kind, broken in (("flag", flipped), ("token", swapped)):
                try:
                    prove([example], [_changed(row, number, broken)], loaded, stops)
                except DataError:
                    continue
                unseen.append((kind, number, position, loaded.decode([sequence.tokens[position]])))
    assert unseen == []


def test_markers_without_a_fast_tokenizer_are_refused(
    tokenizer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = tokenizer("qwen2.5", "qwen2_5_training")
    monkeypatch.setattr(type(loaded), "is_fast", False)
    with pytest.raises(ModelError, match=r"only be followed with a tokenizer\.json"):
        proven_examples([Example.of(MESSAGES, "d:1")], loaded, find_stop_ids(loaded))
