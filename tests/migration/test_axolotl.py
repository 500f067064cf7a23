from __future__ import annotations

import io
import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from whet.configfile import read_config
from whet.data import load
from whet.errors import ConfigError, DataError
from whet.migration import Fate

CONFIG = """\
base_model: whet-nano
tokenizer_type: AutoTokenizer
load_in_4bit: true
strict: false

datasets:
  - path: rows/alpaca.jsonl
    ds_type: json
    type: alpaca
dataset_prepared_path: last_run_prepared
val_set_size: 0.05
output_dir: ./outputs/lora

adapter: qlora
lora_r: 32
lora_alpha: 64
lora_dropout: 0.05
lora_target_linear: true

sequence_len: 500
sample_packing: true
micro_batch_size: 2
gradient_accumulation_steps: 4
num_epochs: 4
optimizer: paged_adamw_32bit
lr_scheduler: cosine
learning_rate: 1e-4
bf16: auto
gradient_checkpointing: true
warmup_steps: 1
evals_per_epoch: 2
saves_per_epoch: 1
weight_decay: 0.0
wandb_project:
wandb_entity:
lora_rank_of_mine: 7
special_tokens:
  pad_token: "<|pad|>"
"""


@pytest.fixture
def made(migrate: Callable[..., Any], alpaca: list[Any]) -> Any:
    return migrate(CONFIG)


def test_settings_keep_their_meaning(made: Any) -> None:
    _, config, _ = made
    train = config.train
    assert (train.method, train.rank, train.alpha, train.dropout) == ("qlora", 32, 64, 0.05)
    assert (train.learning_rate, train.epochs, train.schedule) == (1e-4, 4, "cosine")
    assert (train.max_length, train.evals_per_epoch) == (500, 2)
    assert train.target_modules == ("all-linear",)
    assert config.data.split.validation == 0.05
    assert config.data.on_too_long == "drop"


def test_a_packed_batch_counts_examples_and_not_rows(made: Any) -> None:
    # Rows of fifty tokens: ten of them in five hundred, two such rows, four times.
    verb, config, text = made
    assert config.train.batch_size == 2 * 4 * 10
    assert "10.0 examples in 500 tokens, by a ruler" in text
    assert any("train.batch_size: 80" in note for note in verb.notes)


def test_warm_up_in_steps_becomes_a_share_of_the_steps(made: Any) -> None:
    # 95 rows in steps of 80, four times over: 4.75 steps.
    assert made[1].train.warmup_fraction == pytest.approx(1 / 4.75, rel=0.05)


def test_every_key_is_accounted_for(made: Any) -> None:
    verb, _, text = made
    fates = {entry.key: entry.fate for entry in verb.keys}
    assert fates["load_in_4bit"] is Fate.TRANSLATED
    assert fates["datasets[0].type"] is Fate.INSTEAD
    assert fates["datasets[0].path"] is Fate.TRANSLATED
    assert fates["output_dir"] is Fate.IRRELEVANT
    assert fates["wandb_project"] is Fate.EMPTY
    assert fates["lora_rank_of_mine"] is Fate.UNKNOWN
    assert len(fates) == 33
    for key in fates:
        assert key in text.partition("# What became of")[2], key
    assert "not known: lora_rank_of_mine: 7" in verb.text()


def test_the_rows_are_copied_and_read(made: Any) -> None:
    verb, config, _ = made
    assert (verb.folder / "data" / "alpaca.jsonl").is_file()
    dataset = load(config.data, root=verb.folder, has_prompt=True)
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 100


def test_conversations_under_other_names_are_mapped(
    migrate: Callable[..., Any], read_first: Callable[..., Any], tmp_path: Path
) -> None:
    turns = [{"from": "customer", "value": "Hi"}, {"from": "agent", "value": "Hello"}]
    rows = [{"id": n, "dialogue": turns} for n in range(9)]
    (tmp_path / "chat.json").write_text(json.dumps(rows), encoding="utf-8")
    verb, config, _ = migrate("""\
base_model: whet-nano
datasets:
  - path: chat.json
    type: chat_template
    field_messages: dialogue
    message_property_mappings: {role: from, content: value}
    roles: {user: [customer], assistant: [agent]}
    roles_to_train: ["assistant"]
sequence_len: 64
micro_batch_size: 3
""")
    assert config.data.columns == {"messages": "dialogue"}
    assert config.data.roles == {"customer": "user", "agent": "assistant"}
    assert config.train.method == "full"
    example = read_first(verb.folder, config)
    assert [m["role"] for m in example.messages] == ["user", "assistant"]


def test_turns_with_unknown_keys_are_written_anew(
    migrate: Callable[..., Any], tmp_path: Path
) -> None:
    rows = [{"messages": [{"who": "user", "text": "Hi"}, {"who": "assistant", "text": f"{n}"}]}
            for n in range(9)]  # fmt: skip
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "chat.jsonl").write_text(text, encoding="utf-8")
    verb, config, _ = migrate("""\
base_model: whet-nano
datasets:
  - {path: chat.jsonl, type: chat_template, message_field_role: who, message_field_content: text}
sequence_len: 64
""")
    assert any("were written as messages" in note for note in verb.notes)
    first = (verb.folder / config.data.train[0]).read_text(encoding="utf-8").splitlines()[0]
    assert json.loads(first)["messages"][0] == {"role": "user", "content": "Hi"}


def test_columns_of_an_own_type_and_its_system_prompt(
    migrate: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "qa.csv").write_text("ask,say\nred?,no\nblue?,yes\n", encoding="utf-8")
    verb, config, _ = migrate("""\
base_model: whet-nano
datasets:
  - path: qa.csv
    type:
      system_prompt: Answer with yes or no.
      field_instruction: ask
      field_output: say
      format: "[INST] {instruction} [/INST]"
sequence_len: 64
""")
    assert config.data.columns == {"input": "ask", "output": "say"}
    assert (verb.folder / "prompts/prompt.txt").read_text() == "Answer with yes or no.\n"
    said = {entry.key: entry for entry in verb.keys}
    assert said["datasets[0].type.format"].fate is Fate.INSTEAD
    assert said["datasets[0].type.system_prompt"].fate is Fate.TRANSLATED


def test_a_hub_data_set_is_named_as_missing_until_it_is_given(
    migrate: Callable[..., Any], tmp_path: Path, alpaca: list[Any]
) -> None:
    text = CONFIG.replace("rows/alpaca.jsonl", "tatsu-lab/alpaca")
    verb, config, page = migrate(text)
    assert not verb.ready and "tatsu-lab/alpaca: not on this machine" in verb.text()
    assert "NOT HERE YET: fetch tatsu-lab/alpaca" in page and "NOT MEASURED" in page
    assert config.train.batch_size == 8
    verb, config, _ = migrate(text, data=tmp_path / "rows" / "alpaca.jsonl")
    assert verb.ready and config.train.batch_size == 80


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("strict: false", "rl: dpo", "rl: dpo: only imitation .SFT. is translated"),
        ("type: alpaca", "type: completion", "not on running or ready-made tokens"),
        ("lora_r: 32", "lora_r: many", "lora_r: expected a number, found many"),
        ("micro_batch_size: 2", "micro_batch_size: -2", "expected a whole number from 1"),
        ("learning_rate: 1e-4", "learning_rate: 5", "train.learning_rate: Input should be less"),
        ("num_epochs: 4", "num_epochs: .nan", "num_epochs: expected a number"),
    ],
)
def test_what_cannot_be_done_is_refused_before_a_folder_is_made(
    migrate: Callable[..., Any], alpaca: list[Any], tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        migrate(CONFIG.replace(old, new))
    assert not list(tmp_path.glob("*project*")), "not even a hidden one"


def test_broken_rows_stop_it(
    migrate: Callable[..., Any], alpaca: list[Any], tmp_path: Path
) -> None:
    file = tmp_path / "rows" / "alpaca.jsonl"
    file.write_text(file.read_text() + '{"instruction": "x"\n')
    with pytest.raises(DataError, match=r"alpaca.jsonl:101"):
        migrate(CONFIG)


def test_private_values_are_written_nowhere(migrate: Callable[..., Any], alpaca: list[Any]) -> None:
    verb, _, text = migrate(CONFIG + "comet_api_key: hush-hush\nhub_token: hush-hush\n")
    assert "hush-hush" not in text + verb.text()
    assert read_config(verb.folder / "whet.yaml")


ODD: list[Any] = [
    None, True, False, 0, -1, 2.5, 1e30, 10**40, "", "yes", "auto", "x" * 500, "a\u2028\x85b",
    [], [1], ["a", None], [[]], {"a": 1}, {"a": {"b": [1]}}, "none", "../../etc/passwd",
    float("inf"), float("nan"), "full", "1e-4",
]  # fmt: skip


def test_odd_values_are_refused_or_give_a_config_that_loads(
    migrate: Callable[..., Any], alpaca: list[Any]
) -> None:
    yaml = YAML(typ="safe", pure=True)
    drawn = random.Random(0)
    outcomes = Counter[str]()
    for _ in range(50):
        values = yaml.load(CONFIG)
        for key in drawn.sample(sorted(values), 2):
            values[key] = drawn.choice(ODD)
        item = values.get("datasets")
        if isinstance(item, list) and item and isinstance(item[0], dict):
            item[0][drawn.choice(sorted(item[0]))] = drawn.choice(ODD)
        stream = io.StringIO()
        yaml.dump(values, stream)
        try:
            migrate(stream.getvalue())
            outcomes["made"] += 1
        except (ConfigError, DataError):
            outcomes["refused"] += 1
    assert min(outcomes["made"], outcomes["refused"]) > 5, outcomes
