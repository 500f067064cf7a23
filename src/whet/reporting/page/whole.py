"""`report.html`: one file that a boss reads in a minute and an engineer can trust.

Self-contained: no script, no font, image or request from any other place; the policy in its
head forbids them. All text of data and models goes through `markup.element`, which escapes it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from whet.reporting import figures, words
from whet.reporting.inert import line
from whet.reporting.markup import Html, element, join
from whet.reporting.page import (
    background,
    costs,
    evidence,
    facts,
    failures,
    gates,
    judge,
    people,
    slices,
)
from whet.reporting.page.charts import axis, label, scale, sign, strip
from whet.reporting.page.parts import bullets, figure, mark, note
from whet.reporting.schema import Headline, Report
from whet.reporting.words import Reading

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'"
)

CONTENTS = (
    ("arms", "Arms"),
    ("comparisons", "Comparisons"),
    ("gates", "Gates"),
    ("slices", "Slices"),
    ("people", "People"),
    ("judge", "Judge"),
    ("failures", "Failures"),
    ("training", "Training"),
    ("choices", "Tried on validation"),
    ("data", "Data"),
    ("cost", "Length, time, cost"),
    ("repeat", "How to repeat it"),
)


def html(report: Report) -> str:
    """The whole page."""
    said = words.reading(report)
    body = element("body", _header(report, said), _contents(), _main(report), _footer(report))
    page = element("html", _head(report, said), body, lang="en")
    return f"<!doctype html>\n{page}\n"


@cache
def _style() -> Html:
    return Html(files("whet.reporting.page").joinpath("page.css").read_text(encoding="utf-8"))


def _head(report: Report, said: Reading) -> Html:
    title = f"{said.title} - {report['task'] or report['model']['name']}"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href="data:,"),
        element("title", line(title)),
        Html(f"<style>\n{_style()}</style>"),
    )


def _header(report: Report, said: Reading) -> Html:
    details = report["details"]
    restriction = f"({said.restriction})" if said.restriction else None
    nothing = details["nothing_trained"]
    return element(
        "header",
        element("p", _origin(report), class_="overline"),
        element("p", report["task"], class_="task") if report["task"] else None,
        element(
            "h1",
            sign(said.tone),
            element("span", said.title, " ", _restriction(restriction)),
            class_=said.tone,
        ),
        element("p", said.sentence, class_="lead"),
        _effect(details["headline"], details["margin"]),
        _lamps(report),
        _why(report),
        note(f"Nothing was trained: {nothing}") if nothing else None,
        note("The baseline is weak: no prompt was written.") if details["weak_prompt"] else None,
        element("p", words.look(report), class_="look"),
    )


def _restriction(said: str | None) -> Html | None:
    return element("span", said, class_="restriction") if said else None


def _origin(report: Report) -> str:
    created = report.get("created", "").replace("T", " ").replace("Z", " UTC")
    size = report["model"]["num_parameters"]
    known = f"{figures.parameters(size)} parameters" if size is not None else ""
    run = f"run {report['run']}" if report.get("run") else ""
    bits = "linear layers in 4 bits" if report["model"]["identity"].endswith("-nf4") else ""
    parts = ("whet report", run, created, report["model"]["name"], known, bits)
    return " \u00b7 ".join(part for part in parts if part)


def _effect(headline: Headline | None, margin: float) -> Html:
    if headline is None:
        return note("No two arms were compared, so there is no effect to show.")
    metric = headline["metric"]
    ends = headline["low"], headline["high"]
    on = scale([0.0, margin, headline["difference"], *ends])
    gain = element("p", figure(figures.gain(metric, headline["difference"])), class_="gain")
    interval = figure(figures.gain_span(metric, *ends))
    told = element(
        "p",
        element("strong", headline["a"]),
        " against ",
        element("strong", headline["b"]),
        f", {figures.label(metric)}",
        element("br"),
        f"{figures.confidence(headline['level'])} interval ",
        interval,
        element("br"),
        "margin ",
        figure(figures.margin(metric, margin)),
    )
    marks = [(0.0, "zero"), (margin, "margin")]
    drawn = strip(headline["difference"], *ends, on, marks, words.stands(headline, margin)[1])
    ticks = axis(on, lambda number: figures.tick(metric, number, signed=True))
    chart = element("div", label(on, margin, "margin"), drawn, ticks, class_="chart")
    return element("div", element("div", gain, told, class_="told"), chart, class_="effect")


def _lamps(report: Report) -> Html:
    lamps = report["details"]["lamps"]
    told = (
        ("automatic", lamps["automatic"]),
        ("human", lamps["human"]),
        ("regression", lamps["regression"]),
        ("safety", lamps["safety"]),
    )
    items = []
    for name, result in told:
        word, tone = words.outcome(result)
        about = element("small", words.LAMPS[name])
        items.append(element("li", element("b", name), mark(word, tone), about, class_=tone))
    return element("ul", items, class_="lamps", aria_label="Four kinds of evidence")


def _why(report: Report) -> Html:
    reasons = report["reasons"]
    return element(
        "div",
        element("div", element("h2", "Why"), bullets(reasons)) if reasons else None,
        element("div", element("h2", "What to do now"), element("p", report["next"]))
        if report["next"]
        else None,
        class_="why",
    )


def _contents() -> Html:
    links = [element("a", title, href=f"#{name}") for name, title in CONTENTS]
    return element("nav", links, aria_label="On this page")


def _main(report: Report) -> Html:
    sections = (
        evidence.arms(report),
        evidence.comparisons(report),
        gates.gates(report),
        slices.slices(report),
        people.people(report),
        judge.judge(report),
        failures.failures(report),
        background.training(report),
        background.choices(report),
        facts.data(report),
        costs.cost(report),
        facts.repeat(report),
    )
    return element("main", join(sections))


def _footer(report: Report) -> Html:
    version = report["details"]["repeat"]["whet"]
    return element(
        "footer",
        element(
            "p",
            f"Made by whet {version}. The figures are in report.json, every answer in samples/.",
        ),
    )
