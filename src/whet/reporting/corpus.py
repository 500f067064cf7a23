"""Figures of whole sets of answers, and slices in the terminal: what stands beside the means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from whet.reporting import figures
from whet.reporting.grid import grid, paragraph
from whet.reporting.markup import Html, element, join
from whet.reporting.parts import figure, note, row, table
from whet.reporting.schema import Report

CORPUS_NOTE = (
    "Figures of all answers together are no means of items: they have no interval and decide"
    " nothing. BLEU and chrF are on sacrebleu's scale of 0 to 100."
)


def corpus_page(report: Report) -> Html | None:
    """A table for the page; None where no metric has such a figure."""
    rows = [row(arm, name, figure(value), about) for arm, name, value, about in _figures(report)]
    if not rows:
        return None
    heads = ("Arm", "Figure", "Value", "")
    return join(element("h3", "All answers together"), table(heads, rows), note(CORPUS_NOTE))


def corpus_text(report: Report) -> str:
    """The same for a terminal."""
    rows = list(_figures(report, signatures=False))
    if not rows:
        return ""
    shown = grid(("arm", "figure", "value", ""), rows, (2,))
    return "\n".join(("All answers together", shown, paragraph(CORPUS_NOTE)))


def _figures(report: Report, signatures: bool = True) -> Iterator[tuple[str, str, str, str]]:
    for arm, told in report["details"].get("corpus", {}).items():
        for name, values in told.items():
            main = values.get("value", values.get("f1"))
            left = {"value", "by_field", "" if signatures else "signature"}
            rest = {key: value for key, value in values.items() if key not in left}
            about = ", ".join(_said(key, value) for key, value in rest.items())
            shown = figures.plain(main) if figures.is_number(main) else ""
            yield arm, figures.label(name), shown, about
            for field, count in values.get("by_field", {}).items():
                parts = {key: count[key] for key in ("precision", "recall", "right", "missed")}
                said = ", ".join(_said(key, value) for key, value in parts.items())
                yield arm, f"field {field}", figures.plain(count["f1"]), said


def _said(key: str, value: Any) -> str:
    shown = figures.plain(value) if figures.is_number(value) else str(value)
    return f"{figures.label(key)} {shown}"


def slices_text(report: Report) -> str:
    """The slices for a terminal; empty where none were asked for."""
    told = report["details"].get("slices")
    if not told:
        return ""
    heads = _heads(told)
    shown = grid(heads, _rows(told), tuple(range(1, len(heads))))
    said = (f"Slices by {figures.label(told['metric'])}", shown)
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
