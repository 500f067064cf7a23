"""The figures on test items that no training row touches, next to those on all of them."""

from __future__ import annotations

from collections.abc import Sequence

from whet.reporting import figures, words
from whet.reporting.schema import Comparison, Measured, Report, Untouched


def said(report: Report, apart: Untouched) -> str:
    """How many items are touched, and what the verdict would be on the others."""
    touched = figures.count(apart["touched"], "test item")
    stand = "stands" if apart["touched"] == 1 else "stand"
    given = f"{touched} {stand} in training rows, in other words or within a longer text."
    if not apart["items"]:
        return f"{given} No other item is left to judge."
    same = apart["verdict"] == report["verdict"]
    would = "the same" if same else f"{apart['verdict']}"
    clean = figures.count(apart["items"], "item")
    return f"{given} On the {clean} that no training row touches the verdict would be {would}."


def heads(report: Report, apart: Untouched) -> Sequence[str]:
    """The headings of the table."""
    whole = figures.count(report["looks"]["items"])
    return "", f"all {whole} items", f"the {figures.count(apart['items'])} untouched"


def rows(report: Report, apart: Untouched) -> list[tuple[str, str, str]]:
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
