"""The weights that are trained."""

from __future__ import annotations

from typing import Any

from torch import nn

from whet.errors import TrainingError
from whet.models.four_bit import is_four_bit
from whet.models.lora import add_lora, lora_modules
from whet.models.lora_layer import TRAINED
from whet.training.settings import TrainSettings


def trained_weights(model: Any, settings: TrainSettings) -> list[tuple[str, nn.Parameter]]:
    """The parameters to train, made trainable; LoRA layers are put in where there are none.

    Raises:
        TrainingError: the method does not fit the model as it was loaded.
    """
    model.eval()
    if (settings.method == "qlora") != is_four_bit(model):
        raise TrainingError(
            f"train.method={settings.method} on a model whose layers are "
            f"{'in 4 bits; use qlora' if is_four_bit(model) else 'not in 4 bits; load it so'}."
        )
    if settings.method == "full":
        if lora_modules(model):
            raise TrainingError("train.method=full on a model with an adapter; merge it first.")
        model.requires_grad_(True)
        return list(model.named_parameters())
    if not lora_modules(model):
        add_lora(
            model,
            rank=settings.rank,
            alpha=settings.alpha,
            rslora=settings.rslora,
            dropout=settings.dropout,
            dora=settings.dora,
            target_modules=settings.target_modules,
            seed=settings.seed,
        )
    model.requires_grad_(False)
    modules = lora_modules(model)
    for module in modules.values():
        module.train(bool(settings.dropout))
    trained = [
        (f"{name}.{leaf}", parameter)
        for name, module in modules.items()
        for leaf in TRAINED
        if (parameter := getattr(module, leaf)) is not None
    ]
    for _, parameter in trained:
        parameter.requires_grad_(True)
    return trained
