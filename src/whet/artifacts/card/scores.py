"""What a run's report says of its models, as tables of a card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from whet.artifacts.card.markdown import bullets, plain, table
from whet.artifacts.proof import Proof


def score_sections(report: Mapping[str, Any]) -> Iterator[str]:
    """Verdict, scores, comparisons, gates and data."""
    verdict = report.get("verdict")
    yield "## Verdict\n\n" + _verdict(verdict, report.get("reasons") or [])
    yield "## Scores\n\n" + table(("model", "metric", "value", "interval", "items"), _arms(report))
    if report.get("comparisons"):
        heads = ("", "against", "metric", "difference", "interval", "level")
        yield "## Compared\n\n" + table(heads, _comparisons(report))
    if report.get("gates"):
        yield "## Gates\n\n" + _gates(report["gates"])
    yield "## Data\n\n" + _data(report)


def _verdict(verdict: str | None, reasons: Sequence[str]) -> str:
    if verdict is None:
        return "None: only validation items were looked at, not the test set.\n"
    return f"**{plain(verdict)}**\n\n{bullets(reasons)}"


def _arms(report: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for arm, metrics in report["arms"].items():
        for metric, one in metrics.items():
            yield arm, metric, _number(one["value"]), _interval(one), str(one["n"])


def _comparisons(report: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for one in report["comparisons"]:
        level = f"{1 - one['level']:.1%}"
        yield (
            one["a"],
            one["b"],
            one["metric"],
            _number(one["difference"]),
            _interval(one),
            level,
        )


def _gates(gates: Sequence[Mapping[str, Any]]) -> str:
    run = [gate for gate in gates if gate["result"] != "not_run"]
    rows = [(g["name"], g["candidate"], _result(g), g["evidence"]) for g in run]
    left = sorted({gate["name"] for gate in gates if gate["result"] == "not_run"})
    parts = [table(("gate", "model", "result", "measured"), rows)] if rows else []
    return "\n\n".join([*parts, *([f"Not run: {plain(', '.join(left))}."] if left else [])])


def _result(gate: Mapping[str, Any]) -> str:
    waiver = gate.get("waived_by")
    return f"{gate['result']}, waived by {waiver['by']}" if waiver else str(gate["result"])


def _data(report: Mapping[str, Any]) -> str:
    rows = report["data"]["rows"]
    counts = ", ".join(f"{rows[split]} {split}" for split in ("train", "validation", "test"))
    looks = report.get("looks") or {}
    look = f" Look {looks['number']} at the test set." if looks.get("number") else ""
    return f"Version `{report['data']['version']}`: {counts} rows.{look}"


def proof_section(proofs: Sequence[Proof]) -> str:
    """How far the files are from the model that was judged."""
    rows = [
        (
            proof.b,
            proof.a,
            f"{proof.greedy_equal} of {proof.prompts}",
            _number(proof.max_logit_diff),
            _number(proof.kl),
            f"{_number(proof.metric_a)} and {_number(proof.metric_b)}",
        )
        for proof in proofs
    ]
    heads = ("these files in", "judged", "answers equal", "largest log-prob. difference", "KL")
    text = (
        "The files were asked the same as the model that was judged, and published because they"
        " answer alike within their format's tolerance.\n\n"
    )
    return f"## Proof\n\n{text}{table((*heads, 'metric'), rows)}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _interval(one: Mapping[str, Any]) -> str:
    low, high = one.get("low"), one.get("high")
    return "-" if low is None or high is None else f"{low:.4g} to {high:.4g}"
