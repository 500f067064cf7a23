"""Keys without a counterpart, with what whet does instead; and keys that mean nothing here.

One table for all tools: where two of them use a name, they mean the same by it. A prefix stands
for a family of keys; the longest one that fits is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MASK = "whet trains on every assistant answer and its stop token, on nothing else."
_LORA = "whet's adapters are plain LoRA on linear layers."
_ADAMW = "whet trains with AdamW and its usual settings."
_PREFERENCE = (
    "of preference losses whet has DPO, ORPO and KTO, with `train.beta` as their one setting."
)
_KERNELS = "whet has its own engine, and proves that packing changes no loss."
_TRACKER = "metrics are in each run's metrics.jsonl and report.html."
_CHECKPOINTS = "whet saves by itself and goes on with `whet run RUN`."
_MACHINE = "this version trains on one machine and one device."
_ROWS = "all rows of the files are used; cut the file yourself."
_TEMPLATE = "the model's own chat template is used; `template:` names another."
_MODEL = "the model's own files decide."


def _table(names: Mapping[str, str]) -> dict[str, str]:
    """Names to sentences, from sentences to their names."""
    return {name: said for said, listed in names.items() for name in listed.split()}


INSTEAD: Mapping[str, str] = _table(
    {
        _MASK: (
            "mask_history roles_to_train train_on_eos train_on_eot message_field_training "
            "message_field_training_detail loss_type loss_scale label_smoothing_factor use_eaft "
            "use_dft_loss"
        ),
        _LORA: (
            "lora_modules_to_save additional_target lora_fan_in_fan_out loraplus_lr_ratio "
            "loraplus_lr_embedding use_loftq loftq_config peft peft_layers_to_transform "
            "peft_layers_pattern peft_init_lora_weights pissa_init pissa_iter pissa_convert "
            "module_dropout lora_target_parameters lora_rank_pattern lora_alpha_pattern "
            "vision_all_linear"
        ),
        _ADAMW: (
            "adam_beta1 adam_beta2 adam_epsilon optim_args optim_target_modules embedding_lr "
            "embedding_lr_scale lr_groups neftune_noise_alpha lr_scheduler_kwargs "
            "cosine_min_lr_ratio cosine_constant_lr_ratio lr_quadratic_warmup"
        ),
        _PREFERENCE: (
            "rl_beta orpo_alpha simpo_gamma cpo_alpha pref_beta pref_loss pref_ftx ref_model "
            "kto_desirable_weight kto_undesirable_weight"
        ),
        _MACHINE: (
            "deepspeed tensor_parallel_size context_parallel_size sequence_parallel_degree "
            "expert_parallel_size dp_shard_size dp_replicate_size parallelism_config use_ray"
        ),
        _ROWS: (
            "max_samples num_samples shards shards_idx split subset fraction dataset_shard_num "
            "dataset_shard_idx streaming dataset_streaming mix_strategy interleave_probs "
            "dataset_train_split min_sample_len total_num_tokens"
        ),
        "whet reads files; save that part of the hub data set as one.": (
            "name dataset_config revision"
        ),
        _TEMPLATE: (
            "special_tokens tokens added_tokens_overrides add_tokens add_special_tokens "
            "resize_vocab resize_token_embeddings_to_32x eos_token pad_token eot_tokens "
            "chat_template_kwargs enable_thinking tool_format format no_input_format "
            "system_format field_thinking template_thinking_key split_thinking conversation"
        ),
        _MODEL: (
            "rope_scaling shift_attn s2_attention mixture_of_depths overrides_of_model_config "
            "model_revision revision_of_model tokenizer_config model_init_kwargs "
            "unfrozen_parameters freeze_trainable_layers freeze_trainable_modules "
            "moe_aux_loss_coef router_aux_loss_coef"
        ),
        "whet starts a new adapter; compare an old one with `whet eval --adapter DIR`.": (
            "adapter_name_or_path lora_model_dir"
        ),
        "whet always keeps the best state by validation loss.": (
            "load_best_model_at_end metric_for_best_model greater_is_better"
        ),
        "whet names spikes, flat lines and overfitting by itself, and stops on NaN.": (
            "loss_watchdog_threshold loss_watchdog_patience"
        ),
        "`whet check` finds duplicates, `whet clean` removes them.": (
            "dataset_exact_deduplication input_transform"
        ),
        "weights are trained in 16 or 32 bit in this version.": (
            "fp8 qat quantization gptq quantize_moe_experts"
        ),
        "whet has nothing of the kind.": (
            "plugins env generate_samples curriculum_sampling relora auto_find_batch_size "
            "group_by_length predict_with_generate do_predict"
        ),
        "whet keeps the rows' system messages; remove them from the file.": ("drop_system_message"),
    }
)

INSTEAD_FAMILIES: Mapping[str, str] = _table(
    {
        _MACHINE: ("fsdp kt_ use_kt expert_ tensor_model_ pipeline_"),
        _ADAMW: (
            "use_galore galore_ use_apollo apollo_ use_badam badam_ use_muon use_adam_mini dion_ "
            "qgalore_ lisa_ adam_ jagged_restart"
        ),
        _LORA: ("oft_ use_llama_pro"),
        "whet has nothing of the kind.": ("relora_"),
        _PREFERENCE: ("dpo_ kto_ ppo_ reward_"),
        "weights are trained in 16 or 32 bit in this version.": ("fp8_ gptq_"),
        _MASK: ("use_eaft use_asft asft_ eaft_"),
        _ROWS: ("streaming_"),
        _MODEL: ("model_quantization_ bnb_"),
    }
)

IRRELEVANT: Mapping[str, str] = _table(
    {
        "each run gets its own folder under runs/.": ("output_dir overwrite_output_dir run_name"),
        _TRACKER: (
            "report_to plot_loss project project_name enable_wandb enable_tensorboard "
            "tensorboard_dir include_tokens_per_second disable_tqdm include_tkps use_tensorboard "
            "eval_table_size debug"
        ),
        _CHECKPOINTS: ("resume_from_checkpoint auto_resume_from_checkpoints saves_per_epoch"),
        _KERNELS: (
            "flash_attention flash_attn sdp_attention xformers_attention flex_attention "
            "eager_attention attn_implementation padding_free packing_strategy eval_packing "
            "eval_sample_packing pad_to_sequence_len pad_to_multiple_of sample_packing_eff_est "
            "sample_packing_group_size sample_packing_bin_size sample_packing_sequentially "
            "use_kernels sample_packing_seq_len_multiplier max_packed_sequence_len tf32 "
            "gradient_checkpointing gradient_checkpointing_kwargs disable_gradient_checkpointing "
            "activation_offloading use_cache torch_compile torch_compile_backend "
            "torch_compile_mode use_unsloth use_unsloth_gc enable_liger_kernel use_liger_kernel "
            "fused_attn_kernel cut_cross_entropy low_cpu_mem_usage device_map gc_steps "
            "upcast_layernorm multipack_real_batches batch_flattening lora_mlp_kernel "
            "lora_qkv_kernel lora_o_kernel lora_on_cpu double_quantization quantization_method "
            "torch_empty_cache_steps"
        ),
        "whet reads and caches the data by itself.": (
            "dataset_prepared_path overwrite_cache cache_dir tokenized_path "
            "shuffle_merged_datasets shuffle_dataset remove_unused_columns skip_prepare_dataset "
            "dataset_processes dataset_num_proc data_seed dataset_keep_in_memory "
            "group_by_modality_length max_grad_value ds_type train_on_split buffer_size "
            "ignore_pad_token_for_loss"
        ),
        "`whet run` does and chooses this by itself.": (
            "do_train do_eval strict is_preprocess world_size local_rank device use_cpu "
            "compute_accuracy eval_batch_size print_param_status per_device_eval_batch_size "
            "eval_accumulation_steps infer_backend infer_dtype dtype torch_dtype gpu_memory_limit "
            "max_memory"
        ),
        _MODEL: (
            "model_type tokenizer_type processor_type base_model_config tokenizer_use_fast "
            "tokenizer_legacy use_fast_tokenizer lora_task_type is_llama_derived_model "
            "is_mistral_derived_model is_falcon_derived_model is_qwen_derived_model "
            "base_model_ignore_patterns save_safetensors finetune_vision_layers "
            "finetune_language_layers finetune_mlp_modules finetune_attention_modules"
        ),
        "whet never runs a model's own code.": (
            "trust_remote_code experimental_skip_move_to_device"
        ),
    }
)

IRRELEVANT_FAMILIES: Mapping[str, str] = _table(
    {
        _TRACKER: (
            "wandb use_wandb comet use_comet mlflow use_mlflow hf_mlflow swanlab use_swanlab "
            "trackio use_trackio logging_ otel_ use_otel log_ profiler_"
        ),
        _CHECKPOINTS: ("save_"),
        "nothing is uploaded.": ("hub_ push_"),
        "keys and logins stay in the environment.": ("hf_"),
        "whet reads and caches the data by itself.": ("dataloader_ preprocessing_"),
        _MACHINE: ("ddp ray_"),
        _KERNELS: (
            "flash_attn_ liger_ use_reentrant flex_attn_ use_v1_kernels experts_ use_scattermoe"
        ),
        "`whet export` is a verb of its own.": ("export_"),
        "serving is set up elsewhere.": ("vllm sglang"),
        "there are no images in this version.": ("image_"),
        "there is no video in this version.": ("video_"),
        _MODEL: ("bnb_4bit freeze_ tokenizer_use_"),
        "`generate:` has the settings for answers.": ("generation_"),
    }
)


def is_off(value: Any) -> bool:
    """Whether a value asks for nothing: false, zero, an empty list, the word none."""
    off = isinstance(value, str) and value.strip().lower() in ("none", "no", "off", "false", "0")
    return off or not value


def look_up(name: str) -> tuple[bool, str] | None:
    """Whether something is lost with a key, and the sentence on it; None for an unknown key."""
    if name in INSTEAD:
        return True, INSTEAD[name]
    if name in IRRELEVANT:
        return False, IRRELEVANT[name]
    families = {p: (True, s) for p, s in INSTEAD_FAMILIES.items()}
    families |= {p: (False, s) for p, s in IRRELEVANT_FAMILIES.items()}
    fitting = [prefix for prefix in families if name.startswith(prefix)]
    return families[max(fitting, key=len)] if fitting else None
