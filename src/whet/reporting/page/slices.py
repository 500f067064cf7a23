"""The page's slices: every arm on each part of the items, where a candidate gains or loses."""

from __future__ import annotations

from whet.reporting import figures
from whet.reporting.markup import Html, element, join
from whet.reporting.page.charts import axis, scale, strip
from whet.reporting.page.parts import figure, note, paragraph, row, section, table, wide
from whet.reporting.schema import Report
from whet.reporting.schema.slices import Slice, Slices

TITLE = "Slices"


def slices(report: Report) -> Html:
    """The slices that the project names, or a sentence where it names none."""
    told = report["details"].get("slices")
    if not told or not told["rows"]:
        return section("slices", TITLE, note("Not run: the project names no slices (eval.slices)."))
    return section(
        "slices",
        TITLE,
        _worst(told),
        _means(told),
        _gains(told),
        note(told["note"]) if told["note"] else None,
    )


def _worst(told: Slices) -> Html | None:
    if not told["lowest"]:
        return None
    first = told["pair"][0] if told["pair"] else "the first arm"
    lost = f" It falls furthest behind on {told['most_lost']}." if told["most_lost"] else ""
    return paragraph(f"{first} scores least on {told['lowest']}.{lost}")


def _means(told: Slices) -> Html:
    arms = list(told["rows"][0]["arms"])
    rows = [
        row(
            join(_name(each), element("small", figures.count(each["n"], "item"))),
            *(figure(_mean(told, each, arm)) for arm in arms),
        )
        for each in told["rows"]
    ]
    title = f"{figures.label(told['metric'])} by slice"
    made = table(("Slice", *arms), rows, "matrix counts")
    return join(element("h3", title), wide(title, made))


def _mean(told: Slices, each: Slice, arm: str) -> str:
    measured = each["arms"].get(arm)
    return figures.value(told["metric"], measured["value"]) if measured else "not scored"


def _name(each: Slice) -> str:
    return each["column"] if each["value"] == "yes" else f"{each['column']} = {each['value']}"


def _gains(told: Slices) -> Html | None:
    pair = told["pair"]
    compared = [each for each in told["rows"] if each["comparison"]]
    if not pair or not compared:
        return None
    gains = [each["comparison"] for each in compared if each["comparison"]]
    on = scale([0.0, *(end for g in gains for end in (g["difference"], g["low"], g["high"]))])
    rows = []
    for each, gain in zip(compared, gains, strict=True):
        few = "too few to compare" if gain["low"] is None else ""
        span = few or figures.gain_span(told["metric"], gain["low"], gain["high"])
        rows.append(
            row(
                join(_name(each), element("small", figures.count(each["n"], "item"))),
                figure(figures.gain(told["metric"], gain["difference"])),
                figure(span),
                strip(gain["difference"], gain["low"], gain["high"], on, [(0.0, "zero")]),
            )
        )
    foot = element(
        "tr",
        [element("td") for _ in range(3)],
        element("td", axis(on, lambda n: figures.tick(told["metric"], n, signed=True))),
        aria_hidden="true",
    )
    title = f"{pair[0]} \u2212 {pair[1]} by slice"
    heads = ("Slice", "Gain", "Interval", "")
    said = (
        f"All intervals hold at once at {figures.confidence(told['level'])}: each is read at"
        f" {figures.confidence(told['each_level'])}."
    )
    return join(element("h3", title), table(heads, rows, "charted", foot), note(said))
