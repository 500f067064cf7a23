from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from whet.data import read
from whet.errors import DataError
from whet.reviewing.rows.decisions import REVIEW, Choice, assignment, row_keys
from whet.reviewing.store import open_history
from whet.verbs.diff import diff_data
from whet.verbs.review_export import export_rows

ROWS = [
    ("When is the shop open?", "From nine to five."),
    ("How do I reset the lamp?", "Hold the button for ten seconds."),
    ("Where is my parcel?", "whatever"),
    ("Do you sell tea?", "Yes, green and black tea."),
    ("Do you sell tea?", "Yes, green and black tea."),
]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    rows = [{"question": q, "answer": a, "channel": "mail"} for q, a in ROWS]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "train.jsonl").write_text(text, encoding="utf-8")
    held = json.dumps({"question": "Is the lamp dimmable?", "answer": "Yes.", "channel": "mail"})
    (tmp_path / "test.jsonl").write_text(held + "\n", encoding="utf-8")
    return tmp_path


def decide(shop: Path, *said: tuple[int, str, dict[str, Any]], at: float = 1_800_000_000.0) -> None:
    """Decisions by the number of the row and the rater."""
    keys = row_keys(read(str(shop / "train.jsonl")).examples)
    history = open_history(shop / "train-review", REVIEW)
    history._clock = lambda: at
    try:
        for number, rater, body in said:
            name = assignment(keys[number], rater)
            version = len(history.of(name)) + 1
            history.add(
                id=f"{name}-{version}", assignment=name, version=version, rater=rater,
                kind="vote", body=body, seconds=None,
            )  # fmt: skip
    finally:
        history.close()


def export(shop: Path, out: str = "out") -> Any:
    return export_rows(["train.jsonl", "test.jsonl"], out=shop / out, root=shop)


KEEP, DROP = {"choice": "keep"}, {"choice": "drop", "why": "rude"}
FIX = {"choice": "fix", "texts": {"1": "It left our house today."}}


def test_every_training_row_is_kept_fixed_dropped_or_was_not_looked_at(shop: Path) -> None:
    decide(shop, (0, "rater-1", KEEP), (2, "rater-1", FIX), (3, "rater-2", DROP))

    found = export(shop)

    assert found.outcomes == {
        "keep": 1, "fix": 1, "drop": 1, "disputed": 0, "not_looked_at": 2,
    }  # fmt: skip
    assert sum(found.outcomes.values()) == len(ROWS)
    train = read(str(shop / "out" / "train.jsonl")).examples
    assert [row.answer for row in train] == [
        ROWS[0][1], ROWS[1][1], "It left our house today.", ROWS[4][1],
    ]  # fmt: skip


def test_a_fixed_row_keeps_its_other_columns_and_the_copied_column_follows(shop: Path) -> None:
    decide(shop, (2, "rater-1", FIX))

    export(shop)

    row = read(str(shop / "out" / "train.jsonl")).examples[2]
    assert row.fields["channel"] == "mail"
    assert row.fields["answer"] == "It left our house today."


def test_the_ledger_says_what_and_the_review_says_who_when_and_why(shop: Path) -> None:
    decide(shop, (2, "rater-1", FIX), (3, "rater-2", DROP))

    export(shop)

    ledger = json.loads((shop / "out" / "ledger.json").read_text())
    assert ledger["read"] == sum(ledger["kept"].values()) + sum(ledger["dropped"].values())
    assert ledger["dropped"] == {"review": 1}
    assert ledger["changed"] == {"review": 1}
    said = json.loads((shop / "out" / "review.json").read_text())["rows"]
    assert [(row["source"], row["outcome"]) for row in said] == [
        ("train.jsonl:3", "fix"), ("train.jsonl:4", "drop"),
    ]  # fmt: skip
    assert said[1]["decisions"] == [
        {"rater": "rater-2", "decision": "drop", "at": "2027-01-15T08:00:00Z", "why": "rude"}
    ]


def test_test_rows_and_the_files_that_were_read_are_as_they_were(shop: Path) -> None:
    before = {name: (shop / name).read_bytes() for name in ("train.jsonl", "test.jsonl")}
    decide(shop, (0, "rater-1", DROP))

    export(shop)

    assert {name: (shop / name).read_bytes() for name in before} == before
    (row,) = read(str(shop / "out" / "test.jsonl")).examples
    assert row.id == read(str(shop / "test.jsonl")).examples[0].id


def test_a_second_export_has_the_same_bytes(shop: Path) -> None:
    decide(shop, (0, "rater-1", DROP), (2, "rater-1", FIX))

    first, second = export(shop, "one"), export(shop, "two")

    assert first.version == second.version
    files = sorted(path.name for path in (shop / "one").iterdir())
    assert files == sorted(path.name for path in (shop / "two").iterdir())
    for name in files:
        assert (shop / "one" / name).read_bytes() == (shop / "two" / name).read_bytes(), name


def test_the_diff_of_both_versions_shows_the_drop_and_the_fix(shop: Path) -> None:
    decide(shop, (0, "rater-1", DROP), (2, "rater-1", FIX))
    export(shop)

    text = diff_data(str(shop / "train.jsonl"), str(shop / "out" / "train.jsonl")).text()

    assert "1 removed" in text
    assert "1 changed" in text or "answered otherwise" in text


def test_of_two_equal_rows_the_one_that_was_meant_is_dropped(shop: Path) -> None:
    decide(shop, (4, "rater-1", DROP))

    found = export(shop)

    assert found.outcomes["drop"] == 1
    ledger = json.loads((shop / "out" / "ledger.json").read_text())
    assert [row["source"] for row in ledger["dropped_rows"]] == ["train.jsonl:5"]


def test_a_row_that_raters_disagree_about_is_kept_and_told(shop: Path) -> None:
    decide(shop, (0, "rater-1", KEEP), (0, "rater-2", DROP))

    found = export(shop)

    assert found.outcomes["disputed"] == 1
    assert "train.jsonl:1" in found.notes[0]
    assert len(read(str(shop / "out" / "train.jsonl")).examples) == len(ROWS)


def test_the_later_decision_of_one_rater_counts(shop: Path) -> None:
    decide(shop, (0, "rater-1", DROP), (0, "rater-1", KEEP))

    assert export(shop).outcomes["keep"] == 1


def test_decisions_on_rows_that_were_edited_since_are_told_and_not_done(shop: Path) -> None:
    decide(shop, (0, "rater-1", DROP))
    text = (shop / "train.jsonl").read_text().replace("nine to five", "eight to four")
    (shop / "train.jsonl").write_text(text)

    found = export(shop)

    assert found.outcomes["not_looked_at"] == len(ROWS)
    assert "not in the data any more" in found.notes[0]


def test_decisions_stay_with_their_rows_when_rows_are_put_before_them(shop: Path) -> None:
    decide(shop, (2, "rater-1", DROP))
    new = json.dumps({"question": "Is it raining?", "answer": "No.", "channel": "mail"})
    (shop / "train.jsonl").write_text(new + "\n" + (shop / "train.jsonl").read_text())

    export(shop)

    ledger = json.loads((shop / "out" / "ledger.json").read_text())
    assert [row["source"] for row in ledger["dropped_rows"]] == ["train.jsonl:4"]


def test_a_fix_that_copies_a_held_out_question_is_refused(shop: Path) -> None:
    texts = {"0": "Is the lamp dimmable?", "1": "Yes."}
    decide(shop, (2, "rater-1", {"choice": "fix", "texts": texts}))

    with pytest.raises(DataError, match=r"train.jsonl:3"):
        export(shop)
    assert not (shop / "out").exists()


def test_every_choice_is_exported(shop: Path) -> None:
    assert [choice.value for choice in Choice] == ["keep", "fix", "drop"]
