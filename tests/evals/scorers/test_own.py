"""A scorer of the project's own, and how its faults are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whet.errors import ConfigError
from whet.evals.scorers.own import own_scorer

GOOD = """\
def score(answer, example):
    if not answer:
        return None
    return len(answer) / 10
"""


def _write(folder: Path, text: str) -> Path:
    (folder / "tone.py").write_text(text, encoding="utf-8")
    return folder


def test_a_function_of_the_project_scores(tmp_path: Path, item: Callable[..., Any]) -> None:
    score = own_scorer("tone", "tone.py:score", _write(tmp_path, GOOD))
    assert score("abc", item("x")) == 0.3 and score("", item("x")) is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return 7", r"tone.py:1: tone: returned 7, at the item t.jsonl:1 .*from 0 to 1"),
        ("return float('nan')", "returned nan"),
        ("return 'good'", "returned 'good'"),
        ("x = 1\n    return x / 0", r"tone.py:3: tone: ZeroDivisionError.*at the item t.jsonl:1"),
    ],
)
def test_what_a_function_does_wrong_names_file_line_and_item(
    tmp_path: Path, item: Callable[..., Any], body: str, said: str
) -> None:
    text = f"def score(answer, example):\n    {body}\n"
    score = own_scorer("tone", "tone.py:score", _write(tmp_path, text))
    with pytest.raises(ConfigError, match=said):
        score("abc", item("x"))


@pytest.mark.parametrize(
    ("place", "text", "said"),
    [
        ("tone.py", GOOD, "expected path.py:function"),
        ("tone.txt:score", GOOD, "expected path.py:function"),
        ("other.py:score", GOOD, "no such file"),
        ("../tone.py:score", GOOD, "outside the project's folder"),
        ("/etc/tone.py:score", GOOD, "outside the project's folder"),
        ("tone.py:grade", GOOD, "has no function grade"),
        ("tone.py:score", "def score(answer):\n    return 1\n", "too many positional arguments"),
        ("tone.py:score", "x = 1\ndef score(:\n", r"tone.py:2: eval.scorers.tone: SyntaxError"),
        ("tone.py:score", "\nimport nothing_of_that_name\n", r"tone.py:2: .*ModuleNotFoundError"),
    ],
)
def test_what_cannot_be_loaded_is_refused_before_anything_runs(
    tmp_path: Path, place: str, text: str, said: str
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "tone.py").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        own_scorer("tone", place, _write(folder, text))


def test_a_link_out_of_the_project_is_followed_and_refused(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    _write(tmp_path, GOOD)
    (folder / "tone.py").symlink_to(tmp_path / "tone.py")
    with pytest.raises(ConfigError, match="outside the project's folder"):
        own_scorer("tone", "tone.py:score", folder)
