"""A report on the terminal: verdict and effect first, then what they rest on.

80 columns, no colour, no control character: what is returned may be printed anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from whet.reporting import figures, words
from whet.reporting.schema import Report, RunRow
from whet.reporting.terminal.failures import failures_text
from whet.reporting.terminal.grid import bullets, grid, indent, paragraph
from whet.reporting.terminal.slices import corpus_text, slices_text
from whet.reporting.terminal.untouched import untouched_text
from whet.types import Outcome


def verdict_text(report: Report) -> str:
    """The report of a run, for a terminal."""
    parts = (
        _verdict(report),
        _titled("Why", bullets(report["reasons"])),
        *(_arms(report, metric) for metric in words.metrics(report)),
        _comparisons(report),
        untouched_text(report),
        slices_text(report),
        corpus_text(report),
        _gates(report),
        failures_text(report),
        _lamps(report),
        _looked(report),
        _time(report),
        _next(report),
    )
    return "\n\n".join(part for part in parts if part)


def _titled(title: str, body: str) -> str:
    return f"{title}\n{body}" if body else ""


def _verdict(report: Report) -> str:
    said = words.reading(report)
    details = report["details"]
    lines = [
        paragraph(f"{said.title.upper()} [{words.verdict_word(report)}]"),
        paragraph(words.effect(details["headline"], details["margin"])),
        paragraph(said.sentence),
    ]
    if details["nothing_trained"]:
        lines.append(paragraph(f"Nothing was trained: {details['nothing_trained']}"))
    if details["weak_prompt"]:
        lines.append(paragraph("The baseline is weak: no prompt was written."))
    return "\n".join(lines)


def _arms(report: Report, metric: str) -> str:
    rows = []
    for arm in words.arms(report, metric):
        of = report["arms"][arm][metric]
        rows.append(
            (
                arm,
                words.kind(report, arm),
                figures.value(metric, of["value"]),
                figures.span(metric, of["low"], of["high"]),
                figures.count(of["n"]),
            )
        )
    title = f"Arms by {metric}, {report['details']['split']} items"
    return _titled(
        paragraph(title), grid(("arm", "kind", "value", "interval", "items"), rows, (2, 3, 4))
    )


def _comparisons(report: Report) -> str:
    metrics = dict.fromkeys(pair["metric"] for pair in report["comparisons"])
    if not metrics:
        return "Comparisons\n  None were made."
    return "\n\n".join(_compared(report, metric) for metric in metrics)


def _compared(report: Report, metric: str) -> str:
    details = report["details"]
    decides = metric == details["primary"]
    rows = [
        (
            f"{pair['a']} - {pair['b']}",
            figures.gain(metric, pair["difference"]),
            figures.gain_span(metric, pair["low"], pair["high"]),
            figures.confidence(pair["level"]),
            words.stands(pair, details["margin"])[0] if decides else "not decisive",
        )
        for pair in report["comparisons"]
        if pair["metric"] == metric
    ]
    margin = f", margin {figures.margin(metric, details['margin'])}" if decides else ""
    heads = ("arms", "gain", "interval", "at", "it is")
    return _titled(paragraph(f"Comparisons by {metric}{margin}"), grid(heads, rows, (1, 2, 3)))


def _gates(report: Report) -> str:
    rows = [
        (
            gate["name"],
            gate["candidate"],
            words.outcome(gate["result"])[0],
            " ".join(part for part in (gate["evidence"], words.waiver(gate)) if part),
        )
        for gate in report["gates"]
        if gate["result"] != Outcome.NOT_RUN
    ]
    if not rows:
        return "Gates\n  None were run."
    shown = grid(("gate", "candidate", "result", "evidence"), rows, whole=(0, 1, 2))
    idle = {gate["name"] for gate in report["gates"] if gate["result"] == Outcome.NOT_RUN}
    told = f"Not named in the project, so not run: {', '.join(sorted(idle))}." if idle else ""
    return _titled("Gates", "\n".join(part for part in (shown, paragraph(told)) if part))


def _lamps(report: Report) -> str:
    told = [
        f"{name} {words.outcome(result)[0]}"
        for name, result in report["details"]["lamps"].items()
        if isinstance(result, str)
    ]
    return _titled("Lamps", indent(", ".join(told)))


def _looked(report: Report) -> str:
    return paragraph(words.look(report))


def _time(report: Report) -> str:
    time, cost = report["time"], report["cost"]
    stages = ", ".join(f"{name} {figures.duration(s)}" for name, s in time["stages"].items())
    text = f"Took {figures.duration(time['total_s'])}" + (f": {stages}." if stages else ".")
    if cost["per_hour"] is not None:
        text += " " + " ".join(words.money(report))
    return paragraph(text)


def _next(report: Report) -> str:
    return paragraph(f"Next: {report['next']}") if report["next"] else ""


def runs_table(rows: Sequence[RunRow]) -> str:
    """The runs of a project, in the order given; a sentence where there are none."""
    if not rows:
        return "No runs yet. `whet run` makes one."
    cells = [
        (
            row["run"],
            row["verb"],
            row["state"],
            row["created"].replace("T", " ").removesuffix("Z")[:16],
            row["verdict"] or "no report",
            row["effect"] or "",
        )
        for row in rows
    ]
    return grid(("run", "verb", "state", "made (UTC)", "verdict", "effect"), cells)
