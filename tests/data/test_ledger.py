"""Read = kept + dropped, always."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.data import Dropped, Ledger, TokenCount

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
        "tokens": {"read": 20, "kept": {"train": 11}, "dropped": {"leak": 7}, "cut": 2},
        "truncated": ["a.jsonl:1"],
        "dropped_rows": [{"source": "a.jsonl:3", "reason": "leak", "text": "Where is my card?"}],
    }


@given(st.lists(st.tuples(st.sampled_from(["train", "test"]), st.integers(0, 5)), max_size=9))
def test_any_series_of_drops_keeps_the_identity(drops: list[tuple[str, int]]) -> None:
    ledger = Ledger(200, {"train": 100, "test": 100})
    for split, count in drops:
        ledger = ledger.drop(split, [ROW] * count)
        ledger.check()
    assert len(ledger.dropped) == sum(count for _, count in drops)
