"""The 8-bit dynamic data type of bitsandbytes: a sign, a few decades, and digits.

Each smaller decade has half as many values, so that small numbers keep an exponent and large ones
their digits. It holds the scales of NF4 and, block by block, the state of the optimizer. (Dettmers
2015, https://arxiv.org/abs/1511.04561; Dettmers et al. 2022, https://arxiv.org/abs/2110.02861.)
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

BLOCK = 256
SMALLEST = 1e-38


@cache
def dynamic_map(signed: bool, device: torch.device) -> Tensor:
    """The 256 values of the data type, ascending, [256] float32, as bitsandbytes fills it."""
    values = [0.0, 1.0]
    for decade in range(7):
        count = 2**decade if signed else 2 ** (decade + 1)
        borders = torch.linspace(0.1, 1, count + 1, dtype=torch.float32)
        means = (10 ** (decade - 6)) * ((borders[:-1] + borders[1:]) / 2)
        values += means.tolist()
        if signed:
            values += (-means).tolist()
    values += [0.0] * (256 - len(values))
    return torch.tensor(sorted(values), dtype=torch.float32, device=device)


def write(values: Tensor, *, signed: bool) -> tuple[Tensor, Tensor]:
    """(codes [n] uint8, largest magnitude of each block of 256 [ceil(n / 256)] float32)."""
    padding = -values.numel() % BLOCK
    blocks = torch.nn.functional.pad(values, (0, padding)).view(-1, BLOCK)
    largest = blocks.abs().amax(1)
    codes = nearest(blocks * (1.0 / largest.clamp(min=SMALLEST))[:, None], signed=signed)
    return codes.view(-1)[: values.numel()], largest


def read(codes: Tensor, largest: Tensor, *, signed: bool) -> Tensor:
    """The float32 values again, [n]."""
    values = dynamic_map(signed, codes.device).index_select(0, codes.int())
    whole = codes.numel() // BLOCK * BLOCK
    values[:whole].view(-1, BLOCK).mul_(largest[: whole // BLOCK, None])
    values[whole:].mul_(largest[-1])
    return values


def nearest(values: Tensor, *, signed: bool) -> Tensor:
    """The codes of the nearest values of the data type, uint8, for float32 within [-1, 1].

    A float's upper sixteen bits leave two neighbours at most; one comparison decides. Searching
    the 255 borders takes ten times as long on a CPU.
    """
    lower, borders = _cells(signed, values.device)
    cell = values.contiguous().view(torch.int32).bitwise_right_shift(16).bitwise_and_(0xFFFF)
    codes = lower.index_select(0, cell.view(-1))
    above = values.reshape(-1) > borders.index_select(0, codes.int())
    return codes.add_(above).view(values.shape)


@cache
def _cells(signed: bool, device: torch.device) -> tuple[Tensor, Tensor]:
    """(for each upper half of a float the lower of its two codes, the border above each code)."""
    levels = dynamic_map(signed, torch.device("cpu"))
    borders = (levels[:-1] + levels[1:]) / 2
    first = (torch.arange(65536) << 16).to(torch.int32)
    ends = torch.stack([first, first | 0xFFFF]).view(torch.float32)
    ends = torch.where(ends.abs() <= 1, ends, ends[0].nan_to_num().clamp(-1, 1))
    codes = torch.bucketize(ends, borders)
    lower = codes.amin(0)
    assert int((codes.amax(0) - lower).max()) <= 1
    above = torch.cat([borders, torch.tensor([torch.inf])])
    return lower.to(torch.uint8).to(device), above.to(device)
