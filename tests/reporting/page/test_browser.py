"""The page in a real browser. Skips, by name, where Chromium is absent."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import CHROMIUM, CONTRAST, Browser

from whet.reporting import html

SAMPLES = ("ship", "use_rag", "do_not_ship", "inconclusive", "validation_only", "hostile")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("name", SAMPLES)
def test_the_page_opens_quietly_and_fits(
    browser: Browser, sample: Any, tmp_path: Path, name: str, width: int
) -> None:
    page = tmp_path / "report.html"
    page.write_text(html(sample(name)), encoding="utf-8")

    browser.open(page, width)

    assert browser.complaints() == []
    assert [url for url in browser.requested() if not url.startswith("data:")] == []
    assert browser.ask("document.querySelector('h1').offsetHeight > 0")
    assert browser.ask("document.scripts.length") == 0
    assert _overflowing(browser) == []


def _overflowing(browser: Browser) -> list[str]:
    """Elements that reach beyond the right edge, when the page can be scrolled sideways."""
    return browser.ask(
        """document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.body.querySelectorAll('*')]
          .filter(e => !e.closest('.wide > *'))
          .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
          .map(e => e.tagName + '.' + e.getAttribute('class') + ' ' + e.textContent.slice(0, 40))"""
    )


def test_everything_fits_when_all_that_is_folded_is_open(
    browser: Browser, sample: Any, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    for name in ("ship", "hostile"):
        page.write_text(html(sample(name)).replace("<details>", "<details open>"), "utf-8")
        browser.open(page, 360)
        assert _overflowing(browser) == []


def test_the_page_is_dark_where_that_is_asked_for(
    browser: Browser, sample: Any, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    page.write_text(html(sample("ship")), encoding="utf-8")
    paper = "getComputedStyle(document.body).backgroundColor"

    browser.open(page, 1200, "light")
    light = browser.ask(paper)
    browser.open(page, 1200, "dark")

    assert browser.ask(paper) != light


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(
    browser: Browser, sample: Any, tmp_path: Path, scheme: str
) -> None:
    page = tmp_path / "report.html"
    page.write_text(html(sample("do_not_ship")), encoding="utf-8")
    browser.open(page, 1200, scheme)

    assert browser.ask(CONTRAST) == []


def test_nothing_is_cut_off_on_paper(browser: Browser, sample: Any, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(html(sample("ship")), encoding="utf-8")
    browser.open(page, 718)  # A4 with the margins that browsers take
    browser.call("Emulation.setEmulatedMedia", media="print", features=[])
    try:
        wide = browser.ask(
            "[...document.querySelectorAll('table')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
        )
        shut = browser.ask(
            "[...document.querySelectorAll('details')].filter(e => e.offsetHeight < 60).length"
        )
    finally:
        browser.call("Emulation.setEmulatedMedia", media="screen", features=[])
    assert wide == 0
    assert shut == 0, "what is folded on the screen is open on paper"


def test_the_page_can_be_read_without_eyes_and_mouse(
    browser: Browser, sample: Any, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    page.write_text(html(sample("ship")), encoding="utf-8")
    browser.open(page, 390)

    assert browser.ask("document.documentElement.lang") == "en"
    levels = browser.ask(
        "[...document.querySelectorAll('h1, h2, h3, h4')].map(e => Number(e.tagName[1]))"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    steps = [(a, b) for a, b in itertools.pairwise(levels) if b > a + 1]
    assert steps == [], "no level of heading is left out"
    assert browser.ask("[...document.querySelectorAll('th')].every(e => e.scope)")
    assert browser.ask("[...document.querySelectorAll('th')].every(e => e.textContent.trim())")
    scrolled = "[...document.querySelectorAll('.wide')]"
    assert browser.ask(f"{scrolled}.every(e => e.tabIndex === 0 && e.getAttribute('aria-label'))")
    drawn = "[...document.querySelectorAll('svg')].filter(e => !e.closest('[aria-hidden=true]'))"
    assert browser.ask(f"{drawn}.every(e => e.closest('[aria-label]'))")
