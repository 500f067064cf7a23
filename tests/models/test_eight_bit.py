"""Numbers come back from 8 bits near what they were."""

from __future__ import annotations

import pytest
import torch

from whet.models import eight_bit


@pytest.mark.parametrize("num", [1, 255, 256, 1000])
def test_values_come_back_within_a_hundredth_of_their_block(num: int) -> None:
    torch.manual_seed(num)
    values = torch.randn(num) * torch.rand(num) ** 4
    codes, largest = eight_bit.write(values, signed=True)
    assert codes.dtype == torch.uint8
    assert codes.shape == values.shape
    error = (eight_bit.read(codes, largest, signed=True) - values).abs()
    assert bool((error <= 0.0071 * values.abs().max()).all())
