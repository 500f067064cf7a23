"""Every level of recomputation gives the same loss and the same gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from whet.errors import TrainingError
from whet.models.lora import add_lora, lora_modules
from whet.rows.attention import row_attention
from whet.rows.sequence import TokenSequence
from whet.training import recompute
from whet.training.forward import evaluation_mode
from whet.training.offload import HostCopies
from whet.training.optimizer import FlatParameters
from whet.training.recompute import Recompute, levels, recomputed
from whet.training.step import step_gradient

Make = Callable[..., TokenSequence]


@pytest.fixture
def step(make_sequence: Make) -> list[TokenSequence]:
    """A tree of depth two, and sequences beside it."""
    rng = np.random.default_rng(3)
    first = tuple(rng.integers(1, 97, 40).tolist())
    second = first + tuple(rng.integers(1, 97, 36).tolist())
    shapes = [(60, 1, first), (90, 7, second), (100, 30, second), (44, 2, first), (30, 29, ())]
    return [make_sequence(rng, length, learnt, prefix) for length, learnt, prefix in shapes]


def trained(model: Any, *, method: str, dropout: float = 0.0) -> FlatParameters:
    if method == "lora":
        add_lora(model, rank=4, alpha=8, dropout=dropout)
        torch.manual_seed(1)
        for module in lora_modules(model).values():
            torch.nn.init.normal_(module.lora_B, std=0.1)
    return FlatParameters([(n, p) for n, p in model.named_parameters() if p.requires_grad])


def gradient(
    model: Any, flat: FlatParameters, step: list[TokenSequence], level: Recompute
) -> tuple[float, torch.Tensor]:
    with row_attention(model):
        found = step_gradient(model, flat, step, 4096, recompute=level)
    return found.loss, flat.grads.clone()


@pytest.mark.parametrize("method", ["lora", "full"])
def test_every_level_gives_the_same_bits(
    family: str, method: str, make_model: Callable[..., Any], step: list[TokenSequence]
) -> None:
    model = make_model(family)
    flat = trained(model, method=method)
    loss, expected = gradient(model, flat, step, "none")
    assert float(expected.norm()) > 0
    for level in levels(model)[1:]:
        found, grads = gradient(model, flat, step, level)
        assert found == loss
        assert torch.equal(grads, expected), level
    assert not any("forward" in vars(module) for module in model.modules())


def test_bfloat16_gives_the_same_bits(
    make_model: Callable[..., Any], step: list[TokenSequence]
) -> None:
    model = make_model("qwen3", dtype=torch.bfloat16)
    flat = trained(model, method="lora")
    loss, expected = gradient(model, flat, step, "none")
    assert gradient(model, flat, step, "full")[0] == loss
    assert torch.equal(flat.grads, expected)


def test_dropout_drops_the_same_again(
    make_model: Callable[..., Any], step: list[TokenSequence]
) -> None:
    model = make_model("llama")
    flat = trained(model, method="lora", dropout=0.5)
    for module in lora_modules(model).values():
        module.train()
    found = {}
    for level in ("none", "mlp", "full"):
        torch.manual_seed(7)
        found[level] = gradient(model, flat, step, level)  # type: ignore[arg-type]
    torch.manual_seed(8)
    assert gradient(model, flat, step, "none")[0] != found["none"][0]
    for level in ("mlp", "full"):
        assert found[level][0] == found["none"][0]
        assert torch.equal(found[level][1], found["none"][1])


def test_a_model_in_evaluation_mode_with_frozen_embeddings_is_recomputed(
    make_model: Callable[..., Any], step: list[TokenSequence]
) -> None:
    """The two cases in which transformers' own switch does nothing, or leaves gradients zero."""
    model = make_model("llama")
    flat = trained(model, method="lora")
    calls = 0

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1

    for layer in model.get_decoder().layers:
        layer.self_attn.register_forward_hook(count)
    with evaluation_mode(model):
        assert not model.get_input_embeddings().weight.requires_grad
        gradient(model, flat, step, "full")
    assert calls == 2 * len(model.get_decoder().layers)
    assert all(float(grad.norm()) > 0 for grad in flat.split(flat.grads))


def test_what_is_kept_shrinks_from_level_to_level(
    make_model: Callable[..., Any], step: list[TokenSequence]
) -> None:
    model = make_model("llama")
    flat = trained(model, method="lora")
    kept: dict[str, int] = {}
    weights = {p.data_ptr() for p in model.parameters()} | {flat.values.data_ptr()}
    for level in levels(model):
        seen: dict[int, int] = {}

        def keep(tensor: torch.Tensor, seen: dict[int, int] = seen) -> torch.Tensor:
            if tensor.data_ptr() not in weights:
                seen[tensor.data_ptr()] = tensor.nbytes
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            gradient(model, flat, step, level)
        kept[level] = sum(seen.values())
    assert kept["full"] < 0.35 * kept["none"]
    assert kept["full"] < kept["mlp"] < 0.8 * kept["none"]


def test_without_gradients_nothing_is_wrapped(make_model: Callable[..., Any]) -> None:
    model = make_model("llama")
    ids = torch.arange(1, 9)[None]
    with torch.no_grad():
        expected = model(input_ids=ids).logits
        with recomputed(model, "full"):
            assert torch.equal(model(input_ids=ids).logits, expected)


def test_a_forward_of_the_instance_is_put_back(make_model: Callable[..., Any]) -> None:
    layer = make_model("llama").get_decoder().layers[0]
    own = layer.forward
    layer.forward = own
    with recompute._wrapped(layer, None, first=True):
        assert layer.forward is not own
    assert vars(layer)["forward"] is own


def test_offload_is_refused_without_a_gpu(make_model: Callable[..., Any]) -> None:
    with pytest.raises(TrainingError, match="there is no GPU here"):
        recompute.refuse_unknown(make_model("llama"), "offload")


def test_offloaded_inputs_come_back_as_they_went(
    make_model: Callable[..., Any], step: list[TokenSequence], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The book-keeping of offloading, with the host as the device."""
    model = make_model("llama")
    flat = trained(model, method="lora")
    loss, expected = gradient(model, flat, step, "none")
    honest, sent = HostCopies.pack, []
    monkeypatch.setattr(
        HostCopies, "pack", lambda self, tensor: sent.append(tensor.shape) or honest(self, tensor)
    )
    found, grads = gradient(model, flat, step, "offload")
    assert found == loss and torch.equal(grads, expected)
    assert len(sent) == 3 and len(set(sent)) == 1
