"""Gates: what must hold before anything ships. One file a gate; `gate.py` says what they share."""

from whet.evals.gates.ability import BeforeAfter, ability_gate, pooled_ability_gate
from whet.evals.gates.answers import (
    FORMAT_FLOOR,
    format_gate,
    format_items_wanted,
    latency_gate,
    percentile_interval,
)
from whet.evals.gates.claims import hallucination_gate
from whet.evals.gates.convergence import Curves, convergence_gate
from whet.evals.gates.forgetting import FORGETTING_MARGIN, forgetting_gate
from whet.evals.gates.gate import (
    ALWAYS,
    GATE_LEVEL,
    WHAT_TO_ADD,
    Gate,
    Waiver,
    collect,
    interval_numbers,
    not_run,
    waive,
    with_waiver,
    without_data,
)
from whet.evals.gates.general import general_gate
from whet.evals.gates.paired import items_for, smallest_margin
from whet.evals.gates.refusals import REFUSALS_MARGIN, refusals_gate
from whet.evals.gates.slices import slices_gate

__all__ = [
    "ALWAYS",
    "FORGETTING_MARGIN",
    "FORMAT_FLOOR",
    "GATE_LEVEL",
    "REFUSALS_MARGIN",
    "WHAT_TO_ADD",
    "BeforeAfter",
    "Curves",
    "Gate",
    "Waiver",
    "ability_gate",
    "collect",
    "convergence_gate",
    "forgetting_gate",
    "format_gate",
    "format_items_wanted",
    "general_gate",
    "hallucination_gate",
    "interval_numbers",
    "items_for",
    "latency_gate",
    "not_run",
    "percentile_interval",
    "pooled_ability_gate",
    "refusals_gate",
    "slices_gate",
    "smallest_margin",
    "waive",
    "with_waiver",
    "without_data",
]
