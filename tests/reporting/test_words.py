from __future__ import annotations

from typing import Any

from whet.reporting import words


def test_a_release_that_nobody_read_says_so(sample: Any) -> None:
    report = sample("ship")
    assert words.verdict_word(report) == "ship (not reviewed by people)"
    report["details"]["lamps"]["human"] = "pass"
    assert words.verdict_word(report) == "ship"


def test_only_a_release_carries_that_restriction(sample: Any) -> None:
    for name in ("use_rag", "do_not_ship", "inconclusive", "validation_only"):
        assert words.reading(sample(name)).restriction == ""


def test_a_waiver_shows_in_the_sentence_of_the_verdict(sample: Any) -> None:
    report = sample("ship")
    assert "waived" not in words.reading(report).sentence
    report["gates"][0]["waived_by"] = {"by": "Dana", "reason": "known"}
    assert "waived by a named person" in words.reading(report).sentence


def test_the_effect_comes_with_interval_and_margin(sample: Any) -> None:
    report = sample("ship")
    assert words.effect(report["details"]["headline"], 0.02) == (
        "tuned against few_shot: +8.5 points of exact match, 96 % interval +4.7 to +12.3;"
        " the margin is 2.0 points."
    )


def test_where_an_interval_stands_is_one_word() -> None:
    def stands(low: float | None, high: float | None) -> str:
        pair: Any = {"low": low, "high": high}
        return words.stands(pair, 0.02)[0]

    assert stands(0.03, 0.05) == "above the margin"
    assert stands(0.02, 0.05) == "open"
    assert stands(-0.05, 0.05) == "open"
    assert stands(-0.01, 0.01) == "below the margin"
    assert stands(-0.05, -0.01) == "worse"
    assert stands(None, 0.05) == "no interval"


def test_arms_stand_best_first_with_controls_apart(sample: Any) -> None:
    assert words.arms(sample("ship"), "exact_match") == [
        "tuned",
        "tuned_rag",
        "few_shot",
        "rag",
        "prompt",
        "nearest",
    ]


def test_the_other_arm_is_named_in_the_title(sample: Any) -> None:
    report = sample("use_rag")
    report["verdict"] = "use_other"
    report["details"]["use_arm"] = "gpt"
    assert words.reading(report).title == "Use gpt"
