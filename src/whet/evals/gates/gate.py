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

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from whet.errors import ConfigError
from whet.types import Interval, Outcome

GATE_LEVEL = 0.05
ALWAYS = "forgetting"

WHAT_TO_ADD = {
    "forgetting": "Measure the loss on fixed general text before and after training.",
    "convergence": "Train with a validation set: data.split.validation: 0.1.",
    "ability": (
        "Name local files: gates.ability: {mmlu: FOLDER, gsm8k: FILE, ifeval: FILE}"
        " (docs/gates.md says where they come from)."
    ),
    "general": (
        "Add gates.general.questions: a file of your own general questions with their answers, some"
        " 200 of them."
    ),
    "refusals": (
        "Add gates.refusals.cases: files with harmful and harmless prompts, some 200 of each:"
        " XSTest and HarmBench as they are published, or JSONL of {prompt, harmful}."
    ),
    "hallucination": (
        "Put the metric of gates.hallucination.metric under eval.metrics: [..., no_hallucination]."
    ),
    "slices": "Name the slices under eval.slices.",
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
    return with_waiver(gates, name, Waiver(by.strip(), reason.strip()))


def with_waiver(gates: Sequence[Gate], name: str, waiver: Waiver) -> list[Gate]:
    """The gates with a recorded waiver, which counts where its gate is still inconclusive."""
    return [
        replace(gate, waived_by=waiver)
        if gate.name == name and gate.result is Outcome.INCONCLUSIVE
        else gate
        for gate in gates
    ]
