"""Keys that other trainers use, each with the sentence that names ours.

Taken from the documentation of Unsloth, Axolotl, LLaMA-Factory, TRL, ms-swift, Oumi and Ludwig.
A peer's key in `whet.yaml` is an error that says what to write instead: the concepts are not
always equal, so a silent alias would be wrong (16 packed rows are not 16 examples).
"""

from __future__ import annotations

from collections.abc import Mapping


def _named(ours: str, note: str, *theirs: str) -> dict[str, str]:
    return dict.fromkeys(theirs, f"whet calls it `{ours}`{note}.")


OUR_KEY: Mapping[str, str] = {
    **_named("model", "", "base_model", "model_name_or_path", "model_name", "model_id"),
    **_named(
        "data.train",
        "",
        "dataset",
        "datasets",
        "dataset_name",
        "dataset_path",
        "local_dataset",
        "train_file",
        "dataset_dir",
    ),
    **_named(
        "data.split.validation",
        " (a share) or `data.validation` (a file)",
        "val_set_size",
        "val_size",
        "eval_split",
        "split_dataset_ratio",
        "eval_dataset",
        "val_dataset",
        "test_datasets",
        "dataset_test_split",
    ),
    **_named(
        "train.max_length",
        "; empty means the longest row, and nothing is cut in silence",
        "max_seq_length",
        "max_seq_len",
        "sequence_len",
        "cutoff_len",
        "model_max_length",
        "global_max_sequence_length",
    ),
    **_named(
        "data.on_too_long",
        " (error, drop, truncate_left, truncate_right)",
        "excess_length_strategy",
        "truncation_mode",
        "truncation_strategy",
    ),
    **_named(
        "train.method",
        " (lora or full)",
        "adapter",
        "finetuning_type",
        "training_type",
        "use_peft",
        "tuner_type",
        "train_type",
    ),
    **_named("train.rank", "", "lora_r", "lora_rank", "r", "peft_lora_r"),
    **_named("train.alpha", "", "lora_alpha"),
    **_named("train.dropout", "", "lora_dropout"),
    **_named("train.rslora", "", "use_rslora", "peft_use_rslora"),
    **_named(
        "train.target_modules",
        " (`all-linear` by default)",
        "lora_target_modules",
        "lora_target",
        "lora_target_linear",
    ),
    **_named(
        "train.batch_size",
        ": examples in an optimizer step, i.e. theirs times accumulation times devices",
        "micro_batch_size",
        "per_device_train_batch_size",
        "gradient_accumulation_steps",
        "train_batch_size",
    ),
    **_named("train.epochs", "", "num_train_epochs", "num_epochs"),
    **_named("train.learning_rate", "", "lr"),
    **_named("train.schedule", "", "lr_scheduler_type", "lr_scheduler"),
    **_named("train.warmup_fraction", " (a share of the steps)", "warmup_ratio", "warmup_steps"),
    **_named("train.clip_norm", "", "max_grad_norm", "gradient_clipping"),
    **_named("train.dtype", "", "bf16", "fp16", "torch_dtype"),
    **_named("train.patience", "", "early_stopping_patience"),
    **_named("train.evals_per_epoch", "", "eval_steps", "evals_per_epoch", "save_steps"),
    **_named(
        "template",
        " (a file; the model's own by default)",
        "chat_template",
        "chat_template_path",
        "chat_template_jinja",
    ),
    **_named("generate.max_new_tokens", "", "max_tokens"),
    **_named("train.turns", " (`last` for the last answer only)", "mask_history"),
    **dict.fromkeys(
        ("packing", "sample_packing", "neat_packing", "pack", "padding_free"),
        "Leave it out: whet always packs, and proves that packing changes no loss.",
    ),
    **dict.fromkeys(
        (
            "train_on_inputs",
            "train_on_completions",
            "train_on_prompt",
            "completion_only_loss",
            "assistant_only_loss",
            "roles_to_train",
            "train_on_eos",
            "loss_scale",
        ),
        "Leave it out: whet trains on assistant answers and their stop token, always.",
    ),
    **dict.fromkeys(
        ("load_in_4bit", "quantization_bit", "quant_bits", "q_lora", "load_in_8bit"),
        "Write `train.method: qlora` for a base in 4 bits; there is none in 8.",
    ),
    **dict.fromkeys(
        ("output_dir", "output_directory"),
        "Leave it out: each run gets its own folder under runs/.",
    ),
    **dict.fromkeys(
        ("resume_from_checkpoint",),
        "Leave it out: `whet run RUN` or `whet train RUN` goes on where that run stopped.",
    ),
    **dict.fromkeys(
        ("report_to", "wandb_project", "use_mlflow", "enable_wandb", "enable_tensorboard"),
        "Leave it out: metrics are in each run's metrics.jsonl.",
    ),
    **dict.fromkeys(
        ("trust_remote_code",),
        "Leave it out: whet never runs a model's own code.",
    ),
}
