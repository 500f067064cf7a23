"""Long rows stop, go or lose part of their prompt; never part of their answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.data import require_lengths, resolve_lengths
from whet.errors import DataError
from whet.types import Example

WORDS = st.lists(st.sampled_from(["a", "bb", "ccc"]), min_size=1, max_size=30).map(" ".join)


def num_tokens(example: Example) -> int:
    """Three for each message and one for each word."""
    return sum(3 + len(message["content"].split()) for message in example.messages)


def example(*texts: str, line: int = 1, system: str = "") -> Example:
    head = [{"role": "system", "content": system}] if system else []
    turns = [{"role": ("user", "assistant")[i % 2], "content": t} for i, t in enumerate(texts)]
    return Example.of([*head, *turns], f"t.jsonl:{line}")  # type: ignore[arg-type]


SHORT = example("one two", "yes", line=1)  # 9 tokens
LONG = example("one two three four five six", "yes sir", line=2)  # 14 tokens


def test_error_names_the_rows_and_what_each_choice_does() -> None:
    with pytest.raises(DataError) as caught:
        resolve_lengths([SHORT, LONG], num_tokens, 10, "error")
    assert str(caught.value) == (
        "1 of 2 rows are longer than 10 tokens.\n"
        "t.jsonl:2: 14 tokens.\n"
        "Raise train.max_length to 14, or set data.on_too_long: drop (1 rows go), truncate_left "
        "or truncate_right (1 prompts are cut, answers stay whole)."
    )


def test_rows_that_fit_are_left_as_they_are() -> None:
    assert resolve_lengths([SHORT, LONG], num_tokens, 14, "error").examples == [SHORT, LONG]


def test_drop_lists_what_went_with_its_tokens() -> None:
    fitted = resolve_lengths([SHORT, LONG], num_tokens, 10, "drop")
    assert fitted.examples == [SHORT]
    assert [(row.source, row.reason, row.num_tokens) for row in fitted.dropped] == [
        ("t.jsonl:2", "too_long", 14)
    ]


@pytest.mark.parametrize(
    ("policy", "kept"), [("truncate_left", "five six"), ("truncate_right", "one two")]
)
def test_truncation_cuts_the_question_on_the_side_asked_for(policy: str, kept: str) -> None:
    fitted = resolve_lengths([SHORT, LONG], num_tokens, 10, policy)
    assert fitted.examples[0] is SHORT
    assert fitted.examples[1].question.strip() == kept
    assert fitted.examples[1].answer == "yes sir"
    assert (fitted.truncated, fitted.num_cut) == (["t.jsonl:2"], 4)


def test_on_the_left_old_turns_go_first_and_the_system_message_stays() -> None:
    row = example("old question", "old answer", "new question", "new answer", system="Be kind.")
    fitted = resolve_lengths([row], num_tokens, 16, "truncate_left")
    assert [m["content"] for m in fitted.examples[0].messages] == [
        "Be kind.",
        "new question",
        "new answer",
    ]


@pytest.mark.parametrize("policy", ["truncate_left", "truncate_right"])
def test_an_answer_that_does_not_fit_is_an_error(policy: str) -> None:
    row = example("why", "because of this and that and more", line=7)
    with pytest.raises(DataError, match=r"t.jsonl:7: does not fit into 8 tokens: .* never cut"):
        resolve_lengths([row], num_tokens, 8, policy)


def test_a_truncation_of_your_own_is_used() -> None:
    def shorten(row: Example, max_length: int, side: str) -> Example:
        return example(f"{side} {max_length}", row.answer, line=2)

    fitted = resolve_lengths([LONG], num_tokens, 10, "truncate_left", shorten)
    assert fitted.examples[0].question == "left 10"


def test_held_out_rows_are_never_changed() -> None:
    with pytest.raises(DataError) as caught:
        require_lengths([SHORT, LONG], num_tokens, 10)
    assert str(caught.value) == (
        "1 of 2 rows are longer than 10 tokens.\n"
        "t.jsonl:2: 14 tokens.\n"
        "data.on_too_long does not touch held-out rows. Raise train.max_length, or take these "
        "rows out of the file."
    )
    require_lengths([SHORT, LONG], num_tokens, 14)


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5),
    limit=st.integers(8, 40),
    policy=st.sampled_from(["drop", "truncate_left", "truncate_right"]),
)
def test_what_comes_out_fits_and_every_token_is_accounted_for(rows, limit, policy) -> None:  # type: ignore[no-untyped-def]
    examples = [example(q, a, line=i) for i, (q, a) in enumerate(rows)]
    try:
        fitted = resolve_lengths(examples, num_tokens, limit, policy)
    except DataError:
        assert any(7 + len(row.answer.split()) > limit for row in examples)
        return
    lengths = [num_tokens(row) for row in fitted.examples]
    assert max(lengths, default=0) <= limit
    gone = sum(row.num_tokens for row in fitted.dropped) + fitted.num_cut
    assert sum(map(num_tokens, examples)) == sum(lengths) + gone
