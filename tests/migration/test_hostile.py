from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whet.errors import ConfigError
from whet.verbs.init import init

BOMB = "base_model: &a {x1: 1, x2: 2}\n" + "".join(
    f"k{n}: &{chr(98 + n)} {{{', '.join(f'x{i}: *{chr(97 + n)}' for i in range(9))}}}\n"
    for n in range(12)
)

FILES = {
    "missing": (None, "no such file"),
    "empty": (b"", "expected `key: value` lines"),
    "a list": (b"- 1\n- 2\n", "expected `key: value` lines, found a list"),
    "binary": (bytes(range(128, 256)), "not UTF-8 at byte 0"),
    "huge": (b"a: " + b"x" * 1_100_000, "a configuration has at most 1000000"),
    "a bomb": (BOMB.encode(), "aliases"),
    "a tag": (b"base_model: !!python/object/apply:os.system [ls]\nsequence_len: 1\n", "tags"),
    "tabs": (b"base_model:\n\t- x\n", "tabs"),
    "twice": (b"base_model: a\nbase_model: b\n", "duplicate key"),
    "of no tool": (b"services: {web: {image: nginx}}\nversion: 3\n", "not recognised"),
    "accelerate": (b"distributed_type: FSDP\nnum_processes: 8\n", "not recognised"),
    "our own": (b"model: whet-nano\ndata: {train: x.jsonl}\n", "this is a whet.yaml already"),
    "deep": (b"base_model: " + b"[" * 400 + b"]" * 400, ""),
    "no data": (b"base_model: m\nsequence_len: 8\nadapter: lora\n", "names no training data"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_config_is_one_message(tmp_path: Path, name: str) -> None:
    content, said = FILES[name]
    file = tmp_path / "their.yml"
    if content is not None:
        file.write_bytes(content)
    start = time.monotonic()
    with pytest.raises(ConfigError) as caught:
        init(tmp_path / "project", from_file=file)
    assert said in str(caught.value)
    assert time.monotonic() - start < 20
    assert not (tmp_path / "project").exists()


def test_an_example_goes_with_no_other_source(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not both"):
        init(tmp_path / "project", example="ticket-lines", from_file="x.yml")


def test_odd_names_in_a_file_reach_neither_terminal_nor_yaml_raw(
    migrate: Callable[..., Any], alpaca: list[Any]
) -> None:
    odd = '"evil\\u001b[31m\\nkey": 1\n"note": "line\\ntask: mine\\u2028x"\n'
    made, config, text = migrate(
        "base_model: whet-nano\nsequence_len: 99\nlr_scheduler: linear\n"
        "datasets: [{path: rows/alpaca.jsonl, type: alpaca}]\n" + odd
    )
    for shown in (text, made.text()):
        assert "\x1b" not in shown and "\u2028" not in shown and "\ntask: mine" not in shown
    assert config.task.startswith("Say here")
