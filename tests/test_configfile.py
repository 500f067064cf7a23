from __future__ import annotations

from pathlib import Path

import pytest

from whet.configfile import all_keys, dump_yaml, read_config
from whet.errors import ConfigError

GOOD = "model: whet-nano\ndata: {train: a.jsonl}\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "whet.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read_config(write(folder, text), overrides)
    return str(caught.value).replace(str(folder) + "/", "")


def test_a_short_file_gets_every_default(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, GOOD))
    assert (config.train.rank, config.train.learning_rate) == (16, 2e-4)
    assert config.data.train == ("a.jsonl",)


def test_scientific_notation_is_a_number(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, GOOD + "train: {learning_rate: 1e-5}\n"))
    assert config.train.learning_rate == 1e-5


def test_the_resolved_file_reads_back_equal(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, GOOD), ["few_shot.counts=2,4", "generate.choices=a,b"])
    assert read_config(write(tmp_path, dump_yaml(config))) == config


def test_overrides_change_one_key_each(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, GOOD), ["train.rank=4", "prompt=a.txt", "task=a: b"])
    assert (config.train.rank, config.prompt, config.task) == (4, ("a.txt",), "a: b")


BAD = {
    "unknown key": (GOOD + "evall: 3\n", "whet.yaml:3: evall: unknown key. Did you mean `eval`?"),
    "misspelt in a section": (
        GOOD + "train: {learnin_rate: 1}\n",
        "whet.yaml:3: train.learnin_rate: unknown key. Did you mean `learning_rate`?",
    ),
    "a peer's key": (
        GOOD + "train:\n  lora_r: 8\n",
        "whet.yaml:4: train.lora_r: unknown key. whet calls it `train.rank`.",
    ),
    "a peer's concept": (GOOD + "train_on_inputs: true\n", "always."),
    "duplicate key": (GOOD + "model: b\n", 'whet.yaml:3: found duplicate key "model"'),
    "a word for a number": (GOOD + "train: {epochs: three}\n", "(seen: 'three')"),
    "yes is a word in YAML 1.2": (GOOD + "train: {rslora: yes}\n", "(seen: 'yes')"),
    "rank 0": (GOOD + "train: {rank: 0}\n", "whet.yaml:3: train.rank: Input should be greater"),
    "infinity": (GOOD + "train: {learning_rate: .inf}\n", "train.learning_rate"),
    "not a number": (GOOD + "train: {learning_rate: .nan}\n", "train.learning_rate"),
    "a python object": (GOOD + "task: !!python/object:os.system x\n", "whet.yaml"),
    "an alias": (GOOD + "arms: {a: &x {model: b}, c: *x}\n", "aliases"),
    "tabs": (GOOD + "train:\n\trank: 3\n", "whet.yaml:4"),
    "a list": ("- a\n", "expected `key: value` lines, found a list"),
    "empty": ("", "found nothing"),
    "no model": ("data: {train: a}\n", "model: missing."),
    "an empty train list": ("model: m\ndata: {train: []}\n", "data.train"),
    "an endpoint without a model": (GOOD + "arms: {a: {endpoint: http://x}}\n", "needs `model`"),
    "a format gate without a form": (GOOD + "gates: {format: {}}\n", "gates.format"),
    "a bad regular expression": (GOOD + "gates: {format: {regex: '('}}\n", "regular expression"),
    "too deep": (GOOD + "task: " + "[" * 200 + "]" * 200 + "\n", "nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD.keys())
def test_a_fault_is_named_with_its_line_and_remedy(tmp_path: Path, text: str, message: str) -> None:
    assert message in faults(tmp_path, text)


def test_all_faults_come_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    text = GOOD + "train: {rank: -1}\neval: {marginn: 3}\nbar: 3\n"
    lines = faults(tmp_path, text).split("\n")
    assert [line.split(":")[1] for line in lines] == ["3", "4", "5"]


def test_a_fault_of_an_override_names_the_command_line(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD, "train.rank=-1").startswith("on the command line: train.rank")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="whet init"):
        read_config(tmp_path / "none.yaml")


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    assert "at most" in faults(tmp_path, "#" * 1_000_001)


def test_every_key_has_a_description() -> None:
    from whet.configfile import _description

    undescribed = [key for key in all_keys() if not _description(key.split("."))]
    assert not undescribed


def test_a_whole_file_of_another_trainer_is_sent_to_its_translation(tmp_path: Path) -> None:
    path = tmp_path / "whet.yaml"
    path.write_text("base_model: m\ndatasets: []\nlora_r: 8\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"whet init DIR --from .*whet.yaml"):
        read_config(path)


@pytest.mark.parametrize("value", ["2020-13-45", "[" * 5000, "9" * 5000, "\x00"])
def test_an_override_that_is_no_value_is_told_in_one_line(tmp_path: Path, value: str) -> None:
    told = faults(tmp_path, "model: whet-nano\n", f"train.seed={value}")
    assert "is not a YAML value" in told and len(told) < 300
