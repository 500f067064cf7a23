"""How large a micro-batch is and what of it is computed again, from the memory that is free.

A layer of width C, inner width I, Q and K query and key widths keeps for each token, in numbers:

    none       4 C      layer input, two norms, middle
               2 Q      query, attention output
               2 K      key, value
               4 I      gate, up, their product and the activation
               and the attention's weights
    mlp        the same without 4 I
    full       C
    offload    nothing

and, at any level, one layer at a time needs twice what `none` keeps. The plan is the fastest level
at which the longest row and an efficient micro-batch fit; the first step's peak corrects it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from whet.errors import TrainingError
from whet.training.recompute import LEVELS, Recompute, levels

SHARE = 0.6
"""Of the free memory, what a micro-batch may take."""
EFFICIENT_TOKENS = {"cpu": 256, "cuda": 2048}
"""Below, matrix products get slow. CPU: 256 to 4,096 tokens are within 5 %, 1,024 the fastest."""
MOST_TOKENS = {"cpu": 1024, "cuda": 32768}
LEAST_TOKENS = 64
HEAD_BYTES = {"cpu": 2**27, "cuda": 2**31}
ATTENDED = 128
MEASURABLE_BYTES = 2**27


@dataclass(frozen=True, slots=True)
class Plan:
    """Tokens a micro-batch and what is recomputed."""

    tokens_per_micro_batch: int
    recompute: Recompute
    reason: str


@dataclass(frozen=True, slots=True)
class Demand:
    """What has to fit.

    Attributes:
        free_bytes: for activations, after weights, gradients and optimizer.
        longest: tokens of the longest sequence, which is never cut.
        tokens: a micro-batch as set by the user, or None.
        recompute: a level as set by the user, or None.
    """

    free_bytes: int
    longest: int = 0
    tokens: int | None = None
    recompute: Recompute | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a step's largest micro-batch took, of what was free before."""

    num_tokens: int
    num_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Failure:
    """The row that did not fit; one of a single segment cannot be divided."""

    num_tokens: int
    can_be_divided: bool


def planned(model: Any, itemsize: int, demand: Demand, factor: float = 1.0) -> Plan:
    """The plan for a model whose numbers take `itemsize` bytes; see the module's text.

    `factor` is what was measured over what is estimated here.
    """
    kind = _kind(model)
    possible = (demand.recompute,) if demand.recompute else levels(model)
    needed = max(demand.longest, demand.tokens or EFFICIENT_TOKENS[kind])
    affordable = {
        level: int(
            (SHARE * demand.free_bytes - HEAD_BYTES[kind])
            / (factor * bytes_per_token(model.config, itemsize, level))
        )
        for level in possible
    }
    level = next((x for x in possible if affordable[x] >= needed), possible[-1])
    most = min(MOST_TOKENS[kind], max(affordable[level], LEAST_TOKENS))
    tokens = demand.tokens or 2 ** (most.bit_length() - 1)
    reason = (
        f"{demand.free_bytes / 1e9:.1f} GB free, room for "
        + ", ".join(f"{max(0, n):,} tokens with {x}" for x, n in affordable.items())
        + f"; {needed:,} must fit"
    )
    return Plan(tokens, level, reason)


def planned_again(
    model: Any, itemsize: int, demand: Demand, level: Recompute, seen: Seen
) -> Plan | None:
    """The plan by what a step at `level` took; None where it took too little to judge by."""
    head = HEAD_BYTES[_kind(model)]
    if seen.num_bytes < MEASURABLE_BYTES + head:
        return None
    estimated = seen.num_tokens * bytes_per_token(model.config, itemsize, level)
    factor = (seen.num_bytes - head) / estimated
    plan = planned(model, itemsize, demand, factor)
    return replace(plan, reason=f"{plan.reason}; measured {factor:.2f} of the estimate")


def bytes_per_token(config: Any, itemsize: int, level: Recompute) -> float:
    """What a token of a micro-batch takes, kept and in passing; without attention, no heads."""
    width = config.hidden_size
    inner = getattr(config, "intermediate_size", None) or 4 * width
    heads = getattr(config, "num_attention_heads", 0)
    head = getattr(config, "head_dim", None) or width // max(heads, 1)
    keys = (getattr(config, "num_key_value_heads", None) or heads) * head
    layer: int = 4 * width + 2 * heads * head + 2 * keys + 4 * inner + heads * ATTENDED
    norms = 2 * width * 4 if itemsize == 2 else 0  # norms compute, and keep, in float32
    kept: dict[Recompute, int] = {
        "none": itemsize * layer + norms,
        "mlp": itemsize * (layer - 4 * inner) + norms,
        "full": itemsize * width,
        "offload": 0,
    }
    num_layers: int = config.num_hidden_layers
    return num_layers * kept[level] + 2 * kept["none"]


def smaller(model: Any, tokens: int, level: Recompute, failure: Failure) -> tuple[int, Recompute]:
    """What to try after memory ran out: halves while they are efficient, then the next level.

    Halving costs next to nothing while products stay large, recomputing up to a third of the
    time, tiny rows more than that; so the order is halves, levels, halves.

    Raises:
        TrainingError: nothing is left to try.
    """
    halved = min(tokens, failure.num_tokens) // 2
    divides = failure.can_be_divided and halved >= LEAST_TOKENS // 2
    if divides and halved >= EFFICIENT_TOKENS[_kind(model)]:
        return halved, level
    above = [x for x in levels(model) if LEVELS.index(x) > LEVELS.index(level)]
    if above:
        return tokens, above[0]
    if divides:
        return halved, level
    raise TrainingError(
        f"out of memory with a row of {failure.num_tokens} tokens that cannot be divided, with "
        f"recompute {level}. Shorten the rows (train.max_length), choose a smaller model, or "
        "train.method=lora."
    )


def _kind(model: Any) -> str:
    return "cuda" if model.device.type == "cuda" else "cpu"
