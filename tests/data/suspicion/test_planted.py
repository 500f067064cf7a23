"""Planted bad rows among real ones: nine of ten are within the first fifth that is shown."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from whet.data.suspicion import rank
from whet.types import Example

PLANTING = Path(__file__).resolve().parents[3] / "benchmarks" / "suspicion" / "planting.py"


def planting() -> Any:
    spec = importlib.util.spec_from_file_location("planting", PLANTING)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def found_in_first_fifth(name: str, data: Path, seed: int, num: int) -> float:
    script = planting()
    read, kinds = script.SETS[name]
    rows, planted = script.plant(read(data, seed, num), 0.07, seed, kinds)
    examples = [
        Example.of(
            [
                {"role": "user", "content": each["question"]},
                {"role": "assistant", "content": each["answer"]},
            ],
            f"rows.jsonl:{place}",
        )
        for place, each in enumerate(rows)
    ]
    assert len(rows) >= 800
    shown = rank(examples).suspects[: len(rows) // 5]
    places = {int(suspect.row.source.rpartition(":")[2]) for suspect in shown}
    return len(places & planted.keys()) / len(planted)


def test_the_planting_script_does_not_know_the_ranking() -> None:
    assert "import whet" not in PLANTING.read_text("utf-8")
    assert "from whet" not in PLANTING.read_text("utf-8")


@pytest.mark.parametrize("name", ["banking77", "clinc150"])
def test_nine_of_ten_planted_rows_are_within_the_first_fifth(name: str, test_data: Path) -> None:
    assert found_in_first_fifth(name, test_data, 200, 860) >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("seed", [201, 202])
@pytest.mark.parametrize("name", ["alpaca_en", "alpaca_zh", "banking77", "clinc150", "gsm8k"])
def test_nine_of_ten_are_found_at_other_seeds_and_in_longer_texts(
    name: str, seed: int, test_data: Path
) -> None:
    assert found_in_first_fifth(name, test_data, seed, 860) >= 0.9
