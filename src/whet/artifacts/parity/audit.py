"""The exported weights, tensor by tensor, against the judged ones: which layer is wrong, and how.

Prompts show that a model differs; its weights show where. What the judged model multiplies by is
rounded as the file rounds it, and what the file holds has to be that. Where an adapted layer is
something else, it is measured along the adapter's own change D of the weight W:

    c = <exported - W, D> / <D, D>      0: never merged   1: merged   1/sqrt(rank): rsLoRA missed

and what is left over, exported - W - c D, has low rank where another adapter was merged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from whet.artifacts.parity import rounding
from whet.artifacts.parity.seen_weights import Judged, Shipped
from whet.artifacts.parity.stored import Stored
from whet.engines.reference import HEAD

SUMMED_OTHERWISE = 4e-6
"""Of a tensor's largest value: what another order of summing W + scale B A may differ by."""
OFF_SHARE = 0.02
"""Of a tensor's values that may have been rounded to the neighbour: values that lie between."""
C_APART = 0.1
LOOSE_APART, CHANCES = 0.3, 5
"""For formats whose rounding is not known: how far c may lie from 1, and in standard errors."""
MAX_SVD = 4096


@dataclass(frozen=True, slots=True)
class Wrong:
    """A tensor that is not what it should be. `kind` is missing, shape, values or head.

    Of an adapted layer: `share` is c / the c that it should have; `rest` is how much of its change
    c does not explain, 0 to 1; `low_rank` whether that rest is of twice the adapter's rank at most.
    """

    name: str
    kind: str
    adapted: bool = False
    share: float | None = None
    rest: float = 0.0
    low_rank: bool = False
    rank: int = 0
    told: str = ""


def audit(judged: Judged, shipped: Shipped) -> Iterator[Wrong]:
    """Every tensor that is wrong, in the order of the model."""
    for name in judged.names():
        held = shipped.stored(name)
        if held is None:
            yield Wrong(name, "head" if name == HEAD else "missing")
            continue
        acting = judged.acting(name)
        if name == HEAD and acting.shape != held.values.shape:
            yield Wrong(name, "head", told=_shapes(acting, held))
        elif acting.numel() != held.values.numel() or acting.shape[0] != held.values.shape[0]:
            yield Wrong(name, "shape", told=_shapes(acting, held))
        elif (wrong := _compared(judged, name, acting, held)) is not None:
            yield wrong


def _shapes(acting: Tensor, held: Stored) -> str:
    return f"{tuple(acting.shape)} judged, {tuple(held.values.shape)} exported"


def _compared(judged: Judged, name: str, acting: Tensor, held: Stored) -> Wrong | None:
    values = held.values.reshape(acting.shape)
    if not bool(torch.isfinite(values).all()):
        return Wrong(name, "values", told="values that are not finite")
    base = judged.base(name)
    over = base if held.added and base is not None else None
    expected = _expected(acting, held.kind, over)
    beyond = over is None and _beyond(acting, values, held.kind)
    if not beyond and not _otherwise(expected, values, held.kind):
        is_loose = base is not None and not rounding.known(held.kind)
        return _of_another_share(judged, name, acting, values) if is_loose else None
    kind = "head" if name == HEAD else "values"
    apart = f"differs by up to {float((values - acting).abs().max()):.3g}"
    if base is None:
        return Wrong(name, kind, told=apart)
    found = _along_adapter(judged.rank(name), name, base, acting, expected, values)
    return Wrong(name, "values", True, told=apart) if beyond and found is None else found


def _of_another_share(judged: Judged, name: str, acting: Tensor, values: Tensor) -> Wrong | None:
    """A layer whose values pass by their length, but not by how much of the adapter is in them.

    Rounding hardly leans along the adapter's change, so its share shows where single values do not.
    """
    base = judged.base(name)
    assert base is not None, "asked of adapted layers"
    change = acting - base
    length = float(change.norm())
    if length == 0:
        return None
    share = float(((values - base) * change).sum()) / length**2
    chance = float((values - base - share * change).square().mean().sqrt()) / length
    if abs(share - 1) <= max(LOOSE_APART, CHANCES * chance):
        return None
    return Wrong(name, "values", True, share, rank=judged.rank(name))


def _expected(acting: Tensor, kind: str, over: Tensor | None) -> Tensor:
    """What the file should hold: the sum rounded, or the adapter over a base that is rounded."""
    if not rounding.known(kind):
        return acting
    if over is not None:
        return rounding.rounded(over, kind) + (acting - over)
    return rounding.rounded(acting, kind)


def _beyond(acting: Tensor, values: Tensor, kind: str) -> bool:
    """Whether any value lies further from its original than the format can move it."""
    most = rounding.bound(acting, kind)
    if most is None:
        return False
    slack = SUMMED_OTHERWISE * float(acting.abs().max())
    return bool(((values - acting).abs() > most * (1 + 1e-5) + slack).any())


def _otherwise(expected: Tensor, values: Tensor, kind: str) -> bool:
    """Whether more values than chance allows are not the ones that rounding gives.

    Formats whose rounding is not known here are judged by the whole tensor: K-quants choose scales
    of their own, but none moves a weight matrix by a third of its length.
    """
    if not rounding.known(kind):
        return float((values - expected).norm()) > float(expected.norm()) / 3
    slack = SUMMED_OTHERWISE * float(expected.abs().max())
    off = ((values - expected).abs() > slack).float().mean()
    return float(off) > OFF_SHARE


def _along_adapter(
    rank: int, name: str, base: Tensor, acting: Tensor, expected: Tensor, values: Tensor
) -> Wrong | None:
    change = acting - base
    length = float((change * change).sum())
    if length == 0:
        return Wrong(name, "values", True, told="differs where the adapter changes nothing")
    seen = float(((values - base) * change).sum()) / length
    wanted = float(((expected - base) * change).sum()) / length
    rest = values - base - seen * change
    noise = float((expected - acting).norm()) * 2 + SUMMED_OTHERWISE * float(base.norm())
    unexplained = max(0.0, float(rest.norm()) - noise) / max(float((values - base).norm()), 1e-30)
    share = seen / wanted if abs(wanted) > C_APART else seen
    if abs(share - 1) < C_APART and unexplained < C_APART:
        return None  # rounded by another rule, and merged
    return Wrong(
        name, "values", True, share, min(1.0, unexplained), _is_low(values - base, 2 * rank), rank
    )


def _is_low(change: Tensor, rank: int) -> bool:
    """Whether nearly all of a matrix is of no higher rank."""
    if change.dim() != 2 or min(change.shape) > MAX_SVD or min(change.shape) <= rank:
        return False
    energy = torch.linalg.svdvals(change) ** 2
    return float(energy[rank:].sum()) < 0.02 * float(energy.sum())
