"""Which single fault would answer as the export does: for engines whose weights are not seen.

The judged model is given each fault in turn (no adapter, rsLoRA's scale missed, the adapter twice,
one layer left out) and the log-probabilities are compared again. A fault that brings the two
together, where nothing else does, is the cause.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from whet.artifacts.parity.causes import Cause
from whet.artifacts.parity.measures import Apart
from whet.engines.engine import Logprobs
from whet.engines.reference import Reference
from whet.models.lora import lora_modules

Forced = tuple[Sequence[int], Sequence[int], Logprobs]
"""A prompt, an answer to it, and what the export holds of every next token."""
EXPLAINS = 0.25
"""A fault explains a difference that it brings down to a quarter."""


def explain(judged: Reference, forced: Sequence[Forced], most: float) -> Cause | None:
    """The fault that explains what the export holds; None where none of those known does.

    Most of the difference has to go, and what is left is the smallest of all faults tried.
    """
    modules = lora_modules(judged.loaded.model)
    if not modules or not forced:
        return None
    before = _apart(judged, forced)
    found: list[tuple[float, Cause]] = []
    for cause, factors in _faults({name: module.rank for name, module in modules.items()}):
        with _scaled(judged, factors):
            found.append((_apart(judged, forced), cause))
    left, cause = min(found, key=lambda pair: pair[0])
    return cause if left <= max(most, EXPLAINS * before) and left < before else None


def _faults(ranks: Mapping[str, int]) -> Iterator[tuple[Cause, Mapping[str, float]]]:
    seen = "told by its log-probabilities"
    yield (
        Cause("adapter not merged", f"the export answers as the base without adapter ({seen})"),
        dict.fromkeys(ranks, 0.0),
    )
    roots = {name: math.sqrt(rank) for name, rank in ranks.items()}
    if max(roots.values()) > 1:
        yield (
            Cause("rsLoRA mis-scaled", f"alpha / rank for alpha / sqrt(rank) ({seen})"),
            {name: 1 / root for name, root in roots.items()},
        )
        yield Cause("rsLoRA mis-scaled", f"alpha / sqrt(rank) for alpha / rank ({seen})"), roots
    yield (
        Cause("adapter mis-scaled", f"the adapter acts twice ({seen})"),
        dict.fromkeys(ranks, 2.0),
    )
    for name in ranks:
        yield Cause("unmerged layer", f"{name} ({seen})"), {name: 0.0}


def _apart(judged: Reference, forced: Sequence[Forced]) -> float:
    apart = Apart()
    for index, (prompt, answer, scores) in enumerate(forced):
        apart.add(index, judged.logprobs(prompt, answer), scores)
    return apart.max_logit_diff


@contextmanager
def _scaled(judged: Reference, factors: Mapping[str, float]) -> Iterator[None]:
    """Within it the adapter of each layer named acts so many times as strongly."""
    modules = lora_modules(judged.loaded.model)
    before = {name: (modules[name].scale, modules[name].enabled) for name in factors}
    for name, factor in factors.items():
        modules[name].scale *= factor
        modules[name].enabled = factor != 0
    try:
        yield
    finally:
        for name, (scale, enabled) in before.items():
            modules[name].scale, modules[name].enabled = scale, enabled
