"""Who may do what: links, sessions, forged forms, floods, other raters' comparisons."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests_reviewing import Client, Opened, said

from whet.errors import ConfigError
from whet.reviewing.comparing import people
from whet.reviewing.server.limits import Limits
from whet.reviewing.server.settings import reachable
from whet.reviewing.store.database import StoreBusyError

Served = Callable[..., Opened]


def test_the_landing_page_has_no_content(served: Served) -> None:
    review = served()
    page = Client(review.port).get("/")
    assert page.status == 200
    for word in ("tuned", "prompt", "Question", "item", "rater-1", review.frozen.digest):
        assert word not in page.text


@pytest.mark.parametrize("path", ["/start", "/work", "/done", "/c/x", "/c/" + "0" * 32])
def test_nothing_is_shown_without_a_session(served: Served, path: str) -> None:
    page = Client(served().port).get(path)
    assert page.status == 401
    assert "Answer" not in page.text


def test_tokens_of_links_are_nowhere_on_disk(served: Served) -> None:
    review = served()
    kept = b"".join(p.read_bytes() for p in review.folder.path.rglob("*") if p.is_file())
    for token in review.tokens.values():
        assert token.encode() not in kept


def test_files_of_a_review_are_for_their_owner_alone(served: Served) -> None:
    review = served()
    for name in ("secret.json", "votes.sqlite"):
        assert (review.folder.path / name).stat().st_mode & 0o077 == 0


def test_a_secret_is_never_readable_by_others_not_even_while_it_is_written(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, seen = os.replace, []

    def looked_at(source: Path, target: Path) -> None:
        if Path(target).name == "secret.json":
            seen.append(Path(source).stat().st_mode & 0o077)
        replace(source, target)

    monkeypatch.setattr(os, "replace", looked_at)
    served()
    assert seen == [0]


def test_a_session_is_new_at_each_entry_and_cannot_be_forced_upon_a_rater(served: Served) -> None:
    review = served()
    client = Client(review.port)
    client.cookie = "whet_review=planted.planted"
    page = client.enter(review.tokens["rater-1"])
    first = client.cookie
    assert first and "planted" not in first
    client.enter(review.tokens["rater-1"])
    assert client.cookie != first
    flags = str(page.header("set-cookie")).lower()
    assert "httponly" in flags and "samesite=strict" in flags and "path=/" in flags


def test_cookies_are_for_https_alone_where_the_url_says_so(served: Served) -> None:
    review = served({"secure": True})
    page = Client(review.port).enter(review.tokens["rater-1"])
    assert "secure" in str(page.header("set-cookie")).lower()


def test_a_changed_cookie_is_nobody(rater: tuple[Opened, Client]) -> None:
    _, client = rater
    good = str(client.cookie)
    for place in (15, len(good) // 2, len(good) - 1):
        client.cookie = good[:place] + ("a" if good[place] != "a" else "b") + good[place + 1 :]
        assert client.get("/start").status == 401


def test_a_removed_rater_is_out_at_the_next_start(served: Served) -> None:
    review = served()
    people.remove(review.desk.history, "rater-1")
    known = people.people(review.desk.history.raters())
    assert known["rater-1"].digest is None
    old = review.tokens["rater-2"]
    new = people.new_link(review.desk.history, "rater-2")
    assert people.people(review.desk.history.raters())["rater-2"].digest != old != new


def test_a_form_without_its_token_is_refused(rater: tuple[Opened, Client]) -> None:
    review, client = rater
    path = client.next()
    form = client.form(path) | {"choice": "tie"}
    for csrf in ("", "0" * 64):
        assert client.post(path, form | {"csrf": csrf}).status == 403
    assert client.post("/undo", {"key": path[3:], "undone": 1}).status == 403
    assert review.desk.history.events() == []


def test_a_form_of_another_session_is_refused(served: Served) -> None:
    review = served()
    mine, yours = Client(review.port), Client(review.port)
    mine.enter(review.tokens["rater-1"])
    yours.enter(review.tokens["rater-1"])
    path = mine.next()
    assert yours.post(path, mine.form(path) | {"choice": "tie"}).status == 403


@pytest.mark.parametrize(
    "header",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_a_form_from_another_site_is_refused(
    rater: tuple[Opened, Client], header: dict[str, str]
) -> None:
    review, client = rater
    path = client.next()
    page = client.post(path, client.form(path) | {"choice": "tie"}, **header)
    assert page.status == 403
    assert review.desk.history.events() == []


def test_another_name_for_this_machine_is_refused(rater: tuple[Opened, Client]) -> None:
    _, client = rater
    assert client.get("/start", host="evil.example").status == 421
    assert client.get("/start", host="evil.example:80@127.0.0.1").status == 421
    assert client.get("/start", host=f"localhost:{client.port}").status == 200


def test_guessing_links_is_slowed_to_a_stop(served: Served) -> None:
    review = served({"limits": Limits(entries_per_minute=6, entry_burst=5)})
    client = Client(review.port)
    found = [client.enter(f"guess-{n}").status for n in range(8)]
    assert found == [404] * 5 + [429] * 3
    assert client.enter(review.tokens["rater-1"]).status == 429
    assert int(str(client.enter("x").header("retry-after"))) >= 1


def test_too_many_requests_are_refused(served: Served) -> None:
    review = served({"limits": Limits(requests_per_second=1, request_burst=3)})
    found = [Client(review.port).get("/").status for _ in range(5)]
    assert found[:3] == [200] * 3 and found[-1] == 429


def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    rater: tuple[Opened, Client],
) -> None:
    _, client = rater
    path = client.next()
    assert client.post(path, "reason=" + "x" * 3_000_000).status == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(rater: tuple[Opened, Client], method: str) -> None:
    assert rater[1].send(method, "/start", None).status == 405


def test_every_answer_has_the_same_headers(rater: tuple[Opened, Client]) -> None:
    _, client = rater
    for path in ("/", "/start", client.next(), "/nowhere", "/assets/review.css", "/c/none"):
        page = client.get(path)
        told = dict(page.headers)
        policy = told["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert told["cache-control"] == "no-store"
        assert told["referrer-policy"] == "no-referrer"
        assert told["x-frame-options"] == "DENY"
        assert told["x-content-type-options"] == "nosniff"
        assert not {"server", "x-powered-by", "etag", "last-modified"} & set(told)


def test_comparisons_of_others_of_nobody_and_of_a_closed_review_take_no_vote(
    served: Served,
) -> None:
    review = served()
    first, second = Client(review.port), Client(review.port)
    first.enter(review.tokens["rater-1"])
    second.enter(review.tokens["rater-2"])
    path = first.next()
    form = second.form(second.next()) | {"choice": "tie"}
    assert second.get(path).status == 403
    assert second.post(path, form).status == 403
    assert second.post("/c/" + "f" * 32, form).status == 404
    assert second.post("/undo", form | {"key": path[3:], "undone": 1}).status == 403
    own = first.form(path) | {"choice": "tie"}
    review.desk.is_closed = True
    page = first.post(path, own, accept="application/json")
    assert page.status == 409 and "closed" in said(page)["error"]
    assert review.desk.history.events() == []


def test_a_version_of_another_comparison_is_refused(rater: tuple[Opened, Client]) -> None:
    review, client = rater
    path = client.next()
    form = client.form(path)
    other = next(f"/c/{key}" for key in review.desk._owners if key != path[3:]
                 and review.desk._owners[key].rater == "rater-1")  # fmt: skip
    assert client.post(other, form | {"choice": "tie"}).status == 400
    assert client.post(path, form | {"choice": "tie", "version": "2"}).status == 400
    assert client.post(path, form | {"choice": "tie", "version": "-1"}).status == 400
    assert client.post(path, form | {"choice": "left"}).status == 400
    assert client.post(path, form | {"choice": ["tie", "skip"]}).status == 400
    assert client.post(path, form | {"choice": "tie", "tag": "nonsense"}).status == 400
    assert client.post(path, form | {"choice": "flag"}).status == 400
    assert review.desk.history.events() == []


def test_another_address_needs_a_key() -> None:
    with pytest.raises(ConfigError, match="WHET_REVIEW_KEY"):
        reachable(b"x" * 32, "/start", host="0.0.0.0")
    with pytest.raises(ConfigError, match="at least 16"):
        reachable(b"x" * 32, "/start", host="127.0.0.1", url="https://review.example", key="short")
    found = reachable(
        b"x" * 32, "/start", host="0.0.0.0", url="https://review.example", key="k" * 16
    )
    assert found.secure and found.key and "review.example" in found.hosts


def test_the_key_is_asked_for_beside_the_link(served: Served) -> None:
    review = served({"key": "a key of many letters"})
    client = Client(review.port)
    path = f"/enter/{review.tokens['rater-1']}"
    assert "key" in client.get(path).text and client.cookie is None
    assert client.post(path, {"key": "wrong"}).status == 403 and client.cookie is None
    assert client.post(path, {"key": "a key of many letters"}).status == 200
    assert client.get("/start").status == 200


def test_nothing_is_traced_even_where_the_environment_names_a_collector(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    from fastapi import FastAPI

    from whet.reviewing.server.app import SILENT

    app = FastAPI(telemetry=SILENT)
    assert not app._native_telemetry.enabled()
    assert Client(served().port).get("/").status == 200


def test_history_cannot_be_rewritten_by_what_the_server_runs(rater: tuple[Opened, Client]) -> None:
    review, client = rater
    path = client.next()
    client.vote(path, "tie")
    database = review.desk.history._database
    for statement in ("UPDATE votes SET body = '{}'", "DELETE FROM votes", "DELETE FROM raters"):
        with pytest.raises(StoreBusyError, match="never changed"), database.write() as work:
            work.run(statement)
    assert len(review.desk.history.events()) == 1
