from __future__ import annotations

import pytest

from whet.types import Example
from whet.verbs.measuring import measure


def examples(num: int) -> list[Example]:
    turns = [{"role": "user", "content": "Hello there"}, {"role": "assistant", "content": "Hi"}]
    return [Example.of(turns, f"x:{n}") for n in range(num)]  # type: ignore[arg-type]


def test_rows_are_counted_by_the_models_own_tokenizer() -> None:
    pytest.importorskip("torch")
    found = measure(examples(3), "whet-nano")
    assert len(set(found.tokens)) == 1 and found.tokens[0] > 4
    assert found.measure == "the tokens of all 3 rows"


def test_without_the_model_characters_are_counted_and_it_is_said() -> None:
    found = measure(examples(2), "nobody/has-this-model")
    assert list(found.tokens) == [4, 4], "thirteen characters, four to a token"
    assert "4 to a token (nobody/has-this-model is not on this machine)" in found.measure


def test_many_rows_are_measured_by_a_part_of_them() -> None:
    found = measure(examples(12_000), "nobody/has-this-model")
    assert found.num_rows == 12_000 and len(found.tokens) == 4_000
    assert "4,000 of 12,000 rows" in found.measure
