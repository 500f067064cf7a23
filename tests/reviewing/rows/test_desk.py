from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from whet.data.suspicion import rank
from whet.reviewing.comparing.people import invite
from whet.reviewing.rows.decisions import ADJUDICATOR, REVIEW, Choice, row_keys, settled
from whet.reviewing.rows.desk import DISPUTED, Desk, Unknown, _State
from whet.reviewing.store import Event, History, open_history
from whet.reviewing.store.history import VOTE
from whet.types import Example


def rows() -> list[Example]:
    return [
        Example.of(
            [
                {"role": "user", "content": f"Where is room {n}?"},
                {"role": "assistant", "content": f"Room {n} is on floor {n}."},
            ],
            f"rows.jsonl:{n}",
        )
        for n in range(6)
    ]


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    found = open_history(tmp_path, REVIEW)
    yield found
    found.close()


def desk(history: History, each: int = 1) -> Desk:
    examples = rows()
    names = dict(zip(map(id, examples), row_keys(examples), strict=True))
    suspects = rank(examples).suspects
    return Desk(suspects, [names[id(one.row)] for one in suspects], history, each=each)


def decide(at: Desk, rater: str, key: str, choice: Choice) -> None:
    at.decide(rater, key, at.version(key, rater), choice, {}, "")


def test_one_rater_is_led_through_every_row_once(history: History) -> None:
    at = desk(history)
    seen = []
    while (key := at.next_open("rater-1")) is not None:
        seen.append(key)
        decide(at, "rater-1", key, Choice.KEEP)

    assert sorted(seen) == sorted(item.key for item in at.items)
    assert at.progress("rater-1").mine == at.progress("rater-1").total == 6


def test_a_row_that_another_has_decided_is_not_asked_again_unless_two_are_wanted(
    history: History,
) -> None:
    at = desk(history)
    first = at.items[0].key
    decide(at, "rater-1", first, Choice.KEEP)
    assert at.next_open("rater-2") == at.items[1].key

    both = desk(history, each=2)
    assert both.next_open("rater-2") == first


def test_what_raters_disagree_about_goes_to_the_adjudicator_whose_word_counts(
    history: History,
) -> None:
    at = desk(history, each=2)
    agreed, open_one = at.items[0].key, at.items[1].key
    for rater, choice in (("rater-1", Choice.KEEP), ("rater-2", Choice.DROP)):
        decide(at, rater, agreed, Choice.KEEP)
        decide(at, rater, open_one, choice)

    assert settled(at.said(open_one)) is None
    assert [item.key for item in at.matching(DISPUTED)] == [open_one]
    assert at.next_open(ADJUDICATOR) == open_one

    decide(at, ADJUDICATOR, open_one, Choice.DROP)

    decision = settled(at.said(open_one))
    assert decision is not None
    assert decision.choice is Choice.DROP
    assert at.next_open(ADJUDICATOR) is None


def test_undo_goes_back_decision_by_decision_and_a_new_start_knows_it(history: History) -> None:
    at = desk(history)
    keys = [item.key for item in at.items[:3]]
    for key in keys:
        decide(at, "rater-1", key, Choice.DROP)
    for key in reversed(keys[1:]):
        last = at.last("rater-1")
        assert last is not None
        assert last.assignment == f"{key}/rater-1"
        at.undo("rater-1", key, last.version)

    again = desk(history)
    for one in (at, again):
        assert [key for key in keys if one.mine(key, "rater-1")] == keys[:1]
        assert one.next_open("rater-1") == keys[1]


def test_a_row_that_is_not_there_is_unknown(history: History) -> None:
    with pytest.raises(Unknown):
        decide(desk(history), "rater-1", "0" * 16, Choice.DROP)


def test_a_rater_is_known_by_the_link_alone(history: History) -> None:
    from whet.reviewing.server.raters import digest_of

    links = invite(history, 2)
    at = desk(history)

    found = at.by_token(digest_of(links["rater-2"]))
    assert found is not None
    assert found.id == "rater-2"
    assert at.by_token(digest_of("x")) is None
    assert at.by_id("rater-3") is None


def test_a_history_of_many_decisions_is_taken_in_at_once() -> None:
    state, began = _State(), time.monotonic()
    for n in range(30_000):
        name = f"row-{n}.1/rater-1"
        state.take(Event(n, f"{n}", name, 1, "rater-1", VOTE, {"choice": "keep"}, None, 0.0))

    assert time.monotonic() - began < 5


def test_the_last_decision_is_the_one_that_was_made_last(history: History) -> None:
    at = desk(history)
    first, second = at.items[0].key, at.items[1].key
    for key in (first, second, first):
        decide(at, "rater-1", key, Choice.KEEP)

    last = at.last("rater-1")
    assert last is not None and last.assignment == f"{first}/rater-1"
    assert at.last("nobody") is None
