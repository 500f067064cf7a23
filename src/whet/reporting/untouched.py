"""The figures on test items that no training row touches, next to those on all of them."""

from __future__ import annotations

from collections.abc import Sequence

from whet.reporting import figures, words
from whet.reporting.grid import grid, paragraph
from whet.reporting.markup import Html, element, join
from whet.reporting.measures import Comparison, Measured, Untouched
from whet.reporting.parts import figure, note, row, table
from whet.reporting.schema import Report


def untouched_page(report: Report) -> Html | None:
    """A table for the page; None where no test item is touched."""
    apart = report["details"].get("untouched")
    if apart is None:
        return None
    head = element("h3", "Without what stands in training rows")
    told = note(_said(report, apart))
    if not apart["items"]:
        return join(head, told)
    rows = [row(name, figure(whole), figure(clean)) for name, whole, clean in _rows(report, apart)]
    return join(head, table(_heads(report, apart), rows), told)


def untouched_text(report: Report) -> str:
    """The same for a terminal; empty where no test item is touched."""
    apart = report["details"].get("untouched")
    if apart is None:
        return ""
    said = paragraph(_said(report, apart))
    if not apart["items"]:
        return said
    return f"{said}\n{grid(_heads(report, apart), _rows(report, apart), (1, 2))}"


def _said(report: Report, apart: Untouched) -> str:
    touched = figures.count(apart["touched"], "test item")
    stand = "stands" if apart["touched"] == 1 else "stand"
    given = f"{touched} {stand} in training rows, in other words or within a longer text."
    if not apart["items"]:
        return f"{given} No other item is left to judge."
    same = apart["verdict"] == report["verdict"]
    would = "the same" if same else f"{apart['verdict']}"
    clean = figures.count(apart["items"], "item")
    return f"{given} On the {clean} that no training row touches the verdict would be {would}."


def _heads(report: Report, apart: Untouched) -> Sequence[str]:
    whole = figures.count(report["looks"]["items"])
    return "", f"all {whole} items", f"the {figures.count(apart['items'])} untouched"


def _rows(report: Report, apart: Untouched) -> list[tuple[str, str, str]]:
    """A name, the figure on all items and that on the untouched, metric by metric."""
    found = []
    for metric in words.metrics(report):
        label = figures.label(metric)
        for arm in words.arms(report, metric):
            clean = apart["arms"].get(arm, {}).get(metric)
            whole = report["arms"][arm][metric]
            found.append((f"{arm}, {label}", _value(metric, whole), _value(metric, clean)))
    known = {(pair["a"], pair["b"], pair["metric"]): pair for pair in apart["comparisons"]}
    for pair in report["comparisons"]:
        other = known.get((pair["a"], pair["b"], pair["metric"]))
        name = f"{pair['a']} - {pair['b']}"
        found.append((name, _gain(pair), _gain(other) if other else "not compared"))
    return found


def _value(metric: str, told: Measured | None) -> str:
    if told is None:
        return "not scored"
    span = figures.span(metric, told["low"], told["high"])
    return f"{figures.value(metric, told['value'])} ({span})"


def _gain(pair: Comparison) -> str:
    metric = pair["metric"]
    span = figures.gain_span(metric, pair["low"], pair["high"])
    return f"{figures.gain(metric, pair['difference'])} ({span})"
