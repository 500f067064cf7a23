"""What a report says, in sentences: the same ones on the terminal and on the page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from whet.evals.scorers.catalogue import Better, better
from whet.reporting import figures
from whet.reporting.schema import Comparison, Cost, Gate, Headline, Report, RunRow
from whet.reporting.schema.failures import Failures
from whet.types import Outcome


class Tone(StrEnum):
    """How news is meant. It colours, and is never the only sign."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"
    OTHER = "other"
    QUIET = "quiet"


OUTCOMES = {
    Outcome.PASS: ("pass", Tone.GOOD),
    Outcome.FAIL: ("fail", Tone.BAD),
    Outcome.INCONCLUSIVE: ("inconclusive", Tone.OPEN),
    Outcome.NOT_RUN: ("not run", Tone.QUIET),
}

LAMPS = {
    "automatic": "Do the metrics show a gain?",
    "human": "Do people prefer it, blind?",
    "regression": "Is general ability kept?",
    "safety": "Does it refuse as it should?",
}

TITLES = {
    "ship": ("Ship the tuned model", Tone.GOOD),
    "ship_with_rag": ("Ship the tuned model with retrieval", Tone.GOOD),
    "use_prompt": ("Use the prompt", Tone.OTHER),
    "use_few_shot": ("Use the prompt with examples", Tone.OTHER),
    "use_rag": ("Use the base model with retrieval", Tone.OTHER),
    "use_other": ("Use the other model", Tone.OTHER),
    "do_not_ship": ("Do not ship", Tone.BAD),
    "inconclusive": ("Not enough evidence", Tone.OPEN),
    None: ("No verdict", Tone.QUIET),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A verdict for people: a title, its restriction if it has one, and one sentence."""

    title: str
    restriction: str
    sentence: str
    tone: Tone


def reading(report: Report) -> Reading:
    """The verdict in plain words."""
    verdict = report["verdict"]
    title, tone = TITLES[verdict]
    if verdict == "use_other" and report["details"].get("use_arm"):
        title = f"Use {report['details'].get('use_arm')}"
    ships = verdict in ("ship", "ship_with_rag")
    unseen = ships and report["details"]["lamps"]["human"] == Outcome.NOT_RUN
    return Reading(title, "not reviewed by people" if unseen else "", _sentence(report), tone)


def verdict_word(report: Report) -> str:
    """The verdict as `report.json` spells it, with its restriction."""
    restriction = reading(report).restriction
    word = report["verdict"] or "no verdict"
    return f"{word} ({restriction})" if restriction else word


def _sentence(report: Report) -> str:
    verdict = report["verdict"]
    if verdict in ("ship", "ship_with_rag"):
        waived = any(gate["waived_by"] for gate in report["gates"])
        holds = "holds or was waived by a named person" if waived else "holds"
        return f"It beats every baseline by more than the margin, and every required gate {holds}."
    if verdict == "do_not_ship":
        return "Tuning wins on the task, but every winner fails a required gate."
    if verdict == "inconclusive":
        if report["details"]["nothing_trained"]:
            return "Nothing was trained. Whether tuning would help is open."
        return "What was measured does not settle whether tuning helps."
    if verdict is None:
        return "Only validation items were seen. A verdict takes a look at test items."
    if report["details"]["nothing_trained"]:
        return "Nothing was trained. This is the cheapest way that is as good as the best."
    return (
        "Tuning does not gain more than the margin."
        " This is the cheapest way that is as good as the best."
    )


def effect(headline: Headline | None, margin: float) -> str:
    """The headline with its interval, as one sentence."""
    if headline is None:
        return "No two arms were compared."
    metric = headline["metric"]
    return (
        f"{headline['a']} against {headline['b']}: {figures.gain(metric, headline['difference'])}"
        f" of {figures.label(metric)},"
        f" {_interval(metric, headline['low'], headline['high'], headline['level'])};"
        f" the margin is {figures.margin(metric, margin)}."
    )


def _interval(metric: str, low: float | None, high: float | None, level: float) -> str:
    if not (figures.is_number(low) and figures.is_number(high)):
        return "without an interval"
    return f"{figures.confidence(level)} interval {figures.gain_span(metric, low, high)}"


def look(report: Report) -> str:
    """Which items were judged, which look it was, and at what level it is read."""
    looks, split = report["looks"], report["details"]["split"]
    items = figures.count(looks["items"], f"{split} item")
    if looks["number"] is None:
        judged = f"Judged on {items}." if looks["items"] else "No item was judged."
        said = f"{judged} The test items were not looked at."
    else:
        said = f"Look {looks['number']} at {items}, read at level {looks['level']}."
    return f"{said} {looks['note']}".strip()


def stands(pair: Comparison | Headline, margin: float) -> tuple[str, Tone]:
    """Where the interval of a difference lies, with zero and the margin as marks."""
    low, high = pair["low"], pair["high"]
    if not (figures.is_number(low) and figures.is_number(high)):
        return "no interval", Tone.QUIET
    if low > margin:
        return "above the margin", Tone.GOOD
    if high < 0:
        return "worse", Tone.BAD
    if high < margin:
        return "below the margin", Tone.QUIET
    return "open", Tone.OPEN


def outcome(result: str) -> tuple[str, Tone]:
    """The word and tone of a gate's or a lamp's result."""
    return OUTCOMES[Outcome(result)]


def waiver(gate: Gate) -> str:
    """Who let a gate go, and why; empty where nobody did."""
    waived = gate["waived_by"]
    return f"Waived by {waived['by']}: {waived['reason']}" if waived else ""


def money(report: Report) -> list[str]:
    """What training and upkeep cost, and when cheaper answers have paid for them."""
    told = report["cost"]
    currency = told["currency"]
    if told["per_hour"] is None:
        return ["No price is given for this machine (cost.per_hour), so only time is known."]
    hourly = f"at {figures.money(told['per_hour'], currency)} an hour"
    if told["training"] is None:
        return [f"Nothing was spent on training; time is priced {hourly}."]
    said = [f"Training cost {figures.money(told['training'], currency)} {hourly}. {_pays(told)}"]
    upkeep, volume = told.get("upkeep_per_month"), told.get("payback_per_month")
    if upkeep is not None:
        kept = f"Upkeep takes {figures.money(upkeep, currency)} a month"
        pays = f": {figures.count(volume, 'answer')} a month pay for it." if volume else "."
        said.append(kept + pays)
    return said


def _pays(told: Cost) -> str:
    of = told.get("payback_of")
    against = f", as an answer of {of[0]} is cheaper than one of {of[1]}" if of else ""
    if told["payback_answers"] is not None:
        return f"It pays back after {figures.count(told['payback_answers'], 'answer')}{against}."
    if of is None or any(told["per_1000"].get(arm) is None for arm in of):
        return "Whether it pays back is not known."
    return f"It never pays back by cost alone: an answer of {of[0]} is no cheaper than {of[1]}'s."


CATEGORIES = {
    "empty": "empty",
    "loop": "repetition loop",
    "truncated": "truncated",
    "refusal": "refusal",
    "language": "wrong language",
    "persona": "off persona",
    "format": "format",
    "class": "wrong class",
    "hallucination": "hallucination",
    "near_miss": "near miss",
    "other": "other",
}


def category(name: str) -> str:
    """A kind of wrong answer in words."""
    return CATEGORIES.get(name, name)


def failed(told: Failures) -> str:
    """Whose failures, how many of how many, and what counts as wrong."""
    metric = figures.label(told["metric"])
    bar = "" if told["bar"] == 1 else f" (below {told['bar']:g})"
    unscored = figures.count(told["unscored"], "item")
    said = (
        f"{told['arm']} answered {told['wrong']} of {told['items']} validation items wrongly by"
        f" {metric}{bar}."
    )
    left = f" {unscored} could not be scored." if told["unscored"] else ""
    return f"{said}{left} Test items are not shown: whoever reads them has opened them."


def metrics(report: Report) -> list[str]:
    """Every metric of the report, the primary one first."""
    primary = report["details"]["primary"]
    names = {name: None for arm in report["arms"].values() for name in arm}
    return sorted(names, key=lambda name: name != primary)


def arms(report: Report, metric: str) -> list[str]:
    """Arms with this metric: candidates, baselines, controls; the best first within each."""
    order = {"candidate": 0, "baseline": 1, "control": 2}
    named = [arm for arm, measured in report["arms"].items() if metric in measured]

    def rank(arm: str) -> tuple[int, float]:
        number = report["arms"][arm][metric]["value"]
        sign = 1 if better(metric) is Better.LESS else -1
        return order[kind(report, arm)], sign * number if figures.is_number(number) else math.inf

    return sorted(named, key=rank)


def kind(report: Report, arm: str) -> str:
    """candidate, baseline or control; the control is known by its name where nothing is said."""
    described = report["details"]["arms"].get(arm)
    if described is None:
        return "control" if arm == "nearest" else "baseline"
    return described["kind"]


def run_row(run: str, verb: str, state: str, created: str, report: Report | None) -> RunRow:
    """One line of the list of runs, from what a run says of itself and its report if it has one."""
    headline = report["details"]["headline"] if report else None
    told = None
    if headline:
        metric = headline["metric"]
        told = f"{figures.gain(metric, headline['difference'])} [{_ends(headline)}]"
    verdict = verdict_word(report) if report else None
    return RunRow(run=run, verb=verb, state=state, created=created, verdict=verdict, effect=told)


def _ends(headline: Headline) -> str:
    return figures.gain_span(headline["metric"], headline["low"], headline["high"])
