"""Roundings held against the package `gguf` and against PyTorch's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from whet.artifacts.parity.rounding import bound, fits, known, rounded

DRAWN = torch.randn(64, 96, generator=torch.Generator().manual_seed(0)) * 0.3


@pytest.mark.parametrize("kind", ["F16", "BF16", "Q8_0", "Q4_0"])
def test_values_are_those_that_the_gguf_package_stores(kind: str) -> None:
    gguf = pytest.importorskip("gguf")
    code = gguf.GGMLQuantizationType[kind]
    values = DRAWN.clone()
    values[3, :32] = 0.0
    values[4, 5] = 1e-7
    stored = gguf.quants.dequantize(gguf.quants.quantize(values.numpy(), code), code)
    assert np.array_equal(rounded(values, kind).numpy(), stored)


@pytest.mark.parametrize("kind", ["F32", "F16", "BF16", "Q8_0", "Q4_0"])
@pytest.mark.parametrize("size", [1e-6, 1.0, 300.0])
def test_no_value_moves_further_than_the_bound(kind: str, size: float) -> None:
    values = DRAWN * size
    most = bound(values, kind)
    assert most is not None
    apart = (rounded(values, kind) - values).abs()
    assert bool((apart <= most * (1 + 1e-6)).all())
    if kind != "F32" and size == 1.0:
        assert float((apart / most).max()) > 0.4, "the bound is not idle"


def test_fewer_bits_move_values_further() -> None:
    lost = [float((rounded(DRAWN, f"U{bits}") - DRAWN).norm()) for bits in (7, 6, 5, 4, 3, 2)]
    assert lost == sorted(lost)


def test_what_is_known_and_what_fits() -> None:
    assert known("BF16") and known("U4") and not known("Q4_K") and not known("U9")
    assert fits("F16", 33) and not fits("Q8_0", 33) and fits("Q4_0", 64)
    assert bound(DRAWN, "U4") is None
