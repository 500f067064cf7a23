from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from whet.reviewing.rows.decisions import REVIEW, Choice, standing
from whet.reviewing.store import read_history
from whet.verbs.review_export import export_rows

Serve = Callable[..., Any]


def decisions(shop: Path) -> dict[str, Choice]:
    history = read_history(shop / "train-review", REVIEW)
    try:
        return {row: said[0].choice for row, said in standing(history.events()).items()}
    finally:
        history.close()


def enter(server: Any, person: Any, rater: str = "rater-1") -> None:
    status, _, _ = person.get(server.links[rater])
    assert status == 200


def decide(server: Any, person: Any, choice: str, **more: str) -> str:
    """Decides on the next row; returns its name."""
    _, url, page = person.get(f"{server.base}/rows/next")
    status, _, said = person.post(
        url,
        csrf=field(page, "csrf"),
        version=field(page, "version"),
        kind="",
        choice=choice,
        **more,
    )
    assert status == 200, said
    return url.rpartition("/")[2].partition("?")[0]


def field(page: str, name: str) -> str:
    import re

    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name} in {page[:500]}"
    return found.group(1)


def test_nothing_is_shown_to_somebody_without_a_link(
    shop: Path, opened: Serve, person: Any
) -> None:
    server = opened(shop)

    for path in ("/rows", "/rows/next", "/rows/together"):
        status, _, page = person.get(server.base + path)
        assert status == 401
        assert "damp cloth" not in page


def test_the_worst_row_comes_first_and_says_why(shop: Path, opened: Serve, person: Any) -> None:
    server = opened(shop)
    enter(server, person)

    _, _, page = person.get(f"{server.base}/rows/next")

    assert "1 / 40" in page
    assert 'class="reasons"' in page


def test_after_a_kill_the_review_goes_on_where_it_was_and_raters_stay_in(
    shop: Path, serve: Serve, person: Any
) -> None:
    server = serve(shop)
    enter(server, person)
    first = [decide(server, person, "keep") for _ in range(3)]
    server.kill()

    again = serve(shop)
    assert again.links == {}
    later = [decide(again, person, "drop") for _ in range(2)]

    assert not set(first) & set(later)
    assert len(decisions(shop)) == 5


def test_a_kill_in_a_storm_of_decisions_loses_none_that_was_acknowledged(
    shop: Path, serve: Serve, person: Any
) -> None:
    server = serve(shop)
    enter(server, person)
    acknowledged: list[str] = []

    def work() -> None:
        try:
            while len(acknowledged) < 38:
                acknowledged.append(decide(server, person, "drop"))
        except (OSError, AssertionError):
            pass  # the server is gone

    thread = threading.Thread(target=work)
    thread.start()
    while len(acknowledged) < 10:
        thread.join(timeout=0.005)
    server.kill()
    thread.join(timeout=30)

    assert len(acknowledged) >= 10
    assert set(acknowledged) <= set(decisions(shop))
    found = export_rows(["train.jsonl"], out=shop / "out", root=shop)
    assert found.outcomes["drop"] >= len(acknowledged)


def test_the_same_form_sent_twice_is_one_decision_and_an_older_one_is_refused(
    shop: Path, opened: Serve, person: Any
) -> None:
    server = opened(shop)
    enter(server, person)
    _, url, page = person.get(f"{server.base}/rows/next")
    form = {"csrf": field(page, "csrf"), "version": field(page, "version"), "kind": ""}

    assert person.post(url, **form, choice="keep")[0] == 200
    assert person.post(url, **form, choice="keep")[0] == 200
    assert person.post(url, **form, choice="drop")[0] == 409

    assert list(decisions(shop).values()) == [Choice.KEEP]


def test_a_form_without_the_session_s_token_is_refused(
    shop: Path, opened: Serve, person: Any
) -> None:
    server = opened(shop)
    enter(server, person)
    _, url, page = person.get(f"{server.base}/rows/next")

    status, _, _ = person.post(url, csrf="x", version=field(page, "version"), choice="drop")

    assert status == 403


def test_two_raters_are_given_different_rows(
    shop: Path, opened: Serve, people: Callable[[], Any]
) -> None:
    server = opened(shop, 2)
    one, two = people(), people()
    enter(server, one, "rater-1")
    enter(server, two, "rater-2")

    first = one.get(f"{server.base}/rows/next")[1]
    second = two.get(f"{server.base}/rows/next")[1]

    assert first != second


def test_a_fix_that_no_reader_would_take_is_refused_with_its_reason(
    shop: Path, opened: Serve, person: Any
) -> None:
    server = opened(shop)
    enter(server, person)
    _, url, page = person.get(f"{server.base}/rows/next")
    form = {"csrf": field(page, "csrf"), "version": field(page, "version"), "kind": ""}

    status, _, said = person.post(url, **form, choice="fix", **{"turn-1": "  "})

    assert status == 400
    assert "empty" in said
    assert decisions(shop) == {}


def test_several_rows_are_dropped_together_only_where_they_are_ticked(
    shop: Path, opened: Serve, person: Any
) -> None:
    import re

    server = opened(shop)
    enter(server, person)
    url = f"{server.base}/rows/together"
    _, _, page = person.get(url)
    ticks = re.findall(r'name="row" value="([^"]*)"', page)
    assert len(ticks) == 10
    assert "checked" not in page

    nothing, _, _ = person.post(url, csrf=field(page, "csrf"), back="/rows", choice="drop")
    one, _, _ = person.post(
        url, csrf=field(page, "csrf"), back="/rows", choice="drop", row=ticks[4]
    )

    assert (nothing, one) == (400, 200)
    assert decisions(shop) == {ticks[4].partition(" ")[0]: Choice.DROP}


def test_rows_as_long_as_files_have_them_can_be_decided(
    tmp_path: Path, opened: Serve, person: Any
) -> None:
    turns = [{"role": ("user", "assistant")[n % 2], "content": f"Word {n}."} for n in range(300)]
    long = [
        {"role": "user", "content": "\u6587\u7ae0" * 30_000},
        {"role": "assistant", "content": "Short."},
    ]
    rows = [{"messages": turns}, {"messages": long}]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "train.jsonl").write_text(text, encoding="utf-8")
    server = opened(tmp_path)
    enter(server, person)

    for item in server.review._app._app.state.door.roll.items:
        messages = item.suspect.row.messages
        boxes = {f"turn-{n}": message["content"] for n, message in enumerate(messages)}
        decide(server, person, "keep", **boxes)

    assert set(decisions(tmp_path).values()) == {Choice.KEEP}
