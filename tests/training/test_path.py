"""Models that no row fits train on padded batches, say so, and compute the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import peft
import pytest
import torch
import transformers

from whet.errors import Interrupted, ModelError, TrainingError
from whet.models.adapter import load_adapter, save_adapter
from whet.models.four_bit import quantize_model
from whet.models.load import LoadedModel
from whet.models.lora import add_lora, lora_modules, merge_lora, remove_lora, target_names
from whet.models.lora_layer import LoraLinear
from whet.rows.attention import pads_rows, row_attention
from whet.rows.packing import pack
from whet.rows.row import Segment
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.training.forward import RowTensors, row_loss
from whet.training.loop import train
from whet.training.padded import leaf_paths
from whet.training.path import choose_path
from whet.training.settings import TrainSettings
from whet.training.verify import verify

# PEFT 0.21 asks transformers 5 for a property under its old name; Bloom-like models are told by
# transformers that they follow no interface; state-space layers run by their reference code here.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")

SHAPE = {"vocab_size": 97, "hidden_size": 32, "num_hidden_layers": 2, "pad_token_id": 0}
HEADS = {"num_attention_heads": 4}
KNOWN = {"bos_token_id": 1, "eos_token_id": 2}
CONFIGS: dict[str, Callable[[], Any]] = {
    "gpt2": lambda: transformers.GPT2Config(
        vocab_size=97, n_embd=32, n_layer=2, n_head=4, n_positions=256, **KNOWN
    ),
    "gpt_neox": lambda: transformers.GPTNeoXConfig(
        **SHAPE, **HEADS, **KNOWN, intermediate_size=64, max_position_embeddings=256
    ),
    "opt": lambda: transformers.OPTConfig(
        **SHAPE, **HEADS, **KNOWN, ffn_dim=64, word_embed_proj_dim=32, max_position_embeddings=256
    ),
    "falcon": lambda: transformers.FalconConfig(**SHAPE, **HEADS, **KNOWN),
    "mamba": lambda: transformers.MambaConfig(**SHAPE, **KNOWN, state_size=4),
    "lfm2": lambda: transformers.Lfm2Config(
        **SHAPE, **HEADS, **KNOWN, num_key_value_heads=2, intermediate_size=64, full_attn_idxs=[1]
    ),
}
ROWS, PADDED = ("gpt2", "gpt_neox", "opt"), ("falcon", "mamba", "lfm2")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """transformers says on stderr which optional kernels it does without."""
    before = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    yield
    transformers.logging.set_verbosity(before)


def model_of(kind: str) -> Any:
    torch.manual_seed(0)
    config = CONFIGS[kind]()
    model = transformers.AutoModelForCausalLM.from_config(
        config, attn_implementation="sdpa" if kind not in ("mamba",) else None
    ).eval()
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.2)
    return model


def loaded_of(kind: str) -> LoadedModel:
    return LoadedModel(
        model=model_of(kind), tokenizer=None, name=kind, folder=Path("nowhere"), identity=kind,
        template="", stop_ids=(2,), max_positions=256,
    )  # fmt: skip


def sequences(make: Any) -> list[TokenSequence]:
    rng = np.random.default_rng(0)
    first = tuple(rng.integers(1, 97, 40).tolist())
    return [make(rng, 60, 5, first), make(rng, 50, 4, first), make(rng, 44, 40), make(rng, 7, 3)]


def with_lora(model: Any) -> Any:
    add_lora(model, rank=4, alpha=8)
    torch.manual_seed(1)
    for module in lora_modules(model).values():
        torch.nn.init.normal_(module.lora_B, std=0.1)
    return model


@pytest.mark.parametrize("kind", [*ROWS, *PADDED])
def test_a_small_row_decides(kind: str) -> None:
    model = model_of(kind)
    reason = choose_path(model)
    assert (reason is None) == (kind in ROWS) == (not pads_rows(model))
    if reason:
        assert type(model).__name__ in reason
    assert choose_path(model) == reason


@pytest.mark.parametrize("kind", [*ROWS, *PADDED])
def test_either_path_computes_what_transformers_does(kind: str, make_sequence: Any) -> None:
    """Loss and every gradient, with shared prefixes, against each sequence alone."""
    model, chosen = with_lora(model_of(kind)), sequences(make_sequence)
    parameters = [p for p in model.parameters() if p.requires_grad]
    expected = 0.0
    for sequence in chosen:
        ids = torch.from_numpy(sequence.tokens.astype(np.int64))[None]
        learnt = torch.from_numpy(np.flatnonzero(sequence.trained))
        logits = model(input_ids=ids, use_cache=False).logits[0, learnt - 1]
        loss = torch.nn.functional.cross_entropy(logits, ids[0, learnt], reduction="sum")
        loss.backward()
        expected += float(loss.detach())
    reference = [p.grad.clone() for p in parameters]
    for parameter in parameters:
        parameter.grad = None
    choose_path(model)
    found = 0.0
    with row_attention(model):
        for row in pack(chosen, 999):
            loss, _ = row_loss(model, RowTensors.of(row))
            loss.backward()
            found += float(loss.detach())
    assert found == pytest.approx(expected, rel=1e-5)
    floor = 1e-3 * max(float(g.norm()) for g in reference)
    for parameter, grad in zip(parameters, reference, strict=True):
        assert float((parameter.grad - grad).norm() / max(float(grad.norm()), floor)) < 1e-5


@pytest.mark.parametrize("kind", ["gpt2", "gpt_neox", "mamba"])
def test_it_trains_and_says_on_which_path(
    kind: str, rows: list[RenderedExample], tmp_path: Path, recorder: Any
) -> None:
    settings = TrainSettings(
        epochs=2, batch_size=4, learning_rate=1e-2, rank=4, dtype="float32",
        tokens_per_micro_batch=90,
    )  # fmt: skip
    told = recorder()
    result = train(loaded_of(kind), rows, rows[:5], settings, folder=tmp_path, progress=told)
    assert result.losses[-1] < result.losses[0]
    said = [line for line in told.said if "padded batches" in line]
    assert len(said) == (kind in PADDED)
    assert any("verified against transformers" in line for line in told.said)


def test_the_steps_of_both_paths_are_the_same(
    rows: list[RenderedExample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TrainSettings(
        epochs=1, batch_size=4, learning_rate=1e-2, rank=4, dtype="float32",
        tokens_per_micro_batch=90,
    )  # fmt: skip
    by_rows = train(loaded_of("gpt2"), rows, [], settings, folder=tmp_path / "rows")
    monkeypatch.setattr("whet.training.path._reason", lambda model: "as a test asks")
    padded = train(loaded_of("gpt2"), rows, [], settings, folder=tmp_path / "padded")
    assert padded.losses == pytest.approx(by_rows.losses, rel=1e-4)


def test_a_row_that_leaks_is_noticed(
    make_sequence: Any, as_examples: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With rows taken for what they are not, the self check stops the run."""
    model = with_lora(model_of("lfm2"))
    monkeypatch.setattr("whet.training.path._reason", lambda model: None)
    choose_path(model)
    rng = np.random.default_rng(1)
    made = as_examples([make_sequence(rng, 20, 10), make_sequence(rng, 21, 10)])
    parameters = [p for p in model.parameters() if p.requires_grad]
    with pytest.raises(TrainingError, match="self check failed"):
        verify(model, parameters, made, TrainSettings())


def test_paths_go_from_the_root_to_each_leaf() -> None:
    segments = (Segment(0, 3, -1), Segment(3, 5, 0), Segment(5, 6, 1), Segment(6, 9, 0))
    assert [path.tolist() for path in leaf_paths(segments)] == [
        [0, 1, 2, 3, 4, 5],
        [0, 1, 2, 6, 7, 8],
    ]


def test_gpt2_adapters_go_to_peft_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its layers are Conv1D, with weights [in, out]: PEFT calls that fan_in_fan_out."""
    ids = torch.arange(3, 60)[None]
    ours = loaded_of("gpt2")
    ours.tokenizer = type("NoTokenizer", (), {"save_pretrained": lambda self, folder: None})()
    with_lora(ours.model)
    save_adapter(ours, tmp_path / "ours")
    theirs = peft.PeftModel.from_pretrained(model_of("gpt2"), tmp_path / "ours").eval()
    tuned = ours.model(input_ids=ids, use_cache=False).logits
    assert torch.allclose(theirs(input_ids=ids, use_cache=False).logits, tuned, atol=1e-5)
    theirs.save_pretrained(tmp_path / "theirs", save_embedding_layers=False)
    again = loaded_of("gpt2")
    load_adapter(again, tmp_path / "theirs")
    assert torch.allclose(again.model(input_ids=ids, use_cache=False).logits, tuned, atol=1e-5)
    merge_lora(again.model)
    assert torch.allclose(again.model(input_ids=ids, use_cache=False).logits, tuned, atol=1e-4)
    remove_lora(ours.model)
    base = model_of("gpt2")
    assert set(ours.model.state_dict()) == set(base.state_dict())
    assert torch.equal(
        ours.model(input_ids=ids, use_cache=False).logits,
        base(input_ids=ids, use_cache=False).logits,
    )


def test_layers_that_mambas_kernels_bypass_are_left_alone() -> None:
    model = model_of("mamba")
    names = target_names(model, ["all-linear"])
    assert {name.rpartition(".")[2] for name in names} == {"in_proj"}
    left = quantize_model(model)
    assert "backbone.layers.*.mixer.dt_proj.weight" in left
    with pytest.raises(ModelError, match="no linear layer is named 'out_proj'"):
        target_names(model, ["out_proj"])


def test_nothing_is_computed_below_the_lowest_adapter(
    make_model: Any, make_sequence: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With adapters in the last of three layers one attention goes backward, not three."""
    from whet.rows.attention_kernel import SegmentAttention

    model = make_model("llama")
    add_lora(model, rank=4, target_modules=["layers.2.mlp.down_proj", "layers.2.self_attn.q_proj"])
    calls = {"attention": 0, "inputs": 0}
    backward = SegmentAttention.backward

    def counted(ctx: Any, *grads: Any) -> Any:
        calls["attention"] += 1
        return backward(ctx, *grads)

    monkeypatch.setattr(SegmentAttention, "backward", staticmethod(counted))
    for layer in model.model.layers:
        layer.register_forward_hook(
            lambda m, inputs, output: calls.update(inputs=calls["inputs"] + output.requires_grad)
        )
    with row_attention(model):
        for row in pack(sequences(make_sequence), 999):
            row_loss(model, RowTensors.of(row))[0].backward()
    assert calls == {"attention": 1, "inputs": 1}
    assert model.get_input_embeddings().weight.grad is None
    lora = lora_modules(model)
    assert all(isinstance(module, LoraLinear) for module in lora.values())
    products = model.model.layers[2].self_attn.q_proj
    assert products.lora_A.grad is not None


def test_the_run_of_a_padded_model_resumes(
    rows: list[RenderedExample], tmp_path: Path, recorder: Any
) -> None:
    settings = TrainSettings(
        epochs=1, batch_size=4, learning_rate=1e-2, rank=4, dtype="float32",
        tokens_per_micro_batch=90,
    )  # fmt: skip
    expected = train(loaded_of("mamba"), rows, [], settings, folder=tmp_path / "whole")
    with pytest.raises(Interrupted):
        train(loaded_of("mamba"), rows, [], settings, folder=tmp_path / "cut", progress=recorder(5))
    found = train(loaded_of("mamba"), rows, [], settings, folder=tmp_path / "cut", resume=True)
    assert found.losses == expected.losses
