"""The terminal's slices, and figures of whole sets of answers: what stands beside the means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whet.reporting import figures
from whet.reporting.corpus import CORPUS_NOTE, corpus_figures
from whet.reporting.schema import Report
from whet.reporting.terminal.grid import grid, paragraph


def corpus_text(report: Report) -> str:
    """The figures as a table; empty where no metric has one."""
    rows = list(corpus_figures(report, signatures=False))
    if not rows:
        return ""
    shown = grid(("arm", "figure", "value", ""), rows, (2,))
    return "\n".join(("All answers together", shown, paragraph(CORPUS_NOTE)))


def slices_text(report: Report) -> str:
    """The slices for a terminal; empty where none were asked for."""
    told = report["details"].get("slices")
    if not told:
        return ""
    heads = _heads(told)
    shown = grid(heads, _rows(told), tuple(range(1, len(heads))))
    said = (paragraph(f"Slices by {figures.label(told['metric'])}"), shown)
    return "\n".join((*said, paragraph(_worst(told)), paragraph(told["note"])))


def _name(entry: Mapping[str, Any]) -> str:
    return f"{entry['column']} = {entry['value']}"


def _arms(told: Mapping[str, Any]) -> list[str]:
    """The arms of a slice table's columns: the pair; all where there is none."""
    return list(told["pair"] or next(iter(told["rows"]), {"arms": {}})["arms"])


def _heads(told: Mapping[str, Any]) -> list[str]:
    pair = told["pair"]
    return [
        "slice",
        "items",
        *_arms(told),
        *([f"{pair[0]} - {pair[1]}", "interval"] if pair else []),
    ]


def _rows(told: Mapping[str, Any]) -> list[list[str]]:
    metric, found = told["metric"], []
    for entry in told["rows"]:
        values = [entry["arms"].get(arm) for arm in _arms(told)]
        cells = [figures.value(metric, of["value"]) if of else "unscored" for of in values]
        pair = entry["comparison"]
        if pair:
            span = figures.gain_span(metric, pair["low"], pair["high"])
            too_few = pair["low"] is None
            cells += [figures.gain(metric, pair["difference"]), "too few" if too_few else span]
        found.append([_name(entry), figures.count(entry["n"]), *cells])
    return found


def _worst(told: Mapping[str, Any]) -> str:
    if not told["lowest"]:
        return "No slice is large enough to be named the worst."
    arm = told["pair"][0] if told["pair"] else _arms(told)[0]
    said = f"Worst slice for {arm}: {told['lowest']}."
    lost = told["most_lost"]
    return f"{said} Least gained over {told['pair'][1]}: {lost}." if lost else said
