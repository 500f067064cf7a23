from __future__ import annotations

from pathlib import Path

import pytest

from whet.errors import ConfigError
from whet.progress import Silent
from whet.project import open_project
from whet.stages.servable import check_servable


class Heard(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def test_what_cannot_be_served_is_refused_with_its_keys(project: Path) -> None:
    opened = open_project(project, ("serve_on=vllm", "train.dora=true", "train.rank=600"))
    with pytest.raises(ConfigError) as told:
        check_servable(opened, Silent())
    assert [fault.split(":")[0] for fault in told.value.faults] == ["train.rank", "train.dora"]


def test_what_is_served_but_partly_is_told(project: Path) -> None:
    heard = Heard()
    check_servable(open_project(project, ("serve_on=llama.cpp", "train.dora=true")), heard)
    assert len(heard.said) == 1
    assert heard.said[0].startswith("train.dora: llama.cpp's adapter file cannot hold DoRA")


@pytest.mark.parametrize("target", ["llama.cpp", "vllm", "ollama", "lmstudio", "transformers"])
def test_a_usual_project_is_served_everywhere_without_a_word(target: str, project: Path) -> None:
    heard = Heard()
    check_servable(open_project(project, (f"serve_on={target}",)), heard)
    assert heard.said == []
