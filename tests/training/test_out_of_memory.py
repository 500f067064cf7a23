"""Where memory runs out the step is begun again with less, and is the same step."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from whet.errors import TrainingError
from whet.models.lora import add_lora
from whet.models.lora_layer import LoraProduct
from whet.rows.attention import row_attention
from whet.rows.sequence import TokenSequence
from whet.training import loss as loss_module
from whet.training.memory import out_of_memory
from whet.training.optimizer import FlatParameters
from whet.training.planner import Failure, smaller
from whet.training.step import StepGradient, step_gradient

Make = Callable[..., TokenSequence]
TOLD = "[enforce fail at alloc_cpu.cpp:129] err == 0. DefaultCPUAllocator: can't allocate memory"


@pytest.fixture
def step(make_sequence: Make) -> list[TokenSequence]:
    rng = np.random.default_rng(3)
    common = tuple(rng.integers(1, 97, 40).tolist())
    shared = [make_sequence(rng, int(n), 4, common) for n in rng.integers(50, 90, 6)]
    return [*shared, *(make_sequence(rng, int(n), 5) for n in rng.integers(20, 60, 4))]


class Trained:
    """A model and its flat gradients; `step` computes them."""

    def __init__(self, model: Any) -> None:
        self.model = model
        add_lora(model, rank=4)
        pairs = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
        torch.manual_seed(1)
        for name, parameter in pairs:
            if name.endswith("lora_B"):
                torch.nn.init.normal_(parameter, std=0.1)
        self.flat = FlatParameters(pairs)

    def step(self, step: list[TokenSequence], tokens: int) -> tuple[StepGradient, torch.Tensor]:
        with row_attention(self.model):
            found = step_gradient(self.model, self.flat, step, tokens)
        return found, self.flat.grads.clone()


@pytest.fixture
def trained(make_model: Callable[..., Any]) -> Trained:
    return Trained(make_model("llama"))


def fail_first(
    monkeypatch: pytest.MonkeyPatch, place: str, times: int, model: Any, after: int
) -> None:
    """Memory runs out `times` times at a place, each time at the call after `after` good ones."""
    state = {"left": times, "good": after}

    def run_out() -> None:
        if state["left"] and not state["good"]:
            state.update(left=state["left"] - 1, good=after)
            raise RuntimeError(TOLD)
        state["good"] -= bool(state["left"])

    if place == "forward":
        layer = model.get_decoder().layers[1]
        layer.register_forward_pre_hook(lambda *_: run_out())
    elif place == "backward":
        honest = LoraProduct.backward
        monkeypatch.setattr(
            LoraProduct, "backward", staticmethod(lambda *a: (run_out(), honest(*a))[1])
        )
    else:
        logits = loss_module.head_logits
        monkeypatch.setattr(loss_module, "head_logits", lambda *a: (run_out(), logits(*a))[1])


@pytest.mark.parametrize("place", ["forward", "backward", "head"])
@pytest.mark.parametrize(("times", "level"), [(1, "mlp"), (2, "full")])
def test_small_rows_are_recomputed_and_no_bit_changes(
    place: str,
    times: int,
    level: str,
    trained: Trained,
    step: list[TokenSequence],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, expected = trained.step(step, 150)
    assert whole.num_rows > 2 and whole.recompute == "none"
    fail_first(monkeypatch, place, times, trained.model, after=2)
    found, grads = trained.step(step, 150)
    assert (found.recompute, found.tokens_per_micro_batch) == (level, 150)
    assert found.loss == whole.loss
    assert torch.equal(grads, expected)


@pytest.mark.parametrize("place", ["forward", "backward", "head"])
def test_large_rows_are_halved_first(
    place: str, trained: Trained, make_sequence: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    step = [make_sequence(rng, 100, 20) for _ in range(12)]
    whole, expected = trained.step(step, 4096)
    fail_first(monkeypatch, place, 2, trained.model, after=0)
    found, grads = trained.step(step, 4096)
    assert (found.recompute, found.tokens_per_micro_batch) == ("none", 300)
    assert found.loss == pytest.approx(whole.loss, rel=1e-6)
    assert float((grads - expected).norm() / expected.norm()) < 1e-6


def test_a_row_that_cannot_be_divided_is_recomputed_then_refused(
    trained: Trained, make_sequence: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = [make_sequence(np.random.default_rng(0), 400, 9)]
    _, expected = trained.step(alone, 4096)
    fail_first(monkeypatch, "forward", 2, trained.model, after=0)
    found, grads = trained.step(alone, 4096)
    assert found.recompute == "full" and torch.equal(grads, expected)
    fail_first(monkeypatch, "forward", 9, trained.model, after=0)
    with pytest.raises(TrainingError, match=r"a row of 400 tokens .* recompute full.*max_length"):
        trained.step(alone, 4096)


def test_halves_come_before_levels_and_small_halves_after() -> None:
    class Model:
        device = torch.device("cpu")

        def get_decoder(self) -> Any:
            return self

        layers = torch.nn.ModuleList([torch.nn.Module()])

    Model.layers[0].mlp = torch.nn.Identity()
    tried, now = [], (4096, "none")
    for _ in range(9):
        now = smaller(Model(), now[0], now[1], Failure(now[0], can_be_divided=True))  # type: ignore[arg-type]
        tried.append(now)
    assert tried[:4] == [(2048, "none"), (1024, "none"), (512, "none"), (256, "none")]
    assert tried[4:6] == [(256, "mlp"), (256, "full")]
    assert tried[6:] == [(128, "full"), (64, "full"), (32, "full")]
    with pytest.raises(TrainingError):
        smaller(Model(), 32, "full", Failure(32, can_be_divided=True))


def test_other_errors_are_not_taken_for_it(
    trained: Trained, step: list[TokenSequence], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("size mismatch")

    monkeypatch.setattr(loss_module, "head_logits", broken)
    with pytest.raises(RuntimeError, match="size mismatch"):
        trained.step(step, 150)
    assert out_of_memory(MemoryError()) and out_of_memory(torch.OutOfMemoryError("CUDA"))
    assert not out_of_memory(ValueError("DefaultCPUAllocator"))


@pytest.mark.parametrize(
    "told",
    [
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    ],
)
def test_a_gpu_that_is_full_outside_of_the_allocator_is_out_of_memory(told: str) -> None:
    """Of pinned host memory and of libraries' workspaces PyTorch tells in plain RuntimeErrors."""
    assert out_of_memory(RuntimeError(told))


PROGRAM = """
import json, resource, sys
import numpy as np, torch, transformers
from whet.models.lora import add_lora
from whet.rows.attention import row_attention
from whet.rows.sequence import TokenSequence
from whet.training.memory import _status_bytes, free_bytes, keep_freed_blocks
from whet.training.optimizer import FlatParameters
from whet.training.step import step_gradient

torch.set_num_threads(1)
torch.manual_seed(0)
keep_freed_blocks()
config = transformers.LlamaConfig(
    vocab_size=97, hidden_size=64, intermediate_size=128, num_hidden_layers=8,
    num_attention_heads=4, num_key_value_heads=4,
)
model = transformers.AutoModelForCausalLM.from_config(config).eval()
add_lora(model, rank=4)
flat = FlatParameters([(n, p) for n, p in model.named_parameters() if p.requires_grad])
rng = np.random.default_rng(0)
rows = [rng.integers(1, 97, int(sys.argv[1])).tolist() for _ in range(int(sys.argv[2]))]
step = [TokenSequence.of(r, [i > len(r) // 2 for i in range(len(r))]) for r in rows]
with row_attention(model):
    step_gradient(model, flat, [TokenSequence.of([1, 2, 3], [False, True, True])], 99)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_status_bytes("VmSize") + int(sys.argv[3]), hard))
    free = free_bytes(torch.device("cpu"))
    found = step_gradient(model, flat, step, 8192)
    grads = flat.grads.clone()
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    expected = step_gradient(model, flat, step, 8192)
distance = float((grads - flat.grads).norm() / flat.grads.norm())
print(json.dumps([
    found.tokens_per_micro_batch, found.recompute, abs(found.loss - expected.loss), distance, free,
]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of address space are Linux's")
@pytest.mark.parametrize(
    ("length", "count", "megabytes", "divided", "levels"),
    [
        (256, 24, 80, True, {"none"}),
        pytest.param(2000, 1, 110, False, {"mlp", "full"}, marks=pytest.mark.slow),
    ],
)
def test_a_real_limit_of_memory_is_survived(
    length: int, count: int, megabytes: int, divided: bool, levels: set[str]
) -> None:
    arguments = [str(length), str(count), str(megabytes * 2**20)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    tokens, level, loss, distance, free = json.loads(done.stdout)
    assert (tokens < 8192) == divided and level in levels
    assert loss < 1e-5 and distance < 1e-6
    assert free <= megabytes * 2**20
