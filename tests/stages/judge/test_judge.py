"""`whet eval` with a judge behind a real HTTP server, from asking to verdict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import whet
from whet.reporting import check_report
from whet.rundir import read_json, read_jsonl

Serve = Callable[..., Any]
MakeProject = Callable[..., Path]


def right(_: int, answer: str) -> str:
    return answer


def half_right(number: int, answer: str) -> str:
    return answer if number % 2 else "moo"


def judge(folder: Path, *overrides: str) -> Any:
    """`whet eval --split test` on the ready answers alone."""
    return whet.eval(folder, *overrides, split="test", arms=("other", "tuned"),
                     predictions=folder / "tuned.jsonl")  # fmt: skip


def test_answers_are_scored_and_compared_in_both_orders(
    answered: MakeProject, serve: Serve
) -> None:
    server = serve()
    folder = answered(right, half_right, f"endpoint: '{server.url}', model: judge-1")
    result = judge(folder)
    told = check_report(read_json(result.run / "report.json"))["details"]["judge"]
    assert told is not None
    assert told["label"] == "not calibrated: decides nothing"
    assert (told["items"], told["of"], told["unscored"]) == (60, 60, {})
    assert told["scores"]["tuned"]["score"]["value"] == 5
    assert told["scores"]["other"]["good"]["value"] == 0.5
    (pair,) = told["pairs"]
    assert (pair["a"], pair["b"]) == ("tuned", "other")
    assert (pair["wins"], pair["losses"], pair["ties"], pair["same"]) == (30, 0, 30, 30)
    assert pair["flips"]["value"] == 0
    # Scores of 60 items by two arms, equal ones asked once; pairs of 30 items in two orders.
    assert len(server.asked) == told["asked"] == 60 + 30 + 2 * 30
    assert result.report["arms"]["other"]["judge"]["value"] == 0.5
    assert result.report["verdict"] == "inconclusive", "for want of forgetting, not by the judge"
    assert read_jsonl(result.run / "judge" / "spot_check.jsonl").__len__() == 6
    assert not (result.run / "judge" / "calibration.json").exists()


def test_another_run_pays_for_nothing_twice(answered: MakeProject, serve: Serve) -> None:
    server = serve()
    folder = answered(right, half_right, f"endpoint: '{server.url}', model: judge-1", items=20)
    first = judge(folder)
    num_asked = len(server.asked)
    second = judge(folder)
    assert len(server.asked) == num_asked
    ours, theirs = (run.report["details"]["judge"] for run in (first, second))
    assert (theirs["asked"], theirs["reused"]) == (0, num_asked)
    assert (ours["scores"], ours["pairs"]) == (theirs["scores"], theirs["pairs"])
    # Another rubric is another question.
    (folder / "rubric.md").write_text("Only the right sound is good.")
    judge(folder, "judge.rubric=rubric.md")
    assert len(server.asked) == 2 * num_asked


def test_arms_are_not_named_and_answers_do_not_name_themselves(
    answered: MakeProject, serve: Serve
) -> None:
    server = serve()
    folder = answered(
        right,
        lambda n, _: f"I'm Claude, made by Anthropic. {n}",
        f"endpoint: '{server.url}', model: claude-judge",
        items=12,
    )
    result = judge(folder)
    shown = [" ".join(body["messages"][-1]["content"].split()) for body in server.bodies]
    words = ("Claude", "Anthropic", "tuned", " other ", "whet")
    assert [text for text in shown if any(word in text for word in words)] == []
    told = result.report["details"]["judge"]
    assert told["masked"] == 12


def test_a_judge_of_the_same_family_is_warned_of(answered: MakeProject, serve: Serve) -> None:
    server = serve()
    folder = answered(right, half_right, f"endpoint: '{server.url}', model: whet-nano", items=12)
    told = judge(folder).report["details"]["judge"]
    assert any("is itself the model of" in text for text in told["warnings"])
