"""Loss and gradients of a step against TRL's trainers, where TRL is installed (seen with 1.16)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from whet.models.lora import add_lora, lora_modules
from whet.models.lora_layer import LoraLinear
from whet.rows.sequence import Part, RenderedExample, TokenSequence
from whet.training.objectives.mismatched import partner_order, with_mismatched
from whet.training.objectives.reference import measured_reference, with_reference
from whet.training.objectives.task import task_of
from whet.training.optimizer import FlatParameters
from whet.training.settings import TrainSettings
from whet.training.step import step_gradient

trl = pytest.importorskip("trl")
pytestmark = [pytest.mark.filterwarnings("ignore")]

Rows = list[RenderedExample]
END, BETA = 96, 0.3


@pytest.fixture
def tokenizer() -> Any:
    """One token a word: `t0` to `t95`, and the end."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {f"t{number}": number for number in range(END)} | {"<end>": END}
    made = Tokenizer(models.WordLevel(words, unk_token="t0"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="<end>", pad_token="t0", bos_token=None
    )


def ended(rows: Rows) -> Rows:
    """The rows with an end token after each answer, as TRL puts one there, and no token twice."""

    def end(sequence: TokenSequence) -> TokenSequence:
        tokens = [min(int(token), END - 1) for token in sequence.tokens]
        return TokenSequence.of([*tokens, END], [*sequence.trained.tolist(), True])

    return [replace(row, sequences=tuple(end(s) for s in row.sequences)) for row in rows]


def words(sequence: TokenSequence, learnt: bool) -> str:
    names = {END: "<end>"}
    picked = sequence.tokens[sequence.trained == learnt].tolist()
    text = " ".join(names.get(token, f"t{token}") for token in picked)
    return text if learnt else text + " "


def moved(model: Any, std: float) -> Any:
    add_lora(model, rank=4, alpha=8)
    torch.manual_seed(1)
    for module in lora_modules(model).values():
        if std:
            torch.nn.init.normal_(module.lora_B, std=std)
    return model


def with_peft(model: Any) -> Any:
    """A PEFT model of the same base, its adapter at a start that changes nothing."""
    import peft

    adapters = lora_modules(model)
    config = peft.LoraConfig(
        r=4, lora_alpha=8, target_modules=sorted(adapters), task_type="CAUSAL_LM"
    )
    base = copy.deepcopy(model)
    for name, module in lora_modules(base).items():
        plain = torch.nn.Linear(module.in_features, module.out_features, module.bias is not None)
        plain.load_state_dict({k: v for k, v in module.state_dict().items() if "lora" not in k})
        parent, _, leaf = name.rpartition(".")
        setattr(base.get_submodule(parent), leaf, plain)
    return peft.get_peft_model(base, config)


def moved_as(model: Any, reference: Any) -> None:
    """Gives TRL's model our adapter; only now, since a trainer takes what it is given for its
    reference."""
    for name, module in lora_modules(model).items():
        layer = reference.get_submodule(f"base_model.model.{name}")
        layer.lora_A["default"].weight.data.copy_(module.lora_A.data)
        layer.lora_B["default"].weight.data.copy_(module.lora_B.data)


def their_gradients(reference: Any, adapters: dict[str, LoraLinear]) -> dict[str, torch.Tensor]:
    grads = {}
    for name in adapters:
        layer = reference.get_submodule(f"base_model.model.{name}")
        grads[f"{name}.lora_A"] = layer.lora_A["default"].weight.grad
        grads[f"{name}.lora_B"] = layer.lora_B["default"].weight.grad
    return grads


def ours(
    model: Any, base: Any, rows: Rows, objective: str
) -> tuple[float, dict[str, torch.Tensor], Any]:
    """A step of all rows; the reference is measured on another copy of the base."""
    from whet.rows.attention import row_attention

    known = measured_reference(base, rows, range(len(rows)), 4096, lambda: False)
    rows = with_reference(rows, known)
    flat = FlatParameters([(n, p) for n, p in model.named_parameters() if p.requires_grad])
    settings = TrainSettings(objective=objective, beta=BETA)  # type: ignore[arg-type]
    with row_attention(model):
        task = task_of(model, rows, settings)
        found = step_gradient(
            model, flat, task.sequences, 200,
            units=task.units, total_weight=task.weight, measure=task.measure,
        )  # fmt: skip
    grads = dict(zip(flat.names, (g.clone() for g in flat.split(flat.grads)), strict=True))
    flat.release()
    return found.loss, grads, task


def assert_same(grads: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert set(grads) == set(expected)
    floor = 1e-3 * max(float(g.norm()) for g in expected.values())
    worst = {
        n: float((grads[n] - g).norm() / max(float(g.norm()), floor)) for n, g in expected.items()
    }
    assert max(worst.values()) < 1e-4, max(worst.items(), key=lambda item: item[1])


def arguments(kind: Any, folder: Path, size: int, **more: Any) -> Any:
    return kind(
        output_dir=str(folder), per_device_train_batch_size=size, beta=BETA, max_length=None,
        report_to="none", use_cpu=True, bf16=False, gradient_checkpointing=False, **more,
    )  # fmt: skip


def first_batch(trainer: Any) -> Any:
    return trainer._prepare_inputs(next(iter(trainer.get_train_dataloader())))


@pytest.mark.parametrize("std", [0.0, 0.1], ids=["first step", "moved"])
@pytest.mark.parametrize("family", ["llama", "qwen2"])
def test_dpo_is_that_of_trl(
    std: float,
    family: str,
    make_model: Callable[..., Any],
    pairs: Rows,
    tokenizer: Any,
    tmp_path: Path,
) -> None:
    from datasets import Dataset

    rows = ended(pairs)
    model, base = moved(make_model(family), std), make_model(family)
    data = Dataset.from_list(
        [
            {
                "prompt": words(row.sequences[0], False),
                "chosen": words(row.sequences[0], True),
                "rejected": words(row.sequences[1], True),
            }
            for row in rows
        ]
    )
    trainer = trl.DPOTrainer(
        model=with_peft(model),
        args=arguments(trl.DPOConfig, tmp_path, len(rows)),
        train_dataset=data,
        processing_class=tokenizer,
    )
    batch = first_batch(trainer)
    assert int(batch["completion_mask"].sum()) == sum(row.num_loss_tokens for row in rows)
    trainer.model.eval()
    moved_as(model, trainer.model)
    expected = trainer.compute_loss(trainer.model, batch)
    expected.backward()
    loss, grads, _ = ours(model, base, rows, "dpo")
    assert loss == pytest.approx(float(expected.detach()), rel=1e-4)
    assert_same(grads, their_gradients(trainer.model, lora_modules(model)))


def test_kto_is_that_of_trl(
    make_model: Callable[..., Any], judged: Rows, tokenizer: Any, tmp_path: Path
) -> None:
    """TRL pairs each prompt with the answer before it in a batch: here the batch is all rows."""
    from datasets import Dataset

    plain = ended(judged)
    rows = [plain[index] for index in partner_order(plain, 0)]
    model, base = moved(make_model("qwen2", seed=5), 0.1), make_model("qwen2", seed=5)
    data = Dataset.from_list(
        [
            {
                "prompt": words(row.sequences[0], False),
                "completion": words(row.sequences[0], True),
                "label": Part.DESIRABLE in row.parts,
            }
            for row in rows
        ]
    )
    trainer = trl.KTOTrainer(
        model=with_peft(model),
        args=arguments(trl.KTOConfig, tmp_path, len(rows), train_sampling_strategy="sequential"),
        train_dataset=data,
        processing_class=tokenizer,
    )
    batch = first_batch(trainer)
    trainer.model.eval()
    moved_as(model, trainer.model)
    expected = trainer.compute_loss(trainer.model, batch)
    expected.backward()
    loss, grads, task = ours(model, base, with_mismatched(rows, 0, 512), "kto")
    assert task.sides.kl > 0.01, "the divergence has a part in what is compared"
    assert task.sides.kl == pytest.approx(trainer._metrics["eval"]["kl"][-1], rel=1e-4)
    assert loss == pytest.approx(float(expected.detach()), rel=1e-4)
    assert_same(grads, their_gradients(trainer.model, lora_modules(model)))


def test_the_odds_ratio_of_orpo_is_that_of_trl(
    make_model: Callable[..., Any], pairs: Rows, tokenizer: Any, tmp_path: Path
) -> None:
    """Its odds-ratio term is compared; its imitation term is over the prompt too, ours is not."""
    orpo = pytest.importorskip("trl.experimental.orpo")
    from datasets import Dataset

    rows = ended(pairs)
    model, base = moved(make_model("qwen2"), 0.1), make_model("qwen2")
    data = Dataset.from_list(
        [
            {
                "prompt": words(row.sequences[0], False).strip(),
                "chosen": " " + words(row.sequences[0], True),
                "rejected": " " + words(row.sequences[1], True),
            }
            for row in rows
        ]
    )
    trainer = orpo.ORPOTrainer(
        model=with_peft(model),
        args=arguments(orpo.ORPOConfig, tmp_path, len(rows), remove_unused_columns=False),
        train_dataset=data,
        processing_class=tokenizer,
    )
    batch = first_batch(trainer)
    trainer.model.eval()
    moved_as(model, trainer.model)
    chosen, rejected, *_ = trainer.concatenated_forward(trainer.model, batch)
    losses, *_ = trainer.odds_ratio_loss(chosen, rejected)
    expected = (-chosen - losses).mean()
    expected.backward()
    loss, grads, _ = ours(model, base, rows, "orpo")
    assert loss == pytest.approx(float(expected.detach()), rel=1e-4)
    assert_same(grads, their_gradients(trainer.model, lora_modules(model)))
