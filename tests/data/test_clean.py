"""The repairs of a divided set: made when asked for, counted when not, never at the test's cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.config import RepairName
from whet.data.clean import Cleaner
from whet.data.edits import replaced
from whet.data.repairs import Repair
from whet.types import Example

EVERY = tuple(Repair)
NOISE = (
    " padded ",
    "caf\u00c3\u00a9",
    "joe@real.org",
    "Hello",
    "hello",
    "no",
    "sk-abc9def8ghi7jkl6m",
)
ANSWERS = ("Yes", "yes", "I can't help with that.", "{\u201ca\u201d: 1}", "no ")


def row(question: str, answer: str = "ok", line: int = 1, **more: object) -> Example:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return Example.of(turns, f"a.jsonl:{line}", **more)  # type: ignore[arg-type]


def refuses(answer: str) -> bool:
    return answer.startswith("I can't")


def first_letters(rows: Sequence[Example]) -> list[int]:
    return [ord(row.question.strip()[:1] or "-") for row in rows]


def cleaned(
    *chosen: Repair, train: Sequence[Example] = (), test: Sequence[Example] = ()
) -> tuple[Cleaner, list[Example], list[Example]]:
    cleaner = Cleaner(chosen, refuses, first_letters)
    made = cleaner({"train": list(train), "validation": [], "test": list(test)})
    return cleaner, made.parts["train"], made.parts["test"]


def test_the_names_in_the_configuration_are_those_of_the_repairs() -> None:
    assert set(get_args(RepairName)) == {repair.value for repair in Repair}


CASES = {
    Repair.SECRETS: (row("key sk-abc9def8ghi7jkl6mno5"), row("key [API_KEY]")),
    Repair.PERSONAL_DATA: (row("I am joe@real.org"), row("I am [EMAIL_ADDRESS]")),
    Repair.ENCODING: (row("caf\u00c3\u00a9"), row("caf\u00e9")),
    Repair.QUOTES: (row("q", "{\u201ca\u201d: 1}"), row("q", '{"a": 1}')),
    Repair.WHITESPACE: (row(" q ", "a\n"), row("q", "a")),
}


@pytest.mark.parametrize("repair", CASES)
def test_a_repair_of_texts_is_made_when_asked_for_and_counted_when_not(repair: Repair) -> None:
    before, after = CASES[repair]
    cleaner, train, _ = cleaned(repair, train=[before])
    assert train == [after]
    (changed,) = cleaner.changed({"train": train})
    assert (changed.source, {edit.repair for edit in changed.edits}) == ("a.jsonl:1", {repair})
    cleaner, train, _ = cleaned(train=[before])
    assert train == [before]
    assert cleaner.possible[repair] == 1
    assert cleaner.changed({"train": train}) == ()


def test_what_is_hidden_is_in_no_edit() -> None:
    secret = row("joe@real.org and sk-abc9def8ghi7jkl6mno5 and ann@real.org")
    cleaner, train, _ = cleaned(Repair.SECRETS, Repair.PERSONAL_DATA, train=[secret])
    (changed,) = cleaner.changed({"train": train})
    assert [edit.after for edit in changed.edits] == [
        "[API_KEY]",
        "[EMAIL_ADDRESS] [API_KEY] [EMAIL_ADDRESS]",
    ]
    assert not any(word in str(changed) for word in ("joe", "ann", "sk-abc"))


def test_columns_that_copy_a_turn_follow_it_and_others_stay() -> None:
    before = row(" q ", "a ", fields={"input": " q ", "output": "a ", "note": " n ", "n": 1})
    _, (after,), _ = cleaned(Repair.WHITESPACE, train=[before])
    assert after.fields == {"input": "q", "output": "a", "note": " n ", "n": 1}


def test_masking_reaches_columns_calls_and_groups_and_keeps_groups_apart() -> None:
    call = {"type": "function", "function": {"name": "f", "arguments": {"to": ["joe@real.org"]}}}
    turns = [
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "sent to joe@real.org"},
        {"role": "assistant", "content": "done", "reasoning_content": "joe@real.org asked"},
    ]
    rows = [
        Example.of(turns, f"a:{n}", name, {"who": name, "cc": f"to {name}"})  # type: ignore[arg-type]
        for n, name in enumerate(("joe@real.org", "ann@real.org"))
    ]
    _, train, _ = cleaned(Repair.PERSONAL_DATA, train=rows)
    assert "real.org" not in str([replaced(row, source="") for row in train])
    assert train[0].group != train[1].group
    assert [row.fields["who"] for row in train] == [row.group for row in train]
    assert train[0].fields["cc"] == "to [EMAIL_ADDRESS]"


def test_the_usual_spelling_of_a_label_is_taken_from_rows_that_are_not_test() -> None:
    train = [row(f"q{i}", "Billing", i) for i in range(6)] + [
        row(f"r{i}", "tech", i) for i in range(6)
    ]
    train += [row("odd", "billing.", 90, fields={"label": "billing."})]
    test = [row(f"t{i}", "billing.", i) for i in range(50)]
    cleaner, made, untouched = cleaned(Repair.LABELS, train=train, test=test)
    assert (made[-1].answer, made[-1].fields["label"]) == ("Billing", "Billing")
    assert untouched == test
    assert len(cleaner.changed({"train": made})) == 1


def test_refusals_and_duplicates_are_dropped_with_their_reasons() -> None:
    rows = [row("a"), row("A!", line=2), row("a", "other", 3), row("b", "I can't help.", 4)]
    cleaner = Cleaner([Repair.REFUSALS, Repair.DUPLICATES], refuses)
    made = cleaner({"train": rows, "validation": [], "test": rows})
    assert made.parts["train"] == [rows[0], rows[2]]
    assert made.parts["test"] == rows
    assert [(entry.source, entry.reason) for entry in made.dropped] == [
        ("a.jsonl:4", "refusal"), ("a.jsonl:2", "duplicate"),
    ]  # fmt: skip
    assert "near_duplicates: not looked for" in cleaner.unknown[0]


def test_near_duplicates_with_another_answer_are_contradictions_and_stay() -> None:
    rows = [row("apple one", "x"), row("apple two", "x", 2), row("apple three", "y", 3)]
    _, train, _ = cleaned(Repair.NEAR_DUPLICATES, train=rows)
    assert train == [rows[0], rows[2]]


ROWS = st.lists(
    st.builds(row, st.sampled_from(NOISE), st.sampled_from(ANSWERS), st.integers(1, 99)), max_size=9
)
PROPERTY = settings(max_examples=60, deadline=None)


@PROPERTY
@given(ROWS, ROWS, st.sets(st.sampled_from(EVERY)))
def test_every_row_is_kept_or_dropped_once_and_test_rows_are_only_masked(
    train: list[Example], test: list[Example], chosen: set[Repair]
) -> None:
    cleaner = Cleaner(chosen, refuses, first_letters)
    made = cleaner({"train": train, "validation": [], "test": test})
    assert len(made.parts["train"]) + len(made.dropped) == len(train)
    assert len(made.parts["test"]) == len(test)
    assert [origin for origin, _ in cleaner.origins] == [*train, *test]
    if not chosen & {Repair.SECRETS, Repair.PERSONAL_DATA}:
        assert made.parts["test"] == test
    unasked = {name for name, count in cleaner.possible.items() if count} & chosen
    assert not unasked


@PROPERTY
@given(ROWS)
def test_what_was_cleaned_with_everything_needs_no_more(train: list[Example]) -> None:
    _, once, _ = cleaned(*EVERY, train=train)
    cleaner, twice, _ = cleaned(train=once)
    assert twice == once
    assert not +cleaner.possible
