"""The tools whose files are read: how each is recognised, what its keys mean, what it assumes.

A concept is one thing under one name for all tools (`accumulation`, `packing`); whet's own keys
are made from concepts in `recipe.py`. Defaults count as much as what the file says: a file of
LLaMA-Factory without `lora_rank` trains with rank 8. They were read from the sources of Axolotl
(067b021c), LLaMA-Factory (ff6d4d12), TRL (f2cd5771) and Unsloth (10da22a0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tool:
    """A trainer. `concepts` maps its keys, `defaults` are concepts it assumes when silent."""

    name: str
    concepts: Mapping[str, str]
    defaults: Mapping[str, Any]
    signature: frozenset[str]


_SHARED = {
    name: name
    for name in (
        "learning_rate", "weight_decay", "seed", "lora_alpha", "lora_dropout", "max_steps",
        "warmup_ratio", "warmup_steps", "bf16", "fp16", "eval_steps", "packing",
    )
} | {
    "gradient_accumulation_steps": "accumulation",
    "max_grad_norm": "clip_norm",
    "eval_strategy": "eval_strategy",
    "evaluation_strategy": "eval_strategy",
    "early_stopping_patience": "patience",
    "optim": "optimizer",
    "load_in_4bit": "four_bit",
    "load_in_8bit": "eight_bit",
}  # fmt: skip

_TRAINER = {
    "model_name_or_path": "model",
    "per_device_train_batch_size": "micro_batch",
    "num_train_epochs": "epochs",
    "lr_scheduler_type": "schedule",
}
_TRAINER_DEFAULTS = {
    "micro_batch": 8, "accumulation": 1, "epochs": 3.0, "schedule": "linear",
    "weight_decay": 0.0, "clip_norm": 1.0, "warmup_ratio": 0.0, "seed": 42,
}  # fmt: skip

AXOLOTL = Tool(
    "Axolotl",
    _SHARED | {
        "base_model": "model", "micro_batch_size": "micro_batch", "num_epochs": "epochs",
        "batch_size": "batch_of_device", "lr_scheduler": "schedule", "optimizer": "optimizer",
        "sequence_len": "max_length", "excess_length_strategy": "too_long",
        "adapter": "adapter", "lora_r": "rank", "lora_target_modules": "targets",
        "lora_target_linear": "target_linear", "peft_use_rslora": "rslora",
        "peft_use_dora": "dora", "sample_packing": "packing", "val_set_size": "validation",
        "evals_per_epoch": "evals_per_epoch", "chat_template": "template",
        "chat_template_jinja": "template_text", "default_system_message": "system",
        "train_on_inputs": "train_on_inputs", "rl": "objective",
        "float16": "fp16", "bfloat16": "bf16",
    },
    {
        "micro_batch": 1, "accumulation": 1, "epochs": 1.0, "schedule": "cosine",
        "max_length": 512, "too_long": "drop", "lora_dropout": 0.0, "weight_decay": 0.0,
        "clip_norm": 1.0, "warmup_ratio": 0.03, "seed": 42, "method": "full",
    },
    frozenset((
        "base_model", "micro_batch_size", "sequence_len", "sample_packing", "num_epochs",
        "val_set_size", "lora_target_linear", "dataset_prepared_path", "lr_scheduler", "adapter",
        "saves_per_epoch", "evals_per_epoch", "rl", "datasets", "pretraining_dataset",
    )),
)  # fmt: skip

LLAMA_FACTORY = Tool(
    "LLaMA-Factory",
    _SHARED | _TRAINER | {
        "finetuning_type": "adapter", "stage": "objective", "lora_rank": "rank",
        "lora_target": "targets", "use_rslora": "rslora", "use_dora": "dora",
        "cutoff_len": "max_length", "neat_packing": "packing", "val_size": "validation",
        "template": "template", "default_system": "system", "train_on_prompt": "train_on_inputs",
        "quantization_bit": "four_bit", "early_stopping_steps": "patience",
        "max_new_tokens": "max_new_tokens", "temperature": "temperature",
        "pure_bf16": "bf16",
    },
    _TRAINER_DEFAULTS | {
        "learning_rate": 5e-5, "rank": 8, "lora_dropout": 0.0, "max_length": 2048,
        "too_long": "cut_end", "adapter": "lora", "targets": "all",
    },
    frozenset((
        "stage", "finetuning_type", "cutoff_len", "template", "lora_target", "lora_rank",
        "dataset_dir", "dataset", "val_size", "overwrite_output_dir", "neat_packing",
        "quantization_bit", "train_on_prompt", "mask_history", "preprocessing_num_workers",
    )),
)  # fmt: skip

TRL = Tool(
    "TRL",
    _SHARED | _TRAINER | {
        "use_peft": "adapter", "lora_r": "rank", "lora_target_modules": "targets",
        "use_rslora": "rslora", "use_dora": "dora", "max_length": "max_length",
        "max_seq_length": "max_length", "truncation_mode": "too_long",
        "chat_template_path": "template_text",
        "assistant_only_loss": "answers_only", "completion_only_loss": "answers_only",
    },
    _TRAINER_DEFAULTS | {
        "learning_rate": 2e-5, "rank": 16, "lora_alpha": 32, "lora_dropout": 0.05,
        "max_length": 1024, "too_long": "keep_start", "adapter": False,
    },
    frozenset((
        "dataset_name", "use_peft", "dataset_train_split", "dataset_test_split", "lora_r",
        "completion_only_loss", "assistant_only_loss", "dataset_text_field", "truncation_mode",
        "chat_template_path", "datasets", "max_length", "max_seq_length", "dataset_config",
        "per_device_train_batch_size", "model_name_or_path",
    )),
)  # fmt: skip

UNSLOTH = Tool(
    "Unsloth",
    _SHARED | {
        "model": "model", "training_type": "adapter", "max_seq_length": "max_length",
        "num_epochs": "epochs", "batch_size": "micro_batch", "random_seed": "seed",
        "lora_r": "rank", "target_modules": "targets", "use_rslora": "rslora",
        "use_dora": "dora", "train_on_completions": "answers_only",
    },
    {
        "adapter": "lora", "max_length": 2048, "four_bit": True, "epochs": 3,
        "learning_rate": 2e-4, "micro_batch": 2, "accumulation": 4, "warmup_steps": 5,
        "weight_decay": 0.01, "seed": 3407, "rank": 64, "lora_alpha": 16, "lora_dropout": 0.0,
        "schedule": "linear", "clip_norm": 1.0, "too_long": "cut_end",
    },
    frozenset(("training", "lora", "logging")),
)  # fmt: skip

TOOLS = (AXOLOTL, LLAMA_FACTORY, TRL, UNSLOTH)
