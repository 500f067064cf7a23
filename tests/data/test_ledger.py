"""Read = kept + dropped, always."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.data import Dropped, Ledger, TokenCount
from whet.data.ledger import Changed, Edit

ROW = Dropped("a.jsonl:3", "leak", "Where is my card?", 7)


def test_a_dropped_row_moves_from_kept_to_dropped() -> None:
    ledger = Ledger(10, {"train": 8, "test": 2}).drop("train", [ROW])
    ledger.check()
    assert ledger.kept == {"train": 7, "test": 2}
    assert ledger.by_reason == {"leak": 1}


@pytest.mark.parametrize(
    "ledger",
    [
        Ledger(10, {"train": 8}),
        Ledger(10, {"train": 10}, (ROW,)),
        Ledger(0, {"train": 0}).drop("train", [ROW]),
        Ledger(3, {"train": 2}, (ROW,), tokens=TokenCount(20, {"train": 12}, cut=2)),
    ],
)
def test_an_account_that_does_not_add_up_is_caught(ledger: Ledger) -> None:
    with pytest.raises(AssertionError):
        ledger.check()


def test_tokens_add_up_with_those_that_were_cut() -> None:
    ledger = Ledger(3, {"train": 2}, (ROW,), ("a.jsonl:1",), TokenCount(20, {"train": 11}, cut=2))
    ledger.check()
    assert json.loads(json.dumps(ledger.to_json())) == {
        "read": 3,
        "kept": {"train": 2},
        "dropped": {"leak": 1},
        "tokens": {
            "read": 20,
            "kept": {"train": 11},
            "dropped": {"leak": 7},
            "cut": 2,
            "repaired": 0,
        },
        "truncated": ["a.jsonl:1"],
        "changed": {},
        "dropped_rows": [{"source": "a.jsonl:3", "reason": "leak", "text": "Where is my card?"}],
        "changed_rows": [],
    }


def test_changed_rows_are_listed_by_repair_and_are_kept_rows() -> None:
    edits = (Edit("whitespace", "messages[0].content", " ", ""), Edit("labels", "x", "A", "a"))
    ledger = Ledger(2, {"train": 2}, changed=(Changed("a.jsonl:1", "train", edits),))
    ledger.check()
    assert ledger.by_repair == {"labels": 1, "whitespace": 1}
    assert ledger.to_json()["changed_rows"][0]["edits"][1]["before"] == "A"
    with pytest.raises(AssertionError, match="1 rows of test changed"):
        replace(ledger, changed=(Changed("a.jsonl:1", "test", edits),)).check()


def test_tokens_that_a_repair_removed_are_in_the_account() -> None:
    tokens = TokenCount(20, {"train": 15}, repaired=5)
    Ledger(1, {"train": 1}, tokens=tokens).check()
    with pytest.raises(AssertionError):
        Ledger(1, {"train": 1}, tokens=replace(tokens, repaired=4)).check()


@given(st.lists(st.tuples(st.sampled_from(["train", "test"]), st.integers(0, 5)), max_size=9))
def test_any_series_of_drops_keeps_the_identity(drops: list[tuple[str, int]]) -> None:
    ledger = Ledger(200, {"train": 100, "test": 100})
    for split, count in drops:
        ledger = ledger.drop(split, [ROW] * count)
        ledger.check()
    assert len(ledger.dropped) == sum(count for _, count in drops)
