"""The 8-bit dynamic data type of bitsandbytes: a sign, a few decades, and digits.

Each smaller decade has half as many values, so that small numbers keep an exponent and large ones
their digits. It holds the scales of NF4 and, block by block, the state of the optimizer. (Dettmers
2015, https://arxiv.org/abs/1511.04561; Dettmers et al. 2022, https://arxiv.org/abs/2110.02861.)
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from whet.models.codebook import nearest

BLOCK = 256
SMALLEST = 1e-38


@cache
def levels(signed: bool) -> tuple[float, ...]:
    """The 256 values of the data type, ascending, float32 as bitsandbytes fills it."""
    values = [0.0, 1.0]
    for decade in range(7):
        count = 2**decade if signed else 2 ** (decade + 1)
        borders = torch.linspace(0.1, 1, count + 1, dtype=torch.float32)
        means = (10 ** (decade - 6)) * ((borders[:-1] + borders[1:]) / 2)
        values += means.tolist()
        if signed:
            values += (-means).tolist()
    values += [0.0] * (256 - len(values))
    return tuple(sorted(values))


@cache
def _table(signed: bool, device: torch.device) -> Tensor:
    return torch.tensor(levels(signed), dtype=torch.float32, device=device)


def write(values: Tensor, *, signed: bool) -> tuple[Tensor, Tensor]:
    """(codes [n] uint8, largest magnitude of each block of 256 [ceil(n / 256)] float32)."""
    padding = -values.numel() % BLOCK
    blocks = torch.nn.functional.pad(values, (0, padding)).view(-1, BLOCK)
    largest = blocks.abs().amax(1)
    scaled = blocks * (1.0 / largest.clamp(min=SMALLEST))[:, None]
    codes = nearest(scaled, levels(signed))
    return codes.view(-1)[: values.numel()], largest


def zeros(like: Tensor, *, signed: bool) -> tuple[Tensor, Tensor]:
    """What `write` gives of as many zeros, with nothing of their size in float32 meanwhile."""
    code = levels(signed).index(0.0)
    codes = torch.full(like.shape, code, dtype=torch.uint8, device=like.device)
    return codes, like.new_zeros(-(-like.numel() // BLOCK))


def read(codes: Tensor, largest: Tensor, *, signed: bool) -> Tensor:
    """The float32 values again, [n]."""
    values = _table(signed, codes.device).index_select(0, codes.int())
    whole = codes.numel() // BLOCK * BLOCK
    values[:whole].view(-1, BLOCK).mul_(largest[: whole // BLOCK, None])
    values[whole:].mul_(largest[-1])
    return values
