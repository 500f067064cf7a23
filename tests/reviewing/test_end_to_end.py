"""Two raters in Chromium, by keyboard alone, and the verdict that their votes give.

Everything is the program itself: `whet review` in a process of its own, its links, its pages,
`whet review RUN status`, `whet verdict`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chromium import CHROMIUM, Browser

from whet.rundir import read_json
from whet.verbs import review_actions
from whet.verbs.eval import eval
from whet.verbs.verdict import verdict

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium"),
]

CONFIG = """\
task: Answer a customer.
model: whet-nano
data: {train: train.jsonl, test: test.jsonl}
arms: {canned: {predictions: canned.jsonl}}
eval: {metrics: [token_f1], primary: preference, margin: 0.05}
review: {instructions: Prefer what a customer can act on.}
gates: {human: {}}
"""
TOPICS = ("parcel", "invoice", "refund", "login", "address", "voucher")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of ready answers to 100 items."""
    folder = tmp_path_factory.mktemp("e2e")
    (folder / "whet.yaml").write_text(CONFIG, encoding="utf-8")

    def write(name: str, rows: list[dict[str, str]]) -> None:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / name).write_text(text, encoding="utf-8")

    asked = [f"About my {TOPICS[n % 6]}, case {n * 37}: what happens next?" for n in range(100)]
    kind = [f"We look into case {n * 37} and write to you today." for n in range(100)]
    write("test.jsonl", [{"input": q, "output": a} for q, a in zip(asked, kind, strict=True)])
    write("train.jsonl", [{"input": f"Hello {n}", "output": f"Good day {n}!"} for n in range(9)])
    write("tuned.jsonl", [{"input": q, "answer": a} for q, a in zip(asked, kind, strict=True)])
    write("canned.jsonl", [{"input": q, "answer": f"See our page. {q[-30:]}"} for q in asked])
    tuned = folder / "tuned.jsonl"
    found = eval(folder / "whet.yaml", split="test", arms=("canned", "tuned"), predictions=tuned)
    assert found.verdict == "inconclusive"
    return found.run


@contextmanager
def reviewing(run: Path, *options: str) -> Iterator[dict[str, Any]]:
    """`whet review` on a free port; what it printed."""
    command = [sys.executable, "-m", "whet", "review", str(run), "--port", "0", "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or lines[-1] != "}\n":
            lines.append(process.stdout.readline())
            assert lines[-1], "whet review ended before it said anything"
        yield json.loads("".join(lines))
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


Judge = Callable[[str, str], str]
"""From the texts on the left and on the right to a key."""


def rate(browser: Browser, link: str, judge: Judge) -> int:
    """Votes on all that is open, by keyboard; reloads and takes one back in the middle."""
    browser.open(link, 1400)
    browser.until("location.pathname === '/start'")
    base = link.partition("/enter/")[0]
    browser.open(f"{base}/work", 1400)
    votes = 0
    texts = "[...document.querySelectorAll('.answer .prose')].map(e => e.textContent)"
    while browser.ask("location.pathname") != "/done":
        if votes == 40:
            before = browser.ask("location.pathname")
            browser.open(f"{base}/work", 390, "dark")
            assert browser.ask("location.pathname") == before, "the first open one again"
        if votes == 50:
            browser.press_and_load("u")
        browser.press_and_load(judge(*browser.ask(texts)))
        votes += 1
    assert browser.complaints() == []
    return votes


def likes_the_kind_one(rate_of_others: int) -> Judge:
    """Prefers the answer that promises something, but for every n-th case."""

    def judge(left: str, right: str) -> str:
        kind = "We look into"
        number = int("".join(c for c in max(left, right) if c.isdigit()) or 0)
        wrong = (number // 37) % rate_of_others == 0
        return "1" if (kind in left) != wrong else "5"

    return judge


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


def test_two_raters_a_hundred_items_and_a_verdict_that_ships(
    browser: Browser, run: Path, loopback: None
) -> None:
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    with reviewing(run) as told:
        assert told["items"] == 100 and set(told["links"]) == {"rater-1", "rater-2", "adjudicator"}
        for name in ("rater-1", "rater-2"):
            votes = rate(browser, told["links"][name], likes_the_kind_one(9))
            assert votes == 106, "100 items, 5 repeats, 1 taken back and given again"
    text, found = review_actions.status(run)
    assert found.progress.done == found.progress.asked == 210
    assert found.agreement.alpha is not None and found.agreement.alpha.value == 1.0
    assert all(one.consistent == 1.0 for one in found.agreement.raters)
    assert {one.kind for one in found.suspicions} == {"too_fast"}, "machines are quick"
    assert "net preference" in text
    report = verdict(run, waive=["forgetting=ready answers"], by="the test").report
    pair = report["comparisons"][0]
    assert (pair["a"], pair["metric"]) == ("tuned", "preference") and pair["low"] > 0.5
    gate = next(gate for gate in report["gates"] if gate["name"] == "human")
    assert gate["result"] == "inconclusive" and "whose votes look wrong" in gate["evidence"]
    assert report["verdict"] == "inconclusive", (
        "votes within two seconds ship nothing by themselves"
    )
    why = "human=two scripted raters, on purpose"
    assert verdict(run, waive=[why], by="the test").verdict == "ship"
    assert "preference" in (run / "report.html").read_text(encoding="utf-8")


def test_two_raters_who_prefer_the_other_one_do_not_ship(
    browser: Browser, run: Path, loopback: None
) -> None:
    with reviewing(run, "--new", "--items", "100") as told:
        for name in ("rater-1", "rater-2"):
            rate(browser, told["links"][name], lambda left, _: "5" if "We look" in left else "1")
    report = verdict(run).report
    assert report["verdict"] == "use_other"
    assert read_json(run / "verdict.json")["verdict"]["baseline"] == "canned"


EXAMPLE = Path(__file__).resolve().parents[2] / "src" / "whet" / "examples" / "house-voice"


@pytest.mark.skipif(not EXAMPLE.is_dir(), reason="the example house-voice is not bundled")
def test_the_bundled_example_ships_when_people_prefer_its_voice(
    browser: Browser, tmp_path: Path, loopback: None
) -> None:
    """The whole of it: init, run (some minutes), review by two raters, verdict."""
    from whet.verbs.init import init
    from whet.verbs.run import run as run_it

    init(tmp_path / "voice", example="house-voice")
    first = run_it(tmp_path / "voice" / "whet.yaml", root=tmp_path / "voice")
    assert first.verdict == "inconclusive" and "whet review RUN" in first.report["next"]
    review_the_voice(browser, first.run)
    report = verdict(first.run).report
    assert report["verdict"] == "inconclusive", "votes by a script in a fifth of a second"
    gates = {gate["name"]: gate["result"] for gate in report["gates"] if gate["required"]}
    assert gates.pop("human") == "inconclusive" and set(gates.values()) == {"pass"}, gates
    why = "human=two scripted raters and 40 items, on purpose"
    report = verdict(first.run, waive=[why], by="the test").report
    assert report["verdict"] == "ship", report["reasons"]


def review_the_voice(browser: Browser, run: Path) -> None:
    """Two raters who like replies that greet and sign; 40 items against each baseline."""

    def judge(left: str, right: str) -> str:
        signed = ["Linden team" in text and text.startswith("Hello") for text in (left, right)]
        if signed[0] == signed[1]:
            return "3" if signed[0] else "b"
        return "1" if signed[0] else "5"

    with reviewing(run, "--items", "40") as told:
        for name in ("rater-1", "rater-2"):
            rate(browser, told["links"][name], judge)
