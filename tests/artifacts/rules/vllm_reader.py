"""What vLLM's own adapter reader says of adapter folders; run as a program of its own.

Standard input: {"adapters": {name: folder}, "modules": [...], "architectures": [...]}. Standard
output: {"adapters": {name: [max_lora_rank, refusal or null]}, "models": {architecture: [takes
adapters, embeddings that may be adapted]}}. It does what `WorkerLoRAManager._load_adapter` does,
without a model: read the configuration, check it, read the tensors.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any, get_args


def main() -> None:
    from vllm.config.lora import MaxLoRARanks
    from vllm.lora import lora_model

    lora_model.PIN_MEMORY = False  # there is no accelerator to pin it for
    asked = json.load(sys.stdin)
    modules = set(asked["modules"])
    told = {
        name: read(folder, modules, get_args(MaxLoRARanks))
        for name, folder in asked["adapters"].items()
    }
    models = {name: model(name) for name in asked["architectures"]}
    print("\n" + json.dumps({"adapters": told, "models": models}))


def read(folder: str, modules: set[str], ranks: tuple[int, ...]) -> tuple[int | None, str | None]:
    """The smallest rank limit with which the adapter is taken, or why it is not."""
    from vllm.config.lora import LoRAConfig
    from vllm.lora.lora_model import LoRAModel
    from vllm.lora.peft_helper import PEFTHelper

    refusal = None
    for rank in ranks:
        try:
            helper = PEFTHelper.from_local_dir(folder, 2048)
            helper.validate_legal(LoRAConfig(max_lora_rank=rank))
            LoRAModel.from_local_checkpoint(folder, modules, helper, lora_model_id=1, device="cpu")
        except Exception as error:
            refusal = f"{type(error).__name__}: {error}"
        else:
            return rank, None
    return None, refusal


def model(architecture: str) -> tuple[bool, list[str]] | None:
    """Whether vLLM's class of that name takes adapters; None: it has no such class."""
    from vllm.model_executor.models.interfaces import supports_lora
    from vllm.model_executor.models.registry import _TEXT_GENERATION_MODELS

    if architecture not in _TEXT_GENERATION_MODELS:
        return None
    file, name = _TEXT_GENERATION_MODELS[architecture]
    found: Any = getattr(import_module(f"vllm.model_executor.models.{file}"), name)
    return bool(supports_lora(found)), sorted(getattr(found, "embedding_modules", None) or ())


if __name__ == "__main__":
    main()
