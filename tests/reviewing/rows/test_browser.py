"""The pages of rows in a real browser, by keyboard. Skips, by name, where Chromium is absent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import CHROMIUM, Browser

from whet.data import read
from whet.reviewing.rows.decisions import Decision, row_keys, standing

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture
def server(opened: Callable[..., Any], shop: Path, browser: Browser) -> Any:
    """A server whose first rater has come in by the link."""
    found = opened(shop)
    browser.open(found.links["rater-1"], 1400)
    browser.until("location.pathname === '/rows'")
    return found


def said(server: Any) -> dict[str, Decision]:
    events = server.review._history.events()
    return {row: found[0] for row, found in standing(events).items()}


def key_of(shop: Path, number: int) -> str:
    return row_keys(read(str(shop / "train.jsonl")).examples)[number]


def row_at(browser: Browser) -> str:
    return str(browser.ask("location.pathname")).rpartition("/")[2]


def test_rows_are_kept_dropped_fixed_and_undone_by_keyboard_alone(
    browser: Browser, server: Any
) -> None:
    browser.open(f"{server.base}/rows/next", 1400)
    rows = [row_at(browser)]
    for key in ("k", "d"):
        browser.press_and_load(key)
        rows.append(row_at(browser))
    browser.press("f")
    browser.until("document.activeElement.name === 'turn-1'")
    browser.ask("document.activeElement.select() || true")
    browser.type("Wipe it gently.\nThen dry it.")
    browser.press_and_load("Enter", ctrl=True)

    found = said(server)
    assert [found[row].choice.value for row in rows] == ["keep", "drop", "fix"]
    assert found[rows[2]].texts == {1: "Wipe it gently.\nThen dry it."}

    browser.press_and_load("u")

    assert row_at(browser) == rows[2]
    assert rows[2] not in said(server)
    assert server.review._history.events()[-1].kind == "undo"


def test_a_reason_is_typed_and_kept_and_its_letters_decide_nothing(
    browser: Browser, server: Any
) -> None:
    browser.open(f"{server.base}/rows/next", 1400)
    row = row_at(browser)
    browser.press("w")
    for letter in "kd":
        browser.press(letter)
    browser.press("Enter")
    assert said(server) == {}
    assert row_at(browser) == row

    browser.press_and_load("d")

    assert said(server)[row].why == "kd"


def test_a_fix_that_is_refused_says_why_and_keeps_what_was_typed(
    browser: Browser, server: Any
) -> None:
    browser.open(f"{server.base}/rows/next", 1400)
    browser.press("f")
    browser.ask("document.activeElement.select() || true")
    browser.type(" ")
    browser.press("Enter", ctrl=True)

    browser.until("document.getElementById('told').textContent.includes('empty')")

    assert browser.ask("document.querySelector('textarea[name=turn-1]').value") == " "
    assert said(server) == {}


def test_a_row_passed_over_comes_again_later(browser: Browser, server: Any) -> None:
    browser.open(f"{server.base}/rows/next", 1400)
    row = row_at(browser)
    browser.press_and_load("s")

    assert row_at(browser) != row
    assert said(server) == {}
    browser.open(f"{server.base}/rows/next", 1400)
    assert row_at(browser) == row


@pytest.mark.parametrize("width", [390, 1400])
def test_a_hostile_row_stays_text_and_fits(
    browser: Browser, server: Any, shop: Path, width: int
) -> None:
    browser.open(f"{server.base}/rows/r/{key_of(shop, 3)}", width)

    assert browser.ask("document.title") == "train.jsonl:4"
    assert browser.ask("document.images.length") == 0
    assert browser.ask("document.querySelectorAll('main script, main b, main img').length") == 0
    answer = read(str(shop / "train.jsonl")).examples[3].answer
    assert browser.ask("document.querySelector('textarea[name=turn-1]').value") == answer
    assert "\u202e" not in browser.ask("document.querySelector('.conversation').textContent")
    assert browser.complaints() == []
    assert browser.ask("document.documentElement.scrollWidth <= innerWidth")


def test_a_fix_of_a_text_that_was_not_touched_changes_nothing(
    browser: Browser, server: Any, shop: Path
) -> None:
    """What a box holds and sends back is the row's own text, odd signs and all."""
    key = key_of(shop, 3)
    browser.open(f"{server.base}/rows/r/{key}", 1400)
    browser.press("f")
    browser.press("Enter", ctrl=True)
    browser.until("document.getElementById('told').textContent.includes('Nothing was changed')")

    assert said(server) == {}


def test_rows_alike_are_decided_together_after_they_were_shown(
    browser: Browser, server: Any, shop: Path
) -> None:
    browser.open(f"{server.base}/rows/r/{key_of(shop, 7)}", 1400)
    browser.press_and_load("l")
    shown = browser.ask("document.querySelectorAll('article .conversation').length")
    assert shown == browser.ask("document.querySelectorAll('input[name=row]').length") > 1
    assert browser.ask("document.querySelectorAll('input[name=row]:checked').length") == 0

    browser.ask("document.querySelectorAll('input[name=row]')[1].click() || true")
    browser.events.clear()
    browser.ask("document.querySelector('button[value=drop]').click() || true")
    browser.loaded()

    assert [one.choice.value for one in said(server).values()] == ["drop"]


def test_the_page_works_without_its_script(browser: Browser, server: Any) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(f"{server.base}/rows/next", 1400)
        row = row_at(browser)
        browser.events.clear()
        root = browser.call("DOM.getDocument")["root"]["nodeId"]
        button = browser.call("DOM.querySelector", nodeId=root, selector="button[value=drop]")
        box = browser.call("DOM.getBoxModel", nodeId=button["nodeId"])["model"]["content"]
        for kind in ("mousePressed", "mouseReleased"):
            browser.call(
                "Input.dispatchMouseEvent", type=kind, x=box[0] + 5, y=box[1] + 5, button="left",
                clickCount=1,
            )  # fmt: skip
        browser.loaded()
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)

    assert said(server)[row].choice.value == "drop"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/rows", "/rows/next", "/rows/together"])
def test_every_text_has_enough_contrast_and_nothing_is_fetched_from_elsewhere(
    browser: Browser, server: Any, path: str, scheme: str
) -> None:
    browser.open(server.base + path, 1400, scheme)

    assert browser.ask(CONTRAST) == []
    assert [url for url in browser.requested() if not url.startswith(server.base)] == []
    assert browser.complaints() == []


# WCAG 2.2, 1.4.3: at least 4.5 to 1 for each text on the ground that it stands on.
CONTRAST = """(() => {
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(v => {
    v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (!c.startsWith('rgba') && !c.startsWith('color')) return c; } return 'rgb(255, 255, 255)'; };
  const faint = [];
  for (const e of document.body.querySelectorAll('*')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    if (!e.offsetParent) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const fade = Number(getComputedStyle(e).opacity);
    if (ratio < 4.5 || fade < 0.7)
      faint.push(ratio.toFixed(2) + ' ' + e.textContent.slice(0, 40));
  }
  return faint;
})()"""
