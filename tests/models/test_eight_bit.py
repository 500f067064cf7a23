"""The 8-bit dynamic type takes the nearest of its values."""

from __future__ import annotations

import pytest
import torch

from whet.models import eight_bit


@pytest.mark.parametrize("signed", [True, False])
def test_the_nearest_value_is_taken(signed: bool) -> None:
    torch.manual_seed(0)
    drawn = torch.rand(40_000)
    values = torch.cat([drawn, drawn * 1e-3, drawn * 1e-6, drawn**20, torch.zeros(3)])
    values = torch.cat([values, -values]) if signed else values
    levels = eight_bit.dynamic_map(signed, torch.device("cpu"))
    borders = (levels[:-1] + levels[1:]) / 2
    values = torch.cat([values, borders, torch.nextafter(borders, borders + 1), levels])
    expected = torch.bucketize(values, borders)
    assert torch.equal(eight_bit.nearest(values, signed=signed).long(), expected)


@pytest.mark.parametrize("num", [1, 255, 256, 1000])
def test_values_come_back_within_a_hundredth_of_their_block(num: int) -> None:
    torch.manual_seed(num)
    values = torch.randn(num) * torch.rand(num) ** 4
    codes, largest = eight_bit.write(values, signed=True)
    assert codes.dtype == torch.uint8
    assert codes.shape == values.shape
    error = (eight_bit.read(codes, largest, signed=True) - values).abs()
    assert bool((error <= 0.0071 * values.abs().max()).all())
