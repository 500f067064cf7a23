"""The page's length, time and money: what an answer takes by arm, and whether training pays."""

from __future__ import annotations

from whet.reporting import figures, words
from whet.reporting.markup import Html, element, join
from whet.reporting.page.bars import share
from whet.reporting.page.parts import figure, note, paragraph, row, section, table, wide
from whet.reporting.schema import Report
from whet.reporting.schema.details import Arm

TITLE = "Length, time, cost"


def cost(report: Report) -> Html:
    """What answers and training take, and where the time went."""
    return section("cost", TITLE, _answers(report), _money(report), _time(report))


def _answers(report: Report) -> Html | None:
    """One row an arm: tokens read and written, time, money."""
    told = report["details"]["arms"]
    if not told:
        return None
    rows = [
        row(
            arm,
            figure(_mean(of["num_prompt_tokens_mean"])),
            figure(_mean(of["num_output_tokens_mean"])),
            figure(_latency(of)),
            figure(_price(report, arm)),
        )
        for arm, of in told.items()
    ]
    title = "What an answer takes, by arm"
    heads = ("Arm", "Tokens read", "written", "Median and 95 %", "1,000 answers")
    made = table(heads, rows, "matrix counts")
    said = "Mean tokens an answer. Times are of answers in batches on this machine."
    return join(element("h3", title), wide(title, made), note(said))


def _mean(number: float | None) -> str:
    return f"{number:,.0f}" if figures.is_number(number) else figures.UNKNOWN


def _latency(arm: Arm) -> str:
    latency = arm["latency_ms"]
    if latency is None:
        return "not timed"
    return f"{figures.milliseconds(latency['p50'])}, {figures.milliseconds(latency['p95'])}"


def _price(report: Report, arm: str) -> str:
    amount = report["cost"]["per_1000"].get(arm)
    return "no price" if amount is None else figures.money(amount, report["cost"]["currency"])


def _money(report: Report) -> Html:
    return join(
        [paragraph(said) for said in words.money(report)],
        note(report["cost"]["note"]) if report["cost"]["note"] else None,
    )


def _time(report: Report) -> Html:
    time = report["time"]
    total = time["total_s"]
    longest = max((s for s in time["stages"].values() if figures.is_number(s)), default=0.0)
    rows = [
        row(name, figure(figures.duration(seconds)), share(seconds, longest))
        for name, seconds in time["stages"].items()
    ]
    head = element("h3", "Time by stage, ", figure(figures.duration(total)), " in all")
    return join(head, table(("Stage", "Time", ""), rows, "stages") if rows else None)
