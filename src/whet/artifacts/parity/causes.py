"""What is wrong, in the words of whoever has to mend it, worst first."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from whet.artifacts.parity.audit import C_APART, Wrong

NAMED = 3
ORDER = (
    "doubled BOS", "missing BOS", "added BOS", "wrong template", "another tokenizer",
    "another prompt", "refused prompt",
    "dropped stop token", "another stop token", "output head lost",
    "missing tensor", "wrong shape", "adapter not merged", "unmerged layer", "rsLoRA mis-scaled",
    "adapter mis-scaled", "swapped adapter", "other weights", "not finite", "other numbers",
    "not greedy", "another text", "another answer", "metric fell",
)  # fmt: skip
"""What explains the most stands first: a wrong template makes every answer another."""


@dataclass(frozen=True, slots=True)
class Cause:
    """`what` is the fault's name, `told` where it is and what was seen."""

    what: str
    told: str

    def __str__(self) -> str:
        return f"{self.what}: {self.told}"


def in_order(causes: Sequence[Cause]) -> str:
    """One line for each fault, what explains the others first; of the same fault the first."""
    first: dict[str, Cause] = {}
    count = Counter(cause.what for cause in causes)
    for cause in causes:
        first.setdefault(cause.what, cause)
    told = [first[what] for what in sorted(first, key=ORDER.index)]
    more = {what: f" ({n - 1} more of this kind)" for what, n in count.items() if n > 1}
    return "\n".join(f"{cause}{more.get(cause.what, '')}" for cause in told)


def cause_of(wrong: Sequence[Wrong], num_adapted: int) -> list[Cause]:
    """The faults of the weights; a fault of many layers is told once."""
    causes = []
    if heads := [w for w in wrong if w.kind == "head"]:
        told = heads[0].told or "the export has none"
        causes.append(Cause("output head lost", f"it is not the judged model's ({told})"))
    adapted = [w for w in wrong if w.adapted]
    causes += _of_adapter(adapted, num_adapted)
    for kind, what in (("missing", "missing tensor"), ("shape", "wrong shape")):
        if some := [w for w in wrong if w.kind == kind]:
            causes.append(Cause(what, _names(some)))
    if others := [w for w in wrong if w.kind == "values" and not w.adapted]:
        causes.append(
            Cause("other weights", f"{_names(others)}, which no adapter touches ({others[0].told})")
        )
    return causes


def _of_adapter(wrong: Sequence[Wrong], num_adapted: int) -> list[Cause]:
    causes = []
    kinds = {id(w): _kind(w) for w in wrong}
    by_kind = {kind: [w for w in wrong if kinds[id(w)] == kind] for kind in ("0", "c", "low", "?")}
    if none := by_kind["0"]:
        whole = len(none) == num_adapted
        told = "in no layer" if whole else f"not in {_names(none)} ({len(none)} of {num_adapted})"
        what = "adapter not merged" if whole else "unmerged layer"
        causes.append(Cause(what, f"the adapter is {told}; the base's weights are there"))
    if scaled := by_kind["c"]:
        causes.append(_mis_scaled(scaled))
    if low := by_kind["low"]:
        causes.append(Cause("swapped adapter", f"another adapter's change is in {_names(low)}"))
    if rest := by_kind["?"]:
        causes.append(Cause("other weights", f"neither base nor merge is in {_names(rest)}"))
    return causes


def _kind(wrong: Wrong) -> str:
    if wrong.share is None:
        return "?"
    if wrong.rest >= C_APART:
        return "low" if wrong.low_rank else "?"
    return "0" if abs(wrong.share) < C_APART else "c"


def _mis_scaled(wrong: Sequence[Wrong]) -> Cause:
    share = Counter(round(w.share or 0.0, 2) for w in wrong).most_common(1)[0][0]
    root = math.sqrt(max(w.rank for w in wrong))
    told = f"{_names(wrong)} hold {share:g} times the adapter's change"
    if root > 1 and math.isclose(share, 1 / root, rel_tol=0.1):
        told += "; alpha / rank was taken for rsLoRA's alpha / sqrt(rank)"
        return Cause("rsLoRA mis-scaled", told)
    if math.isclose(share, 2, rel_tol=0.1):
        told += "; it was merged twice" + " or scaled by 1 / sqrt(rank)" * (root == share)
        return Cause("adapter mis-scaled", told)
    if root > 1 and math.isclose(share, root, rel_tol=0.1):
        told += "; alpha / sqrt(rank) was taken for alpha / rank"
        return Cause("rsLoRA mis-scaled", told)
    return Cause("adapter mis-scaled", told)


def _names(wrong: Sequence[Wrong]) -> str:
    named = ", ".join(w.name.removesuffix(".weight") for w in wrong[:NAMED])
    return named + (f" and {len(wrong) - NAMED} more" if len(wrong) > NAMED else "")
