from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whet.errors import ConfigError
from whet.migration import Fate

CONFIG = """\
### model
model_name_or_path: whet-nano
trust_remote_code: true

### method
stage: sft
do_train: true
finetuning_type: lora
lora_target: all

### dataset
dataset: tickets
template: qwen3
cutoff_len: 256
preprocessing_num_workers: 16

### output
output_dir: saves/lora
overwrite_output_dir: true
report_to: none

### train
per_device_train_batch_size: 2
gradient_accumulation_steps: 8
learning_rate: 1.0e-4
max_steps: 20
lr_scheduler_type: cosine
warmup_ratio: 0.1
bf16: true
ddp_timeout: 180000000
resume_from_checkpoint: null
val_size: 30
"""

TICKETS = {
    "file_name": "tickets.json",
    "formatting": "sharegpt",
    "columns": {"messages": "talk", "system": "rules"},
    "tags": {"role_tag": "role", "content_tag": "content", "user_tag": "client",
             "assistant_tag": "helper"},
}  # fmt: skip


def write(tmp_path: Path, info: dict[str, Any]) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")
    talk = [{"role": "client", "content": "Hi"}, {"role": "helper", "content": "Hello"}]
    rows = [{"talk": talk, "rules": f"Be kind {n}."} for n in range(300)]
    (data / "tickets.json").write_text(json.dumps(rows), encoding="utf-8")
    pairs = [{"q": "one", "extra": "two", "a": "three"}] * 3
    (data / "pairs.json").write_text(json.dumps(pairs), encoding="utf-8")


def test_columns_and_tags_become_columns_and_roles(
    migrate: Callable[..., Any], read_first: Callable[..., Any], tmp_path: Path
) -> None:
    write(tmp_path, {"tickets": TICKETS})
    verb, config, text = migrate(CONFIG)
    assert config.data.columns == {"messages": "talk", "system": "rules"}
    assert config.data.roles == {"client": "user", "helper": "assistant"}
    example = read_first(verb.folder, config)
    assert [m["role"] for m in example.messages] == ["system", "user", "assistant"]
    assert config.prompt == () and "prompt:" not in text.partition("# What became")[0]


def test_what_it_assumes_unasked_is_written_down(
    migrate: Callable[..., Any], tmp_path: Path
) -> None:
    write(tmp_path, {"tickets": TICKETS})
    _, config, text = migrate(CONFIG)
    assert (config.train.rank, config.train.alpha) == (8, 16)
    assert "rank: 8  # what LLaMA-Factory does when told nothing" in text
    assert config.train.seed == 42 and config.train.weight_decay == 0.0


def test_steps_and_counts_become_epochs_and_shares(
    migrate: Callable[..., Any], tmp_path: Path
) -> None:
    write(tmp_path, {"tickets": TICKETS})
    _, config, _ = migrate(CONFIG)
    assert config.data.split.validation == 0.1
    assert config.train.batch_size == 16
    assert config.train.epochs == pytest.approx(20 * 16 / 270, rel=0.01)
    assert config.train.warmup_fraction == 0.1


def test_the_template_has_no_counterpart(migrate: Callable[..., Any], tmp_path: Path) -> None:
    write(tmp_path, {"tickets": TICKETS})
    said = {entry.key: entry for entry in migrate(CONFIG)[0].keys}
    assert said["template"].fate is Fate.INSTEAD
    assert said["resume_from_checkpoint"].fate is Fate.EMPTY
    assert said["trust_remote_code"].fate is Fate.IRRELEVANT
    assert not [key for key, entry in said.items() if entry.fate is Fate.UNKNOWN]


def test_sets_that_differ_are_written_as_messages(
    migrate: Callable[..., Any], tmp_path: Path
) -> None:
    columns = {"prompt": "q", "query": "extra", "response": "a"}
    write(tmp_path, {"tickets": TICKETS,
                     "pairs": {"file_name": "pairs.json", "columns": columns}})  # fmt: skip
    verb, config, _ = migrate(CONFIG.replace("dataset: tickets", "dataset: tickets,pairs"))
    assert config.data.columns == {}
    assert len(config.data.train) == 2
    lines = (verb.folder / "data" / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0])["messages"][0]["content"] == "one\ntwo"


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ({"other": TICKETS}, "has no data set 'tickets'. It has other"),
        ({"tickets": {**TICKETS, "ranking": True}}, "preference pairs"),
        ({"tickets": {**TICKETS, "columns": {"images": "images"}}}, "whet trains on text"),
    ],
)
def test_a_set_that_cannot_be_trained_on_is_refused(
    migrate: Callable[..., Any], tmp_path: Path, info: dict[str, Any], said: str
) -> None:
    write(tmp_path, info)
    with pytest.raises(ConfigError, match=said):
        migrate(CONFIG)


@pytest.mark.parametrize("stage", ["dpo", "kto", "rm", "ppo", "pt"])
def test_other_stages_are_refused(migrate: Callable[..., Any], tmp_path: Path, stage: str) -> None:
    write(tmp_path, {"tickets": TICKETS})
    with pytest.raises(ConfigError, match=f"stage: {stage}"):
        migrate(CONFIG.replace("stage: sft", f"stage: {stage}"))


def test_a_broken_list_of_data_sets_is_one_message(
    migrate: Callable[..., Any], tmp_path: Path
) -> None:
    write(tmp_path, {})
    (tmp_path / "data" / "dataset_info.json").write_text('{"tickets": ', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"dataset_info.json: not valid JSON"):
        migrate(CONFIG)


def test_without_the_list_the_data_are_missing(migrate: Callable[..., Any]) -> None:
    verb, config, _ = migrate(CONFIG)
    assert not verb.ready and config.data.train == ("data/train.jsonl",)
    said = {entry.key: entry for entry in verb.keys}
    assert said["max_steps"].fate is Fate.INSTEAD
