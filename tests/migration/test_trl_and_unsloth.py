from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from whet.migration import Fate

TRL = """\
model_name_or_path: whet-nano
dataset_name: rows/alpaca.jsonl
use_peft: true
lora_r: 8
lora_alpha: 8
lora_target_modules: [q_proj, v_proj]
max_length: 100
packing: true
truncation_mode: keep_end
per_device_train_batch_size: 4
num_train_epochs: 2
eval_strategy: epoch
gradient_checkpointing: 'yes'
bf16: 'no'
chat_template_path: chat.jinja
"""

UNSLOTH = """\
model: whet-nano
data:
  local_dataset: [rows/alpaca.jsonl]
  format_type: alpaca
training:
  training_type: lora
  max_seq_length: 128
  batch_size: 3
  num_epochs: 2
  train_on_completions: true
lora:
  lora_r: 4
  target_modules: "q_proj,k_proj"
logging:
  enable_wandb: false
  hf_token: hush
"""


def test_trl(migrate: Callable[..., Any], tmp_path: Path, alpaca: list[Any]) -> None:
    (tmp_path / "chat.jinja").write_text("{{ messages[0].content }}", encoding="utf-8")
    verb, config, _ = migrate(TRL)
    train = config.train
    assert (train.method, train.rank, train.alpha, train.dropout) == ("lora", 8, 8, 0.05)
    assert train.target_modules == ("q_proj", "v_proj")
    assert train.batch_size == 4 * 2, "two rows of fifty tokens fit into a hundred"
    assert (train.learning_rate, train.epochs, train.evals_per_epoch) == (2e-5, 2, 1)
    assert (train.dtype, config.data.on_too_long) == ("float32", "truncate_left")
    assert config.template == "template.jinja" and (verb.folder / "template.jinja").is_file()
    assert any("answers_only" in note for note in verb.notes), "TRL trains on questions too"


def test_trl_trains_all_weights_unless_told_otherwise(
    migrate: Callable[..., Any], alpaca: list[Any]
) -> None:
    _, config, text = migrate("model_name_or_path: whet-nano\ndataset_name: rows/alpaca.jsonl\n")
    assert config.train.method == "full"
    assert config.train.max_length == 1024 and "when told nothing" in text


def test_unsloth(migrate: Callable[..., Any], alpaca: list[Any]) -> None:
    verb, config, text = migrate(UNSLOTH)
    train = config.train
    assert (train.rank, train.alpha, train.max_length) == (4, 16, 128)
    assert train.batch_size == 3 * 4, "it accumulates four when told nothing"
    assert train.target_modules == ("q_proj", "k_proj") and train.seed == 3407
    said = {entry.key: entry for entry in verb.keys}
    assert said["training.train_on_completions"].fate is Fate.IRRELEVANT
    assert said["logging.hf_token"].value == "***" and "hush" not in text
    assert train.method == "qlora", "it trains in four bits unasked"


def test_an_empty_max_length_of_trl_is_no_limit(
    migrate: Callable[..., Any], alpaca: list[Any]
) -> None:
    _, config, _ = migrate(TRL.replace("max_length: 100", "max_length:"))
    assert config.train.max_length is None
