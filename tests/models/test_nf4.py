"""NF4 here is NF4 in bitsandbytes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from whet.models import eight_bit, nf4
from whet.models.four_bit import FrozenProduct, Nf4Weight
from whet.models.four_bit_kernel import import_bitsandbytes

SHAPES = [(64, 64), (1, 1), (7, 9), (33, 65), (3, 64), (130, 1000), (1030, 1024)]
DTYPES = [torch.float32, torch.bfloat16, torch.float16]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def theirs() -> Iterator[Any]:
    """bitsandbytes; what it compiles for odd shapes is run as it is written, to save minutes."""
    package = import_bitsandbytes()
    with torch.compiler.set_stance("force_eager"):
        yield package


def weight(shape: tuple[int, int], dtype: torch.dtype = torch.float32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(shape[0])
    drawn = torch.randn(shape, generator=generator)
    drawn[0, : shape[1] // 2] = 0
    return drawn.to(dtype)


def test_the_maps_are_theirs(theirs: Any) -> None:
    for signed in (True, False):
        expected = theirs.functional.create_dynamic_map(signed)
        assert torch.equal(torch.tensor(eight_bit.levels(signed)), expected)
    assert torch.equal(torch.tensor(nf4.LEVELS), theirs.functional.get_4bit_type("nf4", "cpu"))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_weights_are_written_and_read_bit_for_bit_as_there(
    shape: tuple[int, int], dtype: torch.dtype, theirs: Any
) -> None:
    drawn = weight(shape, dtype)
    packed, state = theirs.functional.quantize_4bit(
        drawn, blocksize=64, compress_statistics=True, quant_type="nf4"
    )
    codes, scales = nf4.quantize(drawn)
    assert torch.equal(codes, packed.view(-1))
    scale_codes, outer, offset = nf4.quantize_scales(scales)
    assert torch.equal(outer, state.state2.absmax)
    assert torch.equal(offset, state.offset)
    # Where a scale lies between two values their code may take either; see the module's text.
    assert float((scale_codes != state.absmax).float().mean()) < 0.01 or scale_codes.numel() < 9
    read = nf4.dequantize_scales(state.absmax, state.state2.absmax, state.offset)
    for out in DTYPES:
        state.dtype = out
        expected = theirs.functional.dequantize_4bit(packed, state)
        assert torch.equal(nf4.dequantize(codes, read, shape, out), expected)


@pytest.mark.parametrize("shape", [(32, 32), (64, 96), (96, 80)], ids=str)
def test_where_their_cpu_kernel_errs_ours_is_as_their_plain_code(
    shape: tuple[int, int], theirs: Any
) -> None:
    """0.50.2 with AVX-512 loses its place in blocks that go over the end of a row."""
    drawn = weight(shape)
    codes, scales = nf4.quantize(drawn)
    levels = theirs.functional.get_4bit_type("nf4", "cpu")
    plain = theirs.backends.default.ops._dequantize_4bit_compute
    expected = plain(codes, scales, levels, 64, shape, torch.float32)
    assert torch.equal(nf4.dequantize(codes, scales, shape, torch.float32), expected)
    assert float((expected - drawn).norm() / drawn.norm()) < 0.11


def test_a_weight_is_read_in_pieces_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = weight((33, 65))
    whole = Nf4Weight(drawn)
    expected = whole.read(torch.float32)
    monkeypatch.setattr(nf4, "CHUNK", 128)
    cut = Nf4Weight(drawn)
    assert torch.equal(cut.read(torch.float32), expected)
    assert torch.equal(cut.codes, whole.codes)
    assert float((expected - drawn).norm() / drawn.norm()) < 0.11


def test_a_change_of_dtype_leaves_the_scales_alone() -> None:
    held = Nf4Weight(weight((33, 65)))
    expected = held.read(torch.float32)
    assert torch.equal(held.to(torch.bfloat16).half().read(torch.float32), expected)


def test_four_bits_and_an_eighth_a_weight() -> None:
    held = Nf4Weight(weight((1030, 1024)))
    taken = sum(buffer.nbytes for buffer in held.buffers())
    assert 4.12 < 8 * taken / held.numel() < 4.14


@pytest.mark.parametrize("bias", [True, False])
def test_the_frozen_product_has_the_right_gradient(bias: bool) -> None:
    held = Nf4Weight(weight((7, 10)))
    offset = torch.linspace(-1, 1, 7, dtype=torch.float64) if bias else None
    x = torch.randn(6, 10, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: FrozenProduct.apply(x, held.read, offset), (x,))


def test_importing_it_fetches_nothing_and_says_nothing() -> None:
    """A package `kernels` that would fetch is not even imported, and stays importable."""
    program = """
import sys, types
fetcher = types.ModuleType("kernels")
fetcher.get_kernel = lambda *a, **k: sys.exit("it fetched")
sys.modules["kernels"] = fetcher
import whet.models.adapter, whet.models.load, whet.training.loop
assert "bitsandbytes" not in sys.modules and "peft" not in sys.modules
from whet.models.four_bit_kernel import import_bitsandbytes
assert import_bitsandbytes().__name__ == "bitsandbytes"
assert sys.modules["kernels"] is fetcher
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
