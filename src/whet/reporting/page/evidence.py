"""The page's evidence: the arms and what was compared."""

from __future__ import annotations

from whet.reporting import figures, words
from whet.reporting.markup import Html, element, join
from whet.reporting.page.charts import Scale, axis, scale, strip
from whet.reporting.page.corpus import corpus_page
from whet.reporting.page.parts import (
    facts,
    figure,
    folded,
    mark,
    note,
    paragraph,
    quote,
    row,
    section,
    table,
)
from whet.reporting.page.untouched import untouched_page
from whet.reporting.schema import Comparison, Report
from whet.reporting.schema.details import Arm
from whet.reporting.words import Tone

KINDS = {"candidate": Tone.GOOD, "baseline": Tone.QUIET, "control": Tone.OPEN}


def arms(report: Report) -> Html:
    """Every arm with its error bar, metric by metric, and what each was shown."""
    metrics = words.metrics(report)
    if not metrics:
        return section("arms", "Arms", note("No arm has answered any item."))
    level = report["details"].get("arms_level")
    bars = f"The bars are {figures.confidence(level)} intervals." if level else ""
    apart = [arm for arm in words.arms(report, metrics[0]) if words.kind(report, arm) == "control"]
    return section(
        "arms",
        "Arms",
        [_measured(report, metric) for metric in metrics],
        note(f"{bars} Overlapping bars do not mean that two arms are equal: the comparisons tell."),
        note(_control(apart)) if apart else None,
        corpus_page(report),
        _shown(report),
    )


def _control(apart: list[str]) -> str:
    return (
        f"Control, set apart: {', '.join(apart)} copies the answer of the most similar training"
        " row. Where it does as well as an arm, look for leaks, or ask whether a model is needed."
    )


def _measured(report: Report, metric: str) -> Html:
    named = words.arms(report, metric)
    told = [report["arms"][arm][metric] for arm in named]
    on = scale([end for of in told for end in (of["value"], of["low"], of["high"])])
    rows = []
    for arm, of in zip(named, told, strict=True):
        kind = words.kind(report, arm)
        chosen = ", chosen" if arm == report["details"].get("use_arm") else ""
        rows.append(
            row(
                join(arm, element("small", f"{kind}{chosen}")),
                figure(figures.value(metric, of["value"])),
                join(
                    figure(figures.span(metric, of["low"], of["high"])),
                    element("small", figures.count(of["n"], "item")),
                ),
                strip(of["value"], of["low"], of["high"], on, tone=KINDS[kind]),
                class_=kind,
            )
        )
    primary = metric == report["details"]["primary"]
    title = element("h3", figures.label(metric), " (it decides)" if primary else None)
    heads = ("Arm", "Value", "Interval", "")
    return join(title, table(heads, rows, "charted", _foot(on, metric, gains=False)))


def _foot(on: Scale, metric: str, gains: bool) -> Html:
    def told(number: float) -> str:
        return figures.tick(metric, number, signed=gains)

    empty = [element("td") for _ in range(3)]
    return element("tr", empty, element("td", axis(on, told)), aria_hidden="true")


def _shown(report: Report) -> Html | None:
    described = report["details"]["arms"]
    if not described:
        return None
    prompts: dict[str, str] = {}
    for arm in described.values():
        if arm["prompt_text"]:
            prompts.setdefault(arm["prompt"], arm["prompt_text"])
    told = facts((name, _answering(arm)) for name, arm in described.items())
    texts = [join(element("h4", name), quote(said, 8000, 200)) for name, said in prompts.items()]
    return folded("What each arm was shown", told, texts)


def _answering(arm: Arm) -> Html:
    """What an arm was given, and how many of its answers were not made anew."""
    given = [f"prompt {arm['prompt']}" if arm["prompt"] else "no prompt"]
    if arm["few_shot"]:
        given.append(figures.count(arm["few_shot"], "example"))
    if arm["passages"]:
        given.append(figures.count(arm["passages"], "passage"))
    cached = f"{figures.count(arm['cached'], 'answer')} from the cache" if arm["cached"] else ""
    return join(", ".join(given), element("small", cached) if cached else None)


def comparisons(report: Report) -> Html:
    """Candidate minus baseline with zero and the margin drawn."""
    pairs = report["comparisons"]
    if not pairs:
        return section("comparisons", "Comparisons", note("No two arms were compared."))
    metrics = dict.fromkeys(pair["metric"] for pair in pairs)
    methods = ", ".join(dict.fromkeys(pair["method"] for pair in pairs))
    return section(
        "comparisons",
        "Comparisons",
        paragraph(
            "The first arm minus the second, on the same items. A gain counts when its whole bar"
            " lies beyond the margin, the dashed line."
        ),
        [_forest(report, metric) for metric in metrics],
        note(f"Intervals: {methods}."),
        untouched_page(report),
    )


def _forest(report: Report, metric: str) -> Html:
    details = report["details"]
    decides = metric == details["primary"]
    margin = details["margin"] if decides else 0.0
    pairs = [pair for pair in report["comparisons"] if pair["metric"] == metric]
    ends = [end for pair in pairs for end in (pair["low"], pair["difference"], pair["high"])]
    on = scale([0.0, margin, *ends])
    title = f"{figures.label(metric)}, margin {figures.margin(metric, margin)}"
    rows = [_compared(pair, on, margin, decides) for pair in pairs]
    heads = ("Arms", "Gain", "Interval", "")
    head = element("h3", title if decides else f"{figures.label(metric)} (does not decide)")
    return join(head, table(heads, rows, "charted forest", _foot(on, metric, gains=True)))


def _compared(pair: Comparison, on: Scale, margin: float, decides: bool) -> Html:
    metric = pair["metric"]
    stands, tone = words.stands(pair, margin) if decides else ("", Tone.QUIET)
    marks = [(0.0, "zero"), (margin, "margin")] if decides else [(0.0, "zero")]
    return row(
        join(pair["a"], " \u2212 ", pair["b"]),
        join(
            figure(figures.gain(metric, pair["difference"])),
            element("small", mark(stands, tone)) if stands else None,
        ),
        join(
            figure(figures.gain_span(metric, pair["low"], pair["high"])),
            element("small", f"at {figures.confidence(pair['level'])}"),
        ),
        strip(pair["difference"], pair["low"], pair["high"], on, marks, tone),
    )
