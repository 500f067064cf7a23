"""Every way of training goes through `whet train`, and what it trained is judged as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import whet
from whet.errors import ConfigError

WAYS = {
    "dora": ["train.dora=true"],
    "both, 8-bit": ["train.method=qlora", "train.dora=true", "train.optimizer=adamw_8bit"],
    "full, 8-bit": ["train.method=full", "train.optimizer=adamw_8bit", "train.learning_rate=1e-4"],
}


class Heard:
    """Progress that remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def advance(self, task: str, done: int, total: int) -> None: ...

    def should_stop(self) -> bool:
        return False


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("way", WAYS)
def test_whet_nano_learns_in_every_way(way: str, project: Path) -> None:
    heard = Heard()
    trained = whet.train(project, *WAYS[way], progress=heard)
    assert trained.losses[-1] < trained.losses[0]
    four_bit = "train.method=qlora" in WAYS[way]
    assert any("linear layers in 4 bits (NF4)" in line for line in heard.said) == four_bit
    if way != "full, 8-bit":
        config = json.loads((trained.adapter / "adapter_config.json").read_text())
        assert config["use_dora"] == ("train.dora=true" in WAYS[way])
        origin = json.loads((trained.adapter / "whet.json").read_text())
        assert origin["base_identity"].endswith("-nf4") == four_bit


def test_an_adapter_trained_in_four_bits_is_judged_in_four_bits(project: Path) -> None:
    """Also where the project that judges it says nothing of that."""
    trained = whet.train(project, "train.method=qlora")
    heard = Heard()
    whet.eval(project, adapter=trained.adapter, progress=heard)
    assert any("linear layers in 4 bits (NF4)" in line for line in heard.said)


def test_dora_without_an_adapter_is_refused(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"train: .*dora.* needs an adapter"):
        whet.train(project, "train.dora=true", "train.method=full")


def test_dora_cannot_be_served_by_vllm(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"train\.dora: vLLM serves no adapter with DoRA"):
        whet.run(project, "serve_on=vllm", "train.dora=true")


def test_rounding_in_sixteen_bits_is_no_failure_of_the_self_check(tmp_path: Path) -> None:
    """Of this project's first step two right ways differ by more than a tenth."""
    made = whet.init(tmp_path / "made", example="ticket-lines")
    result = whet.train(made.folder, "train.dtype=bfloat16", "train.epochs=0.05")
    assert result.losses[-1] is not None
