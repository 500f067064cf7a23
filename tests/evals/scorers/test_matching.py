"""Scorers: what counts as right, what is unscored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.errors import ConfigError
from whet.evals.scorers import (
    METRICS,
    Better,
    exact_match,
    format_scorer,
    normalise,
    score,
    scorer,
    token_f1,
)
from whet.evals.scorers.matching import contains, finds_regex, length
from whet.types import Example


def _item(gold: str) -> Example:
    return Example.of(
        [{"role": "user", "content": "?"}, {"role": "assistant", "content": gold}], "t.jsonl:1"
    )


@pytest.mark.parametrize(
    "answer",
    ["Card arrival", " card  arrival\n", "CARD ARRIVAL.", "card arrival .", "card\u00a0arrival"],
)
def test_manners_do_not_make_an_answer_wrong(answer: str) -> None:
    assert exact_match(answer, _item("card arrival")) == 1.0


@pytest.mark.parametrize(
    "answer", ["card_arrival", '"card arrival"', "card arrival!", "card arrival...", "card", ""]
)
def test_everything_else_does(answer: str) -> None:
    assert exact_match(answer, _item("card arrival")) == 0.0


def test_composed_and_decomposed_letters_are_equal_and_accents_count() -> None:
    assert exact_match("caf\u0065\u0301", _item("caf\u00e9")) == 1.0
    assert exact_match("cafe", _item("caf\u00e9")) == 0.0


@given(st.text(alphabet="abX. \u0301\t", max_size=8))
def test_white_space_and_case_around_an_answer_never_matter(text: str) -> None:
    assert normalise(f" \n{text.upper()}\t") == normalise(text)


def test_without_a_gold_answer_an_item_is_unscored_and_not_wrong() -> None:
    assert exact_match("x", _item(" ")) is None and token_f1("x", _item("")) is None
    found = score(exact_match, ["a", "b", "c"], [_item("a"), _item(""), _item("x")])
    assert found.values == [1.0, None, 0.0]
    assert (found.num_unscored, found.scored) == (1, [1.0, 0.0])


@pytest.mark.parametrize(
    ("answer", "gold", "expected"),
    [
        ("the cat sat", "a cat sat.", 1.0),
        ("cat", "cat sat", 2 / 3),
        ("cat cat sat", "cat sat sat", 2 / 3),
        ("dog", "cat", 0.0),
        ("", "cat", 0.0),
        ("the", "a", 1.0),
    ],
)
def test_token_f1_is_squads(answer: str, gold: str, expected: float) -> None:
    assert token_f1(answer, _item(gold)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ('{"a": 1, "b": [2]}', 1.0),
        (' {"b": 1, "a": null}\n', 1.0),
        ('{"a": 1}', 0.0),
        ('["a", "b"]', 0.0),
        ('```json\n{"a": 1, "b": 2}\n```', 0.0),
        ('{"a": NaN, "b": 2}', 0.0),
        ('{"a": 1, "a": 2, "b": 3}', 0.0),
        ("[" * 100_000, 0.0),
    ],
)
def test_json_form_is_what_a_strict_program_could_read(answer: str, kept: float) -> None:
    assert format_scorer(json_keys=["a", "b"])(answer, _item("")) == kept


def test_a_regex_has_to_match_the_whole_answer() -> None:
    form = format_scorer(regex="[a-z_]+")
    assert [form(text, _item("")) for text in ("card_arrival\n", "card arrival", "a\nb")] == [
        1.0,
        0.0,
        0.0,
    ]


def test_a_choice_is_spelt_as_it_stands() -> None:
    form = format_scorer(choices=["yes", "no"])
    assert [form(text, _item("")) for text in (" yes", "Yes", "maybe")] == [1.0, 0.0, 0.0]


def test_a_format_is_one_form() -> None:
    for forms in ({}, {"regex": "a", "choices": ["b"]}):
        with pytest.raises(ConfigError, match="one form"):
            format_scorer(**forms)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="regular expression"):
        format_scorer(regex="(")


def test_scorers_are_found_by_name_and_the_known_ones_are_named() -> None:
    assert scorer("exact_match") is exact_match
    with pytest.raises(ConfigError, match=r"Known: accuracy, bertscore, bleu, chrf"):
        scorer("bleu4")
    with pytest.raises(ConfigError, match=r"gates\.format"):
        scorer("format")


def test_of_several_references_the_best_one_counts() -> None:
    several = Example.of(
        [{"role": "user", "content": "?"}, {"role": "assistant", "content": "a red car"}],
        "t.jsonl:1",
        fields={"references": ["a blue car", "the automobile"]},
    )
    assert exact_match("The automobile.", several) == 1.0
    assert token_f1("blue car", several) == 1.0
    assert exact_match("a car", several) == 0.0


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("The answer is no.", 1.0), ("I know", 0.0), ("NO", 1.0), ("north", 0.0), ("", 0.0)],
)
def test_contains_finds_whole_words_only(answer: str, expected: float) -> None:
    assert contains(answer, _item("no")) == expected


def test_contains_without_a_gold_answer_is_unscored() -> None:
    assert contains("x", _item("")) is None


def test_a_regex_is_found_anywhere_unless_it_is_anchored() -> None:
    assert finds_regex(r"\d{3}")("call 123 now", _item("x")) == 1.0
    assert finds_regex(r"^\d{3}$")("call 123 now", _item("x")) == 0.0


def test_length_counts_words_and_is_better_neither_way() -> None:
    assert length("two  words", _item("x")) == 2.0
    assert length("", _item("x")) == 0.0
    assert METRICS["length"].better is Better.NEITHER
