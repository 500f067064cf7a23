"""NF4 with double quantisation: weights in 4.127 bits each, in bitsandbytes' format.

    value   = NF4[code] * scale of its block of 64
    scale   = DYNAMIC[scale code] * outer scale of its 256 blocks + offset

NF4 holds sixteen quantiles of a normal distribution; DYNAMIC is the 8-bit dynamic map. (Dettmers et
al. 2023, https://arxiv.org/abs/2305.14314, sections 3 and 4; the map is `whet.models.eight_bit`.)
Everything is computed in float32 and rounded once to the dtype that is asked for, so values read
from codes are bit for bit those of bitsandbytes. Codes of weights are written as there too, those
of scales but for ties (about 1 in 700: its CPU code then takes the neighbour). Codes stand high
half first; the last byte of an odd number of values holds one more that nobody reads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from whet.models import eight_bit
from whet.models.codebook import nearest

BLOCK = 64
CHUNK = 2**20
LEVELS = (
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
    -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
    0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
    0.7229568362236023, 1.0,
)  # fmt: skip


@cache
def _pairs(device: torch.device) -> Tensor:
    """The two float32 values of each byte as one int64: gathered so in a third of the time."""
    levels = torch.tensor(LEVELS, dtype=torch.float32, device=device)
    byte = torch.arange(256, device=device)
    return torch.stack([levels[byte >> 4], levels[byte & 15]], 1).view(torch.int64).view(256)


def quantize(weight: Tensor) -> tuple[Tensor, Tensor]:
    """(codes [ceil(n / 2)] uint8, scales [ceil(n / 64)] float32) of a tensor of n values."""
    codes, scales = [], []
    flat = weight.reshape(-1)
    for start in range(0, max(flat.numel(), 1), CHUNK):
        scaled, scale = _scaled(flat[start : start + CHUNK].float())
        code = nearest(scaled, LEVELS)
        codes.append((code[::2] << 4) | code[1::2])
        scales.append(scale)
    return torch.cat(codes), torch.cat(scales)


def _scaled(values: Tensor) -> tuple[Tensor, Tensor]:
    """(values over their block's largest, padded to an even number; the largest of each block)."""
    whole = values.numel() // BLOCK * BLOCK
    blocks, rest = values[:whole].view(-1, BLOCK), values[whole:]
    scale = blocks.abs().amax(1)
    scaled = (blocks * (1.0 / scale.clamp(min=eight_bit.SMALLEST))[:, None]).clamp_(-1, 1).view(-1)
    if rest.numel():
        last = rest.abs().max().clamp(min=eight_bit.SMALLEST)
        scale = torch.cat([scale, last[None]])
        scaled = torch.cat([scaled, (rest / last).clamp(-1, 1)])
    return torch.nn.functional.pad(scaled, (0, scaled.numel() % 2)), scale


def quantize_scales(scales: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(codes [m] uint8, outer scales [ceil(m / 256)], offset []) of m scales."""
    offset = scales.mean()
    codes, outer = eight_bit.write(scales - offset, signed=True)
    return codes, outer, offset


def dequantize_scales(codes: Tensor, outer: Tensor, offset: Tensor) -> Tensor:
    """The float32 scales again, [m]."""
    return eight_bit.read(codes, outer, signed=True).add_(offset)


def dequantize(codes: Tensor, scales: Tensor, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """The weight of that shape in `dtype`, a new tensor."""
    pairs, total = _pairs(codes.device), math.prod(shape)
    output = torch.empty(total, dtype=dtype, device=codes.device)
    for start in range(0, total, CHUNK):
        stop = min(start + CHUNK, total)
        packed = codes[start // 2 : (stop + 1) // 2].int()
        values = pairs.index_select(0, packed).view(torch.float32)[: stop - start]
        scale = scales[start // BLOCK : -(-stop // BLOCK)]
        whole = values.numel() // BLOCK * BLOCK
        values[:whole].view(-1, BLOCK).mul_(scale[: whole // BLOCK, None])
        values[whole:].mul_(scale[-1])
        output[start:stop] = values
    return output.view(*shape)
