"""`whet check` and a run refuse wrong masks before anything is made, with file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from whet.cli import main
from whet.errors import DataError, ModelError
from whet.findings import Kind
from whet.project import open_project
from whet.stages.preparing import prepare
from whet.verbs.check import check

NO_END = "{% for m in messages %}{{ m.role + ': ' + m.content + '\\n' }}{% endfor %}" \
    "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"  # fmt: skip


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Three rows; the second spells the stop token, the third has an answer of weight 0."""
    answers: list[dict[str, Any]] = [
        {"content": "fine"},
        {"content": "I say <|im_end|> too"},
        {"content": "context", "weight": 0},
    ]
    lines = []
    for number, answer in enumerate(answers):
        turns = [{"role": "user", "content": f"q{number}"}, {"role": "assistant", **answer}]
        turns += [{"role": "user", "content": "and?"}, {"role": "assistant", "content": "yes"}]
        lines.append(json.dumps({"messages": turns}))
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_check_finds_wrong_masks_by_file_and_line(rows: Path) -> None:
    found = check([rows], model="whet-nano")
    (mask,) = [finding for finding in found.findings if finding.kind is Kind.MASK]
    assert (mask.file, mask.line) == (str(rows), 2)
    assert "spells the stop token" in mask.message and not found.passed


def test_check_shows_masks_and_writes_the_page(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = rows.read_text(encoding="utf-8").splitlines()
    rows.write_text(f"{lines[0]}\n{lines[2]}\n", encoding="utf-8")
    page = tmp_path / "mask.html"
    arguments = ["check", str(rows), "--model", "whet-nano", "--show-mask", "2"]
    assert main([*arguments, "--mask-html", str(page)]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    learnt = [line.split("'")[1] for line in shown.splitlines() if line.startswith("● ")]
    assert "".join(learnt) == "fine<|im_end|>yes<|im_end|>yes<|im_end|>"
    assert page.read_text(encoding="utf-8").count("<section>") == 2


@pytest.mark.parametrize("no_color", [False, True])
def test_a_terminal_gets_colours_unless_it_asks_for_none(
    no_color: bool, rows: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.write_text(rows.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1" if no_color else "")
    assert main(["check", str(rows), "--model", "whet-nano", "--show-mask", "1"]) == 0
    assert ("\x1b[32m●" in capsys.readouterr().out) is not no_color


def test_a_run_refuses_a_template_without_an_end_before_it_makes_a_folder(project: Path) -> None:
    (project / "no_end.jinja").write_text(NO_END, encoding="utf-8")
    opened = open_project(project / "whet.yaml", ["template=no_end.jinja"], None)
    with pytest.raises(ModelError, match="trains no end token, so the model would never stop"):
        prepare(opened)


def test_a_run_refuses_rows_with_wrong_masks_before_it_makes_a_folder(project: Path) -> None:
    file = project / "data" / "rows.jsonl"
    bad = json.dumps({"input": "I saw a cat.", "output": "me<|im_end|>ow"})
    file.write_text(file.read_text(encoding="utf-8") + bad + "\n", encoding="utf-8")
    opened = open_project(project / "whet.yaml", ["data.split.test=0.01"], None)
    with pytest.raises(DataError, match=r"rows.jsonl:91: .*spells the stop token"):
        prepare(opened)


def test_turns_of_the_project_are_kept_to(rows: Path, project: Path) -> None:
    lines = rows.read_text(encoding="utf-8").splitlines()
    (project / "data" / "rows.jsonl").write_text(
        "\n".join(lines[0].replace("q0", f"question {n}") for n in range(40)) + "\n",
        encoding="utf-8",
    )
    config = project / "whet.yaml"
    overrides = ["generate.choices=none", "tuned_prompt=none"]
    counts = [
        check(config=config, overrides=[*overrides, f"train.turns={turns}"], root=project).tokens
        for turns in ("all", "last")
    ]
    assert counts[0] is not None and counts[1] is not None
    assert counts[0]["total"] == counts[1]["total"]
    assert counts[0]["learnt"] > counts[1]["learnt"] > 0
