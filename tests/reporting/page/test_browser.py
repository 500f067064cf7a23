"""The page in a real browser. Skips, by name, where Chromium is absent."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from whet.reporting import html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SAMPLES = ("ship", "use_rag", "do_not_ship", "inconclusive", "validation_only", "hostile")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")


class Browser:
    """Chromium over its debugging pipe: file descriptors 3 and 4, one NUL after a message."""

    def __init__(self, profile: Path) -> None:
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        script = f'exec "$0" "$@" 3<&{to_read} 4>&{to_write}'
        self._process = subprocess.Popen(
            ["bash", "-c", script, str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._numbers = itertools.count(1)
        self._buffer = b""
        self.session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            chunk = os.read(self._read, 1 << 20)
            assert chunk, "Chromium went away"
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def open(self, page: Path, width: int, scheme: str = "light") -> None:
        """Opens a page and waits until it is loaded."""
        self.events.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[feature])
        self.call("Page.navigate", url=page.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"][
            "value"
        ]

    def screenshot(self, path: Path) -> None:
        """The whole page as an image."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def requested(self) -> list[str]:
        """What the page asked for beside itself."""
        urls = [
            event["params"]["request"]["url"]
            for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
        ]
        return urls[1:]

    def complaints(self) -> list[str]:
        """Errors and warnings on the console."""
        return [
            json.dumps(event["params"])
            for event in self.events
            if event.get("method")
            in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        ]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)
        os.close(self._read)
        os.close(self._write)


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


# WCAG 2.2, 1.4.3: at least 4.5 to 1 for each text on the ground that it stands on.
CONTRAST = """(() => {
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(v => {
    v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (c !== 'rgba(0, 0, 0, 0)') return c; } return 'rgb(255, 255, 255)'; };
  const faint = [];
  for (const e of document.body.querySelectorAll('*')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(e.namespaceURI.endsWith('svg') ? style.fill : style.color),
      light(ground(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(ratio.toFixed(2) + ' ' + e.textContent.slice(0, 40));
  }
  return faint;
})()"""


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
