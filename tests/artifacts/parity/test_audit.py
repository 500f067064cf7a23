"""Weights are compared more tightly than answers: single values, and the adapter's share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from whet.artifacts.parity import rounding
from whet.artifacts.parity.audit import audit
from whet.artifacts.parity.stored import Stored

NAME, RANK = "layer.weight", 4


class OneLayer:
    """A judged model of one adapted layer, whose adapter changes it by a tenth of its length."""

    ties_head = False

    def __init__(self) -> None:
        draw = torch.Generator().manual_seed(1)
        self._base = torch.randn(64, 96, generator=draw) * 0.05
        low = torch.randn(64, RANK, generator=draw) @ torch.randn(RANK, 96, generator=draw)
        self.change = low * (0.1 * self._base.norm() / low.norm())

    def names(self) -> Iterator[str]:
        yield NAME

    def base(self, name: str) -> Tensor:
        return self._base

    def acting(self, name: str) -> Tensor:
        return self._base + self.change

    def rank(self, name: str) -> int:
        return RANK


@dataclass
class OneTensor:
    values: Tensor
    kind: str
    ties_head: bool = False

    def stored(self, name: str) -> Stored:
        return Stored(self.values, self.kind)


def wrong(values: Tensor, kind: str) -> Any:
    layer: Any = OneLayer()
    return next(audit(layer, OneTensor(values, kind)), None)


@pytest.mark.parametrize("bits", ["U3", "U4", "U6"])
def test_the_adapters_share_is_measured_where_the_rounding_is_not_known(bits: str) -> None:
    layer = OneLayer()
    for share in (0.0, 0.5, 1.0, 2.0):
        values = rounding.rounded(layer.base(NAME) + share * layer.change, bits)
        found = wrong(values, "Q4_K")
        if share == 1.0:
            assert found is None
        else:
            assert found.adapted and found.share == pytest.approx(share, abs=0.1)


@pytest.mark.parametrize("kind", ["F32", "BF16", "Q8_0", "Q4_0"])
def test_one_value_beyond_what_the_format_can_move_is_found_in_an_adapted_layer(kind: str) -> None:
    values = rounding.rounded(OneLayer().acting(NAME), kind).clone()
    assert wrong(values, kind) is None
    values[3, 5] += 0.05
    assert wrong(values, kind) is not None


def test_an_adapter_that_is_a_twentieth_too_strong_is_found() -> None:
    layer = OneLayer()
    assert wrong(layer.base(NAME) + 1.05 * layer.change, "F32") is not None
