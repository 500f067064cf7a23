"""The page's judge: what a model says of the answers, and how far people bear it out."""

from __future__ import annotations

from whet.reporting import figures
from whet.reporting.markup import Html, element, join
from whet.reporting.page.bars import share, split
from whet.reporting.page.parts import (
    bullets,
    facts,
    figure,
    folded,
    mark,
    note,
    paragraph,
    row,
    section,
    table,
    wide,
)
from whet.reporting.schema import Measured, Report
from whet.reporting.schema.judged import Calibration, Judge, JudgedPair
from whet.reporting.words import Tone

TITLE = "Judge"


def judge(report: Report) -> Html:
    """The judge's calibration first, then its scores and preferences; or that there is none."""
    told = report["details"].get("judge")
    if not told:
        return section("judge", TITLE, note("Not run: the project names no judge (judge.model)."))
    tone = Tone.GOOD if told["label"] == "calibrated" else Tone.OPEN
    return section(
        "judge",
        TITLE,
        paragraph(mark(told["label"], tone)),
        paragraph(
            f"{told['model']} judged {told['items']} of {figures.count(told['of'], 'item')}"
            f" ({told['split']}) by the rubric {told['rubric']}."
        ),
        _calibrations(told),
        _scores(told),
        [_pair(pair, _standing(told, "pairwise")) for pair in told["pairs"]],
        bullets(told["warnings"]) if told["warnings"] else None,
        _spent(told),
    )


def _calibrations(told: Judge) -> Html | None:
    if not told["calibrations"]:
        return None
    rows = [_calibration(kind, each) for kind, each in told["calibrations"].items()]
    heads = ("Calibration", "Kappa", "Agreement", "Labels")
    head = element("h3", "The judge against people")
    made = wide("The judge against people", table(heads, rows, "matrix"))
    return join(head, made, [_why(each) for each in told["calibrations"].values()])


def _calibration(kind: str, each: Calibration) -> Html:
    held = mark("decides", Tone.GOOD) if each["decides"] else mark("decides nothing", Tone.OPEN)
    return row(
        join(kind, element("small", held)),
        figure(_with_span(each["kappa"], percent=False)),
        figure(_with_span(each["agreement"])),
        figure(figures.count(each["labels"])),
    )


def _why(each: Calibration) -> Html:
    return note(" ".join(part for part in (each["why"], each["remedy"]) if part))


def _with_span(measured: Measured | None, percent: bool = True) -> str:
    """A figure with its interval: 71.0 % (62.1 to 78.4 %)."""
    if measured is None:
        return figures.UNKNOWN
    metric = "accuracy" if percent else None
    value = figures.value(metric, measured["value"])
    if measured["low"] is None:
        return value
    return f"{value} ({figures.span(metric, measured['low'], measured['high'])})"


def _scores(told: Judge) -> Html | None:
    if not told["scores"]:
        return None
    rows = []
    for arm, each in told["scores"].items():
        good = each["good"]["value"] if each["good"] else 0.0
        unscored = f"{each['unscored']:,} without a score" if each["unscored"] else ""
        rows.append(
            row(
                join(arm, element("small", unscored) if unscored else None),
                figure(_with_span(each["score"], percent=False)),
                join(figure(_with_span(each["good"])), share(good, 1.0, "good")),
                figure(_with_span(each["corrected"])),
            )
        )
    heads = ("Arm", f"Score, 1 to {told['scale']}", f"Good ({told['passing']} or more)",
             "Good, corrected")  # fmt: skip
    said = "Corrected: without the judge's errors, as far as people's labels tell them."
    made = wide("Scores", table(heads, rows, "matrix"))
    head = element("h3", "Scores ", _standing(told, "score"))
    return join(head, made, note(said))


def _standing(told: Judge, kind: str) -> Html:
    """What figures of a kind may do, said wherever they stand."""
    held = told["calibrations"].get(kind)
    if held is not None and held["decides"]:
        return mark("calibrated", Tone.GOOD)
    return mark("not calibrated: decides nothing", Tone.OPEN)


def _pair(pair: JudgedPair, standing: Html) -> Html:
    a, b = pair["a"], pair["b"]
    said = (
        f"{a} is better on {figures.count(pair['wins'], 'item')}, {b} on"
        f" {figures.count(pair['losses'])}, neither on {figures.count(pair['ties'])}"
        + (f" ({pair['same']:,} of them the same text)" if pair["same"] else "")
        + (f"; {pair['unscored']:,} without a verdict" if pair["unscored"] else "")
        + "."
    )
    pairs = [
        ("net preference", figure(_net(pair["preference"]))),
        ("the same at equal length", figure(_net(pair["controlled"]) if pair["controlled"]
                                            else pair["controlled_note"] or figures.UNKNOWN)),
        ("better, corrected", figure(_with_span(pair["corrected_wins"]))),
        ("the two orders differ", figure(_with_span(pair["flips"]))),
        ("for the answer shown first", figure(_with_span(pair["first_shown"]))),
        ("for the longer answer", figure(_with_span(pair["longer"]))),
        ("mean words", figure(f"{_words(pair['words_a'])} against {_words(pair['words_b'])}")),
    ]  # fmt: skip
    return join(
        element("h3", f"{a} against {b} ", standing),
        paragraph(said),
        split(pair["wins"], pair["ties"], pair["losses"]),
        facts(pairs),
    )


def _net(measured: Measured | None) -> str:
    """A preference from -1 to 1 in points."""
    if measured is None:
        return figures.UNKNOWN
    value = figures.gain("preference", measured["value"])
    if measured["low"] is None:
        return value
    return f"{value} ({figures.gain_span('preference', measured['low'], measured['high'])})"


def _words(number: float | None) -> str:
    return f"{number:,.0f}" if figures.is_number(number) else figures.UNKNOWN


def _spent(told: Judge) -> Html:
    unscored = ", ".join(f"{kind} {count:,}" for kind, count in told["unscored"].items())
    pairs = [
        ("judge", told["judge"]),
        ("questions asked", f"{told['asked']:,} now, {told['reused']:,} answered before"),
        ("spent at most", figures.money(told["spent"], told["currency"])),
        ("no verdict", unscored or "none"),
        ("names hidden in answers", figures.count(told["masked"])),
    ]
    shown = bullets(told["spot_check"]) if told["spot_check"] else None
    return folded("What was asked, and what to look at", facts(pairs), shown)
