"""The page's people: blind votes, how far raters agree, and whose votes deserve a look."""

from __future__ import annotations

from collections.abc import Sequence

from whet.reporting import figures
from whet.reporting.markup import Html, element, join
from whet.reporting.page.bars import split
from whet.reporting.page.charts import axis, scale, strip
from whet.reporting.page.parts import (
    bullets,
    facts,
    figure,
    mark,
    note,
    paragraph,
    row,
    section,
    table,
    wide,
)
from whet.reporting.schema import Measured, Report
from whet.reporting.schema.people import Rater, Review, Tally
from whet.reporting.words import Tone

TITLE = "People"
METRIC = "preference"


def people(report: Report) -> Html:
    """Every blind review, or a sentence where nobody has compared answers."""
    told = report["details"].get("review")
    if not told:
        said = "Not run: nobody has compared answers blind (whet review RUN --arms A,B)."
        return section("people", TITLE, note(said))
    return section("people", TITLE, [_review(review) for review in told])


def _review(review: Review) -> Html:
    votes = f"{review['done']:,} of {figures.count(review['asked'], 'vote')} are in"
    early = ", closed early" if review["closed_early"] else ""
    open_ = None if review["is_over"] else mark("results are read when all votes are in", Tone.OPEN)
    return join(
        element("h3", f"Review {review['name']}"),
        paragraph(f"{figures.count(review['items'], 'item')}, {votes}{early}."),
        paragraph(open_) if open_ else None,
        [_tally(tally) for tally in review["tallies"]],
        _agreement(review),
        _raters(review["raters"]),
        _suspects(review),
    )


def _tally(tally: Tally) -> Html:
    a, b = tally["a"], tally["b"]
    same = f" ({tally['identical']:,} of them equal answers)" if tally["identical"] else ""
    bad = tally["both_bad"]
    both = f" {100 * bad:.0f} % of the votes call both bad." if figures.is_number(bad) else ""
    return join(
        element("h4", f"{a} against {b}, blind"),
        paragraph(
            f"{a} is better on {figures.count(tally['wins'], 'item')}, {b} on"
            f" {figures.count(tally['losses'])}, neither on {figures.count(tally['ties'])}{same}."
            f"{both}"
        ),
        split(tally["wins"], tally["ties"], tally["losses"]),
        _net(tally["net"]),
    )


def _net(net: Measured | None) -> Html:
    if net is None:
        return note("No preference can be told.")
    on = scale([0.0, net["value"], net["low"], net["high"]])
    said = (
        f"Net preference {figures.gain(METRIC, net['value'])}"
        f" ({figures.gain_span(METRIC, net['low'], net['high'])})"
    )
    ticks = axis(on, lambda number: figures.tick(METRIC, number, signed=True))
    drawn = strip(net["value"], net["low"], net["high"], on, [(0.0, "zero")])
    return join(note(said), element("div", drawn, ticks, class_="chart"))


def _agreement(review: Review) -> Html:
    pairs = [
        ("Krippendorff's alpha", figure(_with_span(review["alpha"]))),
        ("Cohen's kappa", figure(_with_span(review["kappa"]))),
        ("compared twice or more", figure(figures.count(review["compared"]))),
        ("raters differ on", figure(figures.count(review["disagreements"]))),
    ]
    return join(element("h4", "How far they agree"), facts(pairs))


def _with_span(measured: Measured | None) -> str:
    if measured is None:
        return "cannot be told"
    value = figures.plain(measured["value"])
    if measured["low"] is None:
        return value
    return f"{value} ({figures.span(None, measured['low'], measured['high'])})"


def _raters(raters: Sequence[Rater]) -> Html | None:
    if not raters:
        return None
    rows = [
        row(
            each["name"],
            figure(f"{each['done']:,} of {each['asked']:,}"),
            figure(_share(each["with_majority"])),
            figure(_share(each["consistent"])),
        )
        for each in raters
    ]
    heads = ("Rater", "Votes", "As most others", "As before")
    return wide("Raters", table(heads, rows, "matrix counts"))


def _share(value: float | None) -> str:
    return f"{100 * value:.0f} %" if figures.is_number(value) else "not known"


def _suspects(review: Review) -> Html | None:
    if not review["suspects"]:
        return None
    named = [f"{each['rater']}: {each['words']}" for each in review["suspects"]]
    without = [_without(tally) for tally in review["without_suspects"]]
    return join(
        element("h4", "Votes that deserve a look"),
        bullets(named),
        [note(said) for said in without],
    )


def _without(tally: Tally) -> str:
    net = tally["net"]
    told = figures.gain(METRIC, net["value"]) if net else "no preference"
    return f"Without these raters {tally['a']} against {tally['b']}: {told}."
