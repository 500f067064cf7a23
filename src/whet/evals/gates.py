"""Gates: what must hold before anything ships, each pass, fail or inconclusive.

A gate answers "is it shown not to be worse than tolerated?". Data that cannot tell give
`inconclusive`, and an inconclusive required gate never ships. All gates must hold (AND), so each
is read at its full level: the chance to ship while one of them does not hold is at most the error
of that one (intersection-union, Berger 1982).

`forgetting` is always required; another gate is required when it is named in the project, and
said to be not run when it is not. A person may waive an inconclusive gate by name and reason.
Nobody may waive a failed one: who disagrees with a margin changes it in the open.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from whet.errors import ConfigError
from whet.stats.noninferiority import below, mirrored
from whet.stats.proportions import wilson
from whet.types import Interval, Outcome

GATE_LEVEL = 0.05
FORMAT_FLOOR = 0.95
ALWAYS = "forgetting"

WHAT_TO_ADD = {
    "forgetting": "Measure the loss on fixed general text before and after training.",
    "ability": "Add answers to one general benchmark before and after training.",
    "refusals": (
        "Add gates.refusals.cases: a JSONL file of {prompt, harmful}, with harmful and harmless"
        " ones, some 100 of each."
    ),
    "format": "State the form under gates.format: a regex or json_keys.",
    "latency": "Add gates.latency.p95_ms and answer at least 80 items.",
    "human": "Have people compare answers: whet review RUN --arms A,B.",
}
"""The gates whet knows, in the order of the report, and what each needs to be judged."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """Who let an inconclusive gate pass, and why."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gate:
    """The result of one check on one candidate.

    `evidence` is a sentence with the numbers in it, `numbers` the same for programs, `remedy`
    what to do about a gate that does not pass.
    """

    name: str
    result: Outcome
    evidence: str
    numbers: Mapping[str, Any] = field(default_factory=dict)
    required: bool = True
    waived_by: Waiver | None = None
    remedy: str = ""
    arm: str = ""

    @property
    def holds(self) -> bool:
        """Whether this gate lets its candidate ship."""
        waived = self.waived_by is not None and self.result is not Outcome.FAIL
        return not self.required or self.result is Outcome.PASS or waived

    @property
    def fails(self) -> bool:
        """Whether this gate forbids shipping, whatever else is found out."""
        return self.required and self.result is Outcome.FAIL

    def to_json(self) -> dict[str, Any]:
        """Plain values for the report."""
        waived = self.waived_by
        return {
            "name": self.name,
            "arm": self.arm,
            "result": self.result.value,
            "evidence": self.evidence,
            "numbers": dict(self.numbers),
            "required": self.required,
            "waived_by": {"by": waived.by, "reason": waived.reason} if waived else None,
            "remedy": self.remedy,
        }


def interval_numbers(interval: Interval) -> dict[str, Any]:
    """An interval as the numbers of a gate."""
    return {
        "value": interval.value,
        "low": interval.low,
        "high": interval.high,
        "n": interval.n,
        "level": interval.level,
        "method": interval.method,
    }


def collect(named: Collection[str], found: Mapping[str, Gate], arm: str = "") -> list[Gate]:
    """All gates of one candidate: those judged, those named without data, those not run.

    Args:
        named: Gates that the project names; `forgetting` is added.
        found: Gates that were judged, by name.
        arm: The candidate they belong to.
    """
    required = {ALWAYS, *named}
    order = [*WHAT_TO_ADD, *sorted((required | set(found)) - set(WHAT_TO_ADD))]
    gates = []
    for name in order:
        gate = found.get(name) or (without_data(name) if name in required else not_run(name))
        gates.append(replace(gate, arm=arm, required=name in required))
    return gates


def without_data(name: str, arm: str = "") -> Gate:
    """A gate that is required and has nothing to be judged by."""
    remedy = WHAT_TO_ADD.get(name, f"Add what gates.{name} is to be judged by.")
    return Gate(name, Outcome.INCONCLUSIVE, "There is no data for it.", remedy=remedy, arm=arm)


def not_run(name: str, arm: str = "") -> Gate:
    """A gate that nobody asked for: it says so, and asks for nothing."""
    evidence = f"Not run: gates.{name} is not named in the project."
    return Gate(name, Outcome.NOT_RUN, evidence, required=False, arm=arm)


def waive(gates: Sequence[Gate], name: str, by: str, reason: str) -> list[Gate]:
    """The gates with the inconclusive ones of that name waived.

    Raises:
        ConfigError: No name or reason is given, there is no such gate, or it is not inconclusive.
    """
    if not by.strip() or not reason.strip():
        raise ConfigError(f"Waiving {name} needs a name and a reason: both are recorded.")
    same = [gate for gate in gates if gate.name == name]
    if not same:
        known = ", ".join(sorted({gate.name for gate in gates})) or "none"
        raise ConfigError(f"There is no gate {name!r} to waive. Gates of this run: {known}.")
    if not any(gate.result is Outcome.INCONCLUSIVE for gate in same):
        found = " and ".join(sorted({gate.result.value for gate in same}))
        raise ConfigError(
            f"{name}: only an inconclusive gate can be waived; this one says {found}. Whoever"
            f" disagrees with its margin changes it under gates.{name}, where all can see it."
        )
    waiver = Waiver(by.strip(), reason.strip())
    return [
        replace(gate, waived_by=waiver)
        if gate.name == name and gate.result is Outcome.INCONCLUSIVE
        else gate
        for gate in gates
    ]


def format_gate(
    values: Sequence[float | None], *, floor: float = FORMAT_FLOOR, level: float = GATE_LEVEL
) -> Gate:
    """Whether the share of answers in the stated form is at least `floor`.

    Against a floor rather than against the baselines: the program that reads the answers breaks
    on every wrong one, whoever else gets it wrong too. Pass when Wilson's lower end reaches the
    floor, fail when the upper end is below it. With every answer in form, a floor of 0.95 needs
    73 answers at level 0.05 (`format_items_wanted`).
    """
    scored = [value for value in values if value is not None]
    if not scored:
        return without_data("format")
    share = wilson(sum(scored), len(scored), level)
    outcome = below(mirrored(share), -floor + 1e-12)
    wanted = format_items_wanted(floor, level)
    remedy = {
        Outcome.FAIL: "Train on answers in the form, rank a closed set (generate.choices: auto),"
        " or constrain decoding where the model is served.",
        Outcome.INCONCLUSIVE: f"Answer more test items: at least {wanted} if all are in form.",
    }.get(outcome, "")
    evidence = (
        f"{sum(scored):.0f} of {len(scored)} answers are in form (interval {share.low:.1%} to"
        f" {share.high:.1%}; the lower end has to reach {floor:.1%})."
    )
    return Gate(
        "format", outcome, evidence, interval_numbers(share) | {"floor": floor}, True, None, remedy
    )


def format_items_wanted(floor: float = FORMAT_FLOOR, level: float = GATE_LEVEL) -> int | None:
    """How many answers, all in form, would pass; None for a floor of 1, which none would."""
    if floor >= 1:
        return None
    from whet.stats.proportions import normal_quantile

    # With k = n, Wilson's lower end is n / (n + z^2).
    return math.ceil(normal_quantile(level) ** 2 * floor / (1 - floor) - 1e-9)


def latency_gate(seconds: Sequence[float], *, p95_ms: float, level: float = GATE_LEVEL) -> Gate:
    """Whether the 95th percentile of the time per answer is shown to be within the bound."""
    if not seconds:
        return without_data("latency")
    found = percentile_interval([1000 * value for value in seconds], 0.95, level)
    outcome = below(found, p95_ms)
    low = "?" if found.low is None else f"{found.low:.0f}"
    high = "?" if found.high is None else f"{found.high:.0f}"
    evidence = (
        f"95 % of {found.n} answers came within {found.value:.0f} ms (interval {low} to {high} ms;"
        f" the bound is {p95_ms:.0f} ms)."
    )
    remedy = {
        Outcome.FAIL: "Shorten the prompt or the answers, or serve a smaller or quantised model.",
        Outcome.INCONCLUSIVE: "Time more answers: an upper end needs about 80.",
    }.get(outcome, "")
    return Gate(
        "latency",
        outcome,
        evidence,
        interval_numbers(found) | {"p95_ms": p95_ms},
        True,
        None,
        remedy,
    )


def percentile_interval(values: Sequence[float], share: float, level: float) -> Interval:
    """A percentile with the interval between two order statistics; no shape is assumed.

    Of n values, how many lie below the true percentile is binomial(n, share). An end is None
    where the sample is too small to have one: the upper end of a 95th percentile needs 72 values
    at level 0.05. Source: Conover 1999, Practical Nonparametric Statistics, section 3.2.
    """
    from scipy.special import bdtr

    ranked, n = sorted(values), len(values)
    value = ranked[max(0, math.ceil(share * n - 1e-9) - 1)]
    # bdtr(k, n, p) = P(at most k of n are below the percentile).
    low = max((i for i in range(n) if bdtr(i, n, share) <= level / 2), default=None)
    high = min((i for i in range(n) if bdtr(i, n, share) >= 1 - level / 2), default=None)
    return Interval(
        value,
        None if low is None else ranked[low],
        None if high is None else ranked[high],
        n,
        level,
        "order-statistics",
    )
