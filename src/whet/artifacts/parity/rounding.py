"""What a format does to numbers: the nearest value that it holds, as float32 again.

    F16, BF16           each number by itself: 11 and 8 significant bits
    Q8_0                blocks of 32 along a row, q * d with d = f16(max |x| / 127)
    Q4_0                blocks of 32, (q - 8) * d with d = f16(x / -8), x the largest by size
    U2 ... U7           blocks of 32, n bits evenly spaced: what K-quants of n bits improve on

The first four are as llama.cpp and the package `gguf` compute them (ggml-quants.c, quants.py).
"""

from __future__ import annotations

import torch
from torch import Tensor

BLOCK = 32
SIGNIFICANT_BITS = {"F16": 11, "BF16": 8}
SMALLEST_F16 = 2.0**-24
EXACT = ("F32", "F64")


def known(kind: str) -> bool:
    """Whether `rounded` knows the format."""
    return kind in (*EXACT, *SIGNIFICANT_BITS, "Q8_0", "Q4_0") or _bits(kind) is not None


def fits(kind: str, columns: int) -> bool:
    """Whether rows of so many columns can be stored so: blocks are never split over rows."""
    return kind in (*EXACT, *SIGNIFICANT_BITS) or columns % BLOCK == 0


def rounded(values: Tensor, kind: str) -> Tensor:
    """The values as the format holds them, float32, of the same shape."""
    values = values.float()
    if kind in EXACT:
        return values
    if kind == "F16":
        return values.half().float()
    if kind == "BF16":
        return values.bfloat16().float()
    blocks = values.reshape(-1, BLOCK)
    if kind == "Q8_0":
        return _eight_bits(blocks).view(values.shape)
    if kind == "Q4_0":
        return _four_bits(blocks).view(values.shape)
    bits = _bits(kind)
    assert bits is not None, f"no rounding is known for {kind}"
    return _evenly(blocks, 2 ** (bits - 1) - 1).view(values.shape)


def bound(values: Tensor, kind: str) -> Tensor | None:
    """How far a rounded value may lie from its original at most; None for formats not known."""
    values = values.float()
    if kind in EXACT:
        return torch.zeros_like(values)
    if kind in SIGNIFICANT_BITS:
        unit = 2.0 ** -SIGNIFICANT_BITS[kind]
        return values.abs() * unit + SMALLEST_F16 / 2
    if kind not in ("Q8_0", "Q4_0"):
        return None
    # Half a step, and what rounding the step itself to F16 moves the outermost value by. Q4_0 has
    # one level fewer on one side, where it cuts: a whole step there.
    share = 1 / 254 if kind == "Q8_0" else 1 / 8
    largest = values.reshape(-1, BLOCK).abs().amax(dim=1, keepdim=True)
    step = largest * (share + 2.0**-11) + 127 * SMALLEST_F16
    return step.expand(-1, BLOCK).reshape(values.shape)


def _eight_bits(blocks: Tensor) -> Tensor:
    step = blocks.abs().amax(dim=1, keepdim=True) / 127
    codes = _half_away(blocks * _inverse(step))
    return codes * step.half().float()


def _four_bits(blocks: Tensor) -> Tensor:
    place = blocks.abs().argmax(dim=1, keepdim=True)
    step = blocks.gather(1, place) / -8
    codes = torch.trunc(blocks * _inverse(step) + 8.5).clamp(0, 15)
    return (codes - 8) * step.half().float()


def _evenly(blocks: Tensor, levels: int) -> Tensor:
    step = blocks.abs().amax(dim=1, keepdim=True) / levels
    return _half_away(blocks * _inverse(step)) * step.half().float()


def _inverse(step: Tensor) -> Tensor:
    return torch.where(step == 0, torch.zeros_like(step), 1 / step)


def _half_away(values: Tensor) -> Tensor:
    return torch.sign(values) * torch.floor(values.abs() + 0.5)


def _bits(kind: str) -> int | None:
    return int(kind[1:]) if kind[:1] == "U" and kind[1:] in "234567" and len(kind) == 2 else None
