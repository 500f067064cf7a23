"""The pages in Chromium: hostile answers stay inert, everything fits, and keys are enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chromium import CHROMIUM, CONTRAST, Browser
from tests_reviewing import Opened, make_frozen

from whet.reviewing.comparing.frozen import Frozen
from whet.reviewing.store.database import StoreBusyError
from whet.reviewing.store.history import latest

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")

Served = Callable[..., Opened]

HOSTILE = {
    "script": "<script>window.pwned = 1</script><script src='http://127.0.0.1:9/x.js'></script>",
    "onerror": "<img src=x onerror='window.pwned = 1'><img src='http://127.0.0.1:9/x.png'>",
    "links": "[click](javascript:window.pwned=1) <a href='javascript:window.pwned=1'>here</a>",
    "svg": "<svg onload='window.pwned=1'><image href='http://127.0.0.1:9/y'/></svg><math><mtext>",
    "style": "</div></section></main><style>*{display:none}</style><link rel=stylesheet href=//e>",
    "frame": "<iframe src='http://127.0.0.1:9/'></iframe><meta http-equiv=refresh content='0;//e'>",
    "form": "</form><form action='http://127.0.0.1:9/'><input name=choice value=left_much>",
    "ansi": "\x1b[2J\x1b[31mred\x1b[0m\x07\x00\x08",
    "line": "word" * 250_000,
    "spaced": "word " * 200_000,
    "lines": "line\n" * 20_000,
    "rtl": "\u202egnp.exe\u202c and \u2066isolated\u2069 and \u200b\u200f hidden",
    "zalgo": "Z" + "\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308" * 300 + "algo",
    "entities": "&lt;script&gt; &#60;b&#62; \"' ` ${1+1} {{7*7}}",
    "empty": "   \n",
    "arabic": "\u0645\u0631\u062d\u0628\u0627 \u0628\u0643",
}


def hostile() -> Frozen:
    """Each hostile text as a question, a gold answer and both answers."""
    plain = make_frozen(len(HOSTILE), show_gold=True, instructions=HOSTILE["script"])
    items = tuple(
        replace(
            item,
            conversation=(("user", text), ("assistant", text), ("user", text)),
            gold=text[:5000],
            answers={"tuned": text + " a", "prompt": text + " b"},
            criteria=("polite <b>", "x" * 80),
        )
        for item, text in zip(plain.items, HOSTILE.values(), strict=True)
    )
    return replace(plain, items=items, tags=("<i>tag</i>", "long"))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


def enter(browser: Browser, review: Opened, rater: str = "rater-1", width: int = 1400) -> str:
    """Comes in by the link; the address of the server."""
    base = f"http://127.0.0.1:{review.port}"
    browser.open(f"{base}/enter/{review.tokens[rater]}", width)
    browser.until("location.pathname === '/start'")
    return base


@pytest.mark.parametrize("width", [360, 1400])
def test_hostile_answers_stay_inert_and_the_layout_holds(
    browser: Browser, served: Served, width: int
) -> None:
    review = served(frozen=hostile())
    base = enter(browser, review, width=width)
    keys = [one.key for one in review.desk.queue(review.desk.by_id("rater-1"))]  # type: ignore[arg-type]
    for path in ("/start", *(f"/c/{key}" for key in keys)):
        browser.open(base + path, width, "dark" if width == 360 else "light")
        assert browser.complaints() == [], path
        assert all(url.startswith(f"{base}/") for url in browser.requested()), path
        assert browser.ask("window.pwned === undefined")
        assert browser.ask("document.scripts.length") == 1
        assert browser.ask("document.querySelectorAll('svg,img,iframe,math,style,i').length") == 0
        assert browser.ask("document.documentElement.scrollWidth <= innerWidth"), path
        if path != "/start":
            assert (
                browser.ask("document.querySelectorAll('.answer .prose, .answer .soft').length")
                == 2
            )
            assert browser.ask("document.forms.ballot.action").endswith(path)
            low = "document.querySelector('#ballot button[type=submit]').getBoundingClientRect()"
            assert browser.ask(f"{low}.width > 0 && {low}.right <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(browser: Browser, served: Served, scheme: str) -> None:
    review = served(tags=("wrong", "tone"), criteria=("correct",), instructions="Look well.")
    base = enter(browser, review)
    for path in ("/start", "/work", "/done", "/nowhere", "/"):
        browser.open(base + path, 1400, scheme)
        assert browser.ask(CONTRAST) == [], path


def test_keys_alone_are_enough(browser: Browser, served: Served) -> None:
    review = served(items=6, tags=("wrong", "tone"))
    base = enter(browser, review)
    browser.open(f"{base}/work", 1400)
    browser.press_and_load("2")
    browser.press("r")
    browser.type("because 5 u s")
    browser.press("Escape")
    browser.press_and_load("5")
    browser.press("f")
    assert browser.ask("document.activeElement.id") == "reason"
    browser.type("the question is cut off")
    browser.press_and_load("Enter", ctrl=True)
    browser.press_and_load("b")
    assert browser.ask("document.title") == "5 of 6"
    browser.press_and_load("u")
    assert browser.ask("document.title") == "4 of 6"
    browser.press_and_load("3")
    browser.press_and_load("ArrowLeft")
    browser.press_and_load("ArrowLeft")
    assert browser.ask("document.title") == "3 of 6"
    assert browser.ask("document.querySelector('[name=reason]').value") == "the question is cut off"
    assert (
        browser.ask("document.getElementById('told').textContent") == "You have voted on this one."
    )
    browser.press("?")
    assert browser.ask("document.getElementById('help').open")
    browser.press("Escape")
    browser.press_and_load("ArrowRight")
    browser.press_and_load("ArrowRight")
    browser.press_and_load("s")
    browser.press_and_load("1")
    assert browser.ask("location.pathname") == "/done"
    events = review.desk.history.events()
    assert [event.body.get("choice", "undo") for event in events] == [
        "left_slightly", "right_much", "flag", "both_bad", "undo", "tie", "skip", "left_much",
    ]  # fmt: skip
    assert events[1].body["reason"] == "because 5 u s"


def test_a_vote_that_is_not_kept_is_said_and_sent_again_until_it_is_one_vote(
    browser: Browser, served: Served
) -> None:
    review = served(items=3)
    base = enter(browser, review)
    good, failures = review.desk.history.add, iter(range(2))

    def sometimes(**row: object) -> object:
        kept = good(**row)  # type: ignore[arg-type]
        if next(failures, None) is not None:
            raise StoreBusyError("The votes could not be written: disk I/O error.")
        return kept

    review.desk.history.add = sometimes  # type: ignore[method-assign, assignment]
    browser.open(f"{base}/work", 1400)
    browser.events.clear()
    browser.press("1")
    browser.until("document.getElementById('told').textContent.includes('Trying again')")
    browser.press("1")
    browser.press("3")
    browser.until("document.title === '2 of 3'")
    assert [event.body["choice"] for event in review.desk.history.events()] == ["left_much"]


def test_a_second_tab_is_told_and_changes_nothing(browser: Browser, served: Served) -> None:
    review = served(items=3)
    base = enter(browser, review)
    browser.open(f"{base}/work", 1400)
    key = browser.ask("location.pathname")[3:]
    body = {"choice": "tie", "reason": "from the first tab"}
    from whet.reviewing.comparing.ballots import Ballot

    review.desk.cast(review.desk.by_id("rater-1"), key, 1, Ballot(**body))  # type: ignore[arg-type]
    browser.press("1")
    browser.until("document.getElementById('told').textContent.includes('another tab')")
    assert [e.body["choice"] for e in latest(review.desk.history.events()).values()] == ["tie"]


def test_pages_look_as_they_should(browser: Browser, served: Served, tmp_path: Path) -> None:
    """Nothing to assert beyond sizes: the images are for people (WHET_SHOTS names a folder)."""
    import os

    folder = Path(os.environ.get("WHET_SHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    review = served(
        items=12, tags=("wrong", "too long", "tone"), criteria=("correct", "friendly"),
        instructions="Prefer the answer that a customer could act on at once.",
    )  # fmt: skip
    base = enter(browser, review)
    for path in ("/start", "/work", "/done", "/"):
        for width in (390, 1400):
            for scheme in ("light", "dark"):
                browser.open(base + path, width, scheme)
                name = f"{path.strip('/') or 'landing'}-{width}-{scheme}.png"
                browser.screenshot(folder / name)
                assert (folder / name).stat().st_size > 3000
