"""A vote from the form to the history: once, changed, undone, resumed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from pytest import MonkeyPatch, raises
from tests_reviewing import Client, Opened, said

from whet.reviewing.comparing.ballots import BadBallot, read_ballot
from whet.reviewing.comparing.desk import Desk
from whet.reviewing.store.database import StoreBusyError
from whet.reviewing.store.history import latest

Served = Callable[..., Opened]


def test_a_vote_is_kept_by_arms_and_shown_by_sides(rater: tuple[Opened, Client]) -> None:
    review, client = rater
    path = client.next()
    choice = review.choice_for(path[3:], "prompt", much=False)
    page = (
        client.vote(path, choice, reason="shorter", tag=["tone", "wrong"], gold="Better.")
        if (review.frozen.tags)
        else client.vote(path, choice, reason="shorter", gold="Better.")
    )
    assert page.status == 303 and page.header("location") != path
    (event,) = review.desk.history.events()
    assert event.body["preference"] == -1 and event.body["pair"] == ["tuned", "prompt"]
    assert event.body["reason"] == "shorter" and event.body["gold"] == "Better."
    assert event.seconds is not None and 0 <= event.seconds < 20
    again = client.get(path).text
    assert f'value="{choice}" required checked' in again and "Better." in again


def test_both_bad_is_no_tie(rater: tuple[Opened, Client]) -> None:
    review, client = rater
    client.vote(client.next(), "both_bad")
    client.vote(client.next(), "tie")
    bad, tie = review.desk.history.events()
    assert bad.body["preference"] == tie.body["preference"] == 0
    assert set(bad.body["quality"].values()) == {"bad"}
    assert set(tie.body["quality"].values()) == {"good"}


def test_a_double_click_a_retry_and_a_second_tab_are_one_vote(rater: tuple[Opened, Client]) -> None:
    review, client = rater
    path = client.next()
    form = client.form(path) | {"choice": "tie"}
    with ThreadPoolExecutor(6) as pool:
        sent = [pool.submit(client.post, path, form, accept="application/json") for _ in range(6)]
        pages = [one.result() for one in sent]
    assert [page.status for page in pages] == [200] * 6
    assert all(said(page)["saved"] for page in pages)
    other = client.post(path, form | {"choice": "both_bad"}, accept="application/json")
    assert other.status == 409 and "another tab" in said(other)["error"]
    assert len(review.desk.history.events()) == 1


def test_an_edit_is_a_new_version_and_the_old_one_stays(rater: tuple[Opened, Client]) -> None:
    review, client = rater
    path = client.next()
    client.vote(path, "tie")
    client.vote(path, "left_much")
    events = review.desk.history.events()
    assert [(event.version, event.body["choice"]) for event in events] == [
        (1, "tie"), (2, "left_much"),
    ]  # fmt: skip
    assert [event.body["choice"] for event in latest(events).values()] == ["left_much"]


def test_undo_opens_the_comparison_again_and_sent_twice_is_one(
    rater: tuple[Opened, Client],
) -> None:
    review, client = rater
    first = client.next()
    client.vote(first, "tie")
    second = client.next()
    client.vote(second, "left_much")
    page = client.get(client.next())
    form = {"csrf": page.field("csrf"), "key": page.field("key"), "undone": page.field("undone")}
    assert form["key"] == second[3:]
    for _ in range(2):
        undone = client.post("/undo", form)
        assert undone.status == 303 and undone.header("location") == second
    assert len(review.desk.history.events()) == 3
    assert list(latest(review.desk.history.events())) == [first[3:]]
    assert client.next() == second, "the first open one"


def test_work_goes_on_at_the_first_open_comparison_after_a_restart(served: Served) -> None:
    review = served()
    client = Client(review.port)
    client.enter(review.tokens["rater-1"])
    done = []
    for _ in range(4):
        done.append(client.next())
        client.vote(done[-1], "tie")
    later = Desk(review.frozen, review.desk.draws, review.desk.history)
    rater = later.by_id("rater-1")
    assert rater is not None
    queue = [f"/c/{one.key}" for one in later.queue(rater)]
    assert queue[:4] == done and f"/c/{later.next_open(rater)}" == queue[4]


def test_skipped_ones_do_not_come_again_by_themselves_and_the_end_says_so(served: Served) -> None:
    review = served(items=3)
    client = Client(review.port)
    client.enter(review.tokens["rater-1"])
    for choice in ("skip", "tie", "skip"):
        client.vote(client.next(), choice)
    assert client.next() == "/done"
    assert "That was all" in client.get("/done").text
    assert "You: 3 of 3. Everybody: 3 of 6." in client.get("/done").text


def test_what_cannot_be_kept_is_not_acknowledged(rater: tuple[Opened, Client]) -> None:
    review, client = rater
    path = client.next()
    form = client.form(path) | {"choice": "tie"}

    def full(**_: object) -> None:
        raise StoreBusyError("The votes could not be written: database or disk is full.")

    good, review.desk.history.add = review.desk.history.add, full  # type: ignore[method-assign]
    page = client.post(path, form, accept="application/json")
    assert page.status == 503 and "saved" not in said(page)
    assert "disk is full" in said(page)["error"] and page.header("retry-after") == "2"
    assert "Nothing was saved" in client.post(path, form).text
    review.desk.history.add = good  # type: ignore[method-assign]
    assert client.post(path, form).status == 303
    assert len(review.desk.history.events()) == 1


def test_criteria_of_the_review_and_of_the_item_are_rated_by_side(served: Served) -> None:
    from dataclasses import replace

    from tests_reviewing import make_frozen

    frozen = make_frozen(1, criteria=("correct", "friendly"))
    item = replace(frozen.items[0], criteria=("names the order",))
    review = served(frozen=replace(frozen, items=(item,)))
    client = Client(review.port)
    client.enter(review.tokens["rater-1"])
    path = client.next()
    assert "names the order" in client.get(path).text
    client.vote(path, "tie", **{"left-0": "2", "right-0": "0", "left-2": "1"})
    body = review.desk.history.events()[0].body
    left, right = body["left"], next(arm for arm in body["pair"] if arm != body["left"])
    assert body["ratings"] == {left: {"correct": 2, "names the order": 1}, right: {"correct": 0}}
    assert client.vote(path, "tie", **{"left-0": "9"}).status == 400


def test_disagreements_come_to_the_adjudicator_alone(served: Served) -> None:
    review = served(items=4)
    one, two, judge = (Client(review.port) for _ in range(3))
    for client, name in ((one, "rater-1"), (two, "rater-2"), (judge, "adjudicator")):
        client.enter(review.tokens[name])
    assert judge.next() == "/done"
    for client, arm in ((one, "tuned"), (two, "prompt")):
        path = client.next()
        while path != "/done":
            item = review.desk._owners[path[3:]].item.id
            prefers = arm if item == "item-002" else "tuned"
            client.vote(path, review.choice_for(path[3:], prefers))
            path = client.next()
    path = judge.next()
    assert review.desk._owners[path[3:]].item.id == "item-002"
    judge.vote(path, review.choice_for(path[3:], "prompt"))
    assert judge.next() == "/done"
    assert two.get(path).status == 403


def test_a_click_reads_no_old_version_again(
    rater: tuple[Opened, Client], monkeypatch: MonkeyPatch
) -> None:
    review, client = rater
    path = client.next()
    for choice in ("tie", "both_bad", "tie"):
        client.vote(path, choice)
    history = review.desk.history
    events, read = history.events, []

    def counted(*asked: int) -> object:
        found = events(*asked)
        read.append(len(found))
        return found

    monkeypatch.setattr(history, "events", counted)
    assert client.vote(path, "both_bad").status == 303
    assert sum(read) <= 1


def test_an_answer_shown_to_be_mended_may_be_as_long_as_it_is() -> None:
    long = "word " * 20_000
    sent = {"choice": ["tie"], "gold": [long], "gold_shown": [long]}
    assert read_ballot(sent, (), ()).gold is None
    with raises(BadBallot, match="Too long"):
        read_ballot(sent | {"gold": [long + "more"]}, (), ())
