"""A folder with data and a config of another tool, and what whet makes of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from whet.config import Config
from whet.configfile import read_config
from whet.data import read
from whet.migration import Lengths
from whet.types import Example
from whet.verbs.init import Made, init


def fifty_tokens(examples: Sequence[Example], model: str) -> Lengths:
    """Every row has fifty tokens."""
    return Lengths([50] * len(examples), len(examples), "a ruler")


Migrate = Callable[..., tuple[Made, Config, str]]


@pytest.fixture
def migrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Migrate:
    """A function from a config's text to the verb's result, the new Config and its file's text."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("whet.verbs.init.measure", fifty_tokens)
    numbers = itertools.count()

    def make(text: str, **options: Any) -> tuple[Made, Config, str]:
        number = next(numbers)
        file = tmp_path / "their.yml"
        file.write_text(text, encoding="utf-8")
        made = init(tmp_path / f"project{number}", from_file=file, **options)
        ours = made.folder / "whet.yaml"
        return made, read_config(ours), ours.read_text(encoding="utf-8")

    return make


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def alpaca(tmp_path: Path) -> list[dict[str, str]]:
    """A hundred rows at `rows/alpaca.jsonl`."""
    rows = [{"instruction": f"Count to {n}.", "input": "", "output": f"so {n}"} for n in range(100)]
    write_rows(tmp_path / "rows" / "alpaca.jsonl", rows)
    return rows


@pytest.fixture
def read_first() -> Callable[[Path, Config], Example]:
    """A function to a project's first training row, read as its configuration says."""

    def first(folder: Path, config: Config) -> Example:
        data = config.data
        return read(data.train, data.columns, roles=data.roles, root=folder).examples[0]

    return first
