from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from whet.reporting import html
from whet.reporting.page.gates import drawn
from whet.reporting.page.whole import CONTENTS, POLICY

VOID = {"meta", "link", "br", "hr", "col"}
ADDRESSES = {"href", "src", "srcset", "action", "data", "poster", "background", "xlink:href"}
FORBIDDEN = {
    "script",
    "iframe",
    "img",
    "object",
    "embed",
    "form",
    "base",
    "a:href",
    "foreignobject",
}


class Parsed(HTMLParser):
    """Tags, attributes and texts by section; fails where an element is not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.sections: dict[str, str] = {}
        self.body = ""
        self._open: list[str] = []
        self._section = ""
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)
        if tag in ("section", "header"):
            self._section = dict(attrs).get("id") or tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self._open or "head" in self._open:
            return
        self.body += data
        self.sections[self._section] = self.sections.get(self._section, "") + data


def _parsed(report: Any) -> Parsed:
    return Parsed(html(report))


def test_every_report_has_every_section_and_none_is_empty(report: Any) -> None:
    parsed = _parsed(report)
    for name, title in CONTENTS:
        assert len(parsed.sections[name]) > len(title) + 15, name


def test_the_verdict_and_its_effect_come_first(sample: Any) -> None:
    told = _parsed(sample("ship")).sections["header"]
    parts = (
        "Ship the tuned model (not reviewed by people)",
        "+8.5 points",
        "96 % interval",
        "automatic",
        "human",
        "regression",
        "safety",
        "Why",
        "What to do now",
        "Look 1",
    )
    places = [told.index(part) for part in parts]
    assert places == sorted(places)


def test_nothing_comes_from_elsewhere_and_nothing_runs(report: Any) -> None:
    _check_inert(_parsed(report))


def test_hostile_text_stays_text(sample: Any) -> None:
    page = html(sample("hostile"))
    parsed = Parsed(page)
    _check_inert(parsed)
    assert "<script>alert(1)</script>" in parsed.body
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800]", page)
    page.encode("utf-8")
    assert len(page) < 500_000


def _check_inert(parsed: Parsed) -> None:
    assert not FORBIDDEN & set(parsed.tags)
    for name, value in parsed.attributes:
        assert not name.startswith("on"), name
        if name in ADDRESSES:
            assert value.startswith("#") or value == "data:,", value
    assert ("content", POLICY) in parsed.attributes
    assert "style" not in {name for name, _ in parsed.attributes}


def test_the_style_asks_for_nothing(sample: Any) -> None:
    style = html(sample("ship")).split("<style>")[1].split("</style>")[0]
    assert not re.search(r"url\(|@import|@font-face|expression", style)


def test_a_megabyte_is_cut_with_its_count(sample: Any) -> None:
    assert "[998,500 more characters]" in _parsed(sample("hostile")).sections["failures"]


@pytest.mark.parametrize(
    ("name", "section", "sentence"),
    [
        ("use_rag", "training", "Nothing was trained: rag leaves 1.5 points"),
        ("use_rag", "failures", "Failures were not analysed: no arm has answered"),
        ("use_rag", "gates", "No gate was run."),
        ("use_rag", "slices", "Not run: the project names no slices"),
        ("use_rag", "people", "Not run: nobody has compared answers blind"),
        ("use_rag", "judge", "Not run: the project names no judge"),
        ("inconclusive", "arms", "No arm has answered any item."),
        ("inconclusive", "comparisons", "No two arms were compared."),
        ("inconclusive", "header", "The test items were not looked at."),
        ("inconclusive", "cost", "No price is given for this machine"),
        ("inconclusive", "data", "found nothing to say"),
        ("validation_only", "header", "Only validation items were seen."),
        ("validation_only", "training", "This run trained nothing."),
        ("validation_only", "choices", "Nothing was chosen in this run."),
        ("validation_only", "data", "No rows were read in this run."),
    ],
)
def test_a_missing_part_leaves_a_sentence(
    sample: Any, name: str, section: str, sentence: str
) -> None:
    assert sentence in _parsed(sample(name)).sections[section]


def test_gates_show_evidence_and_who_waived_them(sample: Any) -> None:
    told = _parsed(sample("do_not_ship")).sections["gates"]
    assert "rose by 0.412 nats per token" in told
    assert "Waived by Dana Reyes: The service sees staff messages only." in told


def test_the_control_is_set_apart_and_explained(sample: Any) -> None:
    page = html(sample("ship"))
    assert '<tr class="control">' in page
    assert "Control, set apart: nearest" in page


def test_a_ledger_that_does_not_balance_is_told(sample: Any) -> None:
    report = sample("ship")
    assert "Every row is accounted for" in html(report)
    report["details"]["ledger"]["read"] += 3
    assert "3 rows are not accounted for" in html(report)


def test_items_beyond_the_bound_are_counted(sample: Any) -> None:
    report = sample("ship")
    report["details"]["findings"] = ["a finding"] * 250
    told = _parsed(report).sections
    assert "1 more pairs" not in told["failures"]
    assert "And 12 more pairs." in told["failures"]
    assert "few_shot: 2 of 27" in told["failures"]
    assert "And 150 more" in told["data"]


def test_several_seeds_are_all_shown(sample: Any) -> None:
    report = sample("ship")
    assert "One seed:" in html(report)
    report["details"]["training"]["seeds"] = [
        {"seed": seed, "validation_loss": 0.48 + seed / 100, "chosen": seed == 0}
        for seed in range(3)
    ]
    told = _parsed(report).sections["training"]
    assert "One seed:" not in told
    assert all(loss in told for loss in ("0.480", "0.490", "0.500"))


def test_a_single_loss_makes_no_curve(sample: Any) -> None:
    report = sample("ship")
    report["details"]["training"] |= {"losses": [[1, 2.0]], "validation_losses": []}
    assert "Too few losses" in html(report)


def test_a_judge_is_shown_with_what_it_may_decide(sample: Any) -> None:
    told = _parsed(sample("ship")).sections["judge"]
    assert "pairwise: not calibrated: decides nothing" in told
    assert "0.680 (0.540 to 0.800)" in told
    assert "tuned is better on 96 items, few_shot on 34, neither on 68" in told
    assert "Vote on 30 more" in told


def test_a_slice_that_is_too_small_is_not_compared(sample: Any) -> None:
    told = _parsed(sample("ship")).sections["slices"]
    assert "too few to compare" in told
    assert "each is read at 98.67 %" in told
    assert "scores least on channel = phone" in told


def test_wrong_answers_come_by_kind_and_with_what_to_do(sample: Any) -> None:
    told = _parsed(sample("ship")).sections["failures"]
    assert told.index("What to do about it") < told.index("Kinds of wrong answers")
    assert "wrong class: 1 of 30 of tuned" in told
    assert "data/train.jsonl:77: card_delivery_estimate taken for card_arrival" in told
    assert "stands out" in told


def test_votes_stand_with_the_raters_agreement_and_doubts(sample: Any) -> None:
    told = _parsed(sample("ship")).sections["people"]
    assert "290 of 300 votes are in, closed early." in told
    assert "tuned is better on 48 items, few_shot on 26, neither on 26 (11 of them equal" in told
    assert "0.580 (0.460 to 0.690)" in told
    assert "sam: half of the votes came within 1.4 s" in told
    assert "Without these raters tuned against few_shot: +25.0 points." in told


def test_votes_that_are_not_all_in_show_no_result(sample: Any) -> None:
    report = sample("ship")
    report["details"]["review"][0] |= {"is_over": False, "tallies": [], "suspects": []}
    told = _parsed(report).sections["people"]
    assert "results are read when all votes are in" in told
    assert "is better on" not in told


def test_a_gates_interval_is_drawn_beside_its_bound() -> None:
    numbers = {"margin": 0.05, "under_refusal": {"value": 0.01, "low": -0.01, "high": 0.03}}
    assert [(each.name, each.bound) for each in drawn(numbers)] == [("under-refusal", 0.05)]
    assert drawn({"value": 3.0, "low": 2.0, "high": 4.0}) == []
    (latency,) = drawn({"value": 300.0, "low": None, "high": 420.0, "p95_ms": 500})
    assert latency.word == "limit"


def test_gates_that_nobody_named_are_one_sentence(sample: Any) -> None:
    told = _parsed(sample("ship")).sections["gates"]
    assert "Not named in the project: ability." in told
    assert "before 0.950, after 0.920" in told
