"""The command line as a user meets it: exit status, one clear message, nothing else on stdout."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


def whet(folder: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "whet", *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
        **options,  # type: ignore[call-overload]
    )


def edit(project: Path, old: str, new: str) -> None:
    path = project / "whet.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_help_lists_every_verb_in_groups(tmp_path: Path) -> None:
    shown = whet(tmp_path, "--help")
    assert shown.returncode == 0
    for word in (
        "init",
        "check",
        "clean",
        "distill",
        "run",
        "train",
        "eval",
        "verdict",
        "chat",
        "report",
        "doctor",
    ):
        assert f" {word} " in shown.stdout
    for group in ("Start", "Data", "Train", "Prove", "Ship"):
        assert group in shown.stdout


@pytest.mark.parametrize(
    "verb",
    [
        "init",
        "check",
        "clean",
        "distill",
        "run",
        "train",
        "eval",
        "verdict",
        "chat",
        "report",
        "doctor",
    ],
)
def test_the_help_of_a_verb_fits_one_screen(tmp_path: Path, verb: str) -> None:
    shown = whet(tmp_path, verb, "--help")
    assert shown.returncode == 0
    assert len(shown.stdout.splitlines()) <= 40


MISTAKES = {
    "no project": (lambda p: (p / "whet.yaml").unlink(), "whet.yaml: no such file."),
    "unknown key": (lambda p: edit(p, "task:", "tusk:"), "tusk: unknown key. Did you mean `task`?"),
    "a peer's key": (lambda p: edit(p, "epochs: 1", "lora_r: 1"), "whet calls it `train.rank`"),
    "unknown model": (lambda p: edit(p, "whet-nano", "whet-micro"), "whet-micro"),
    "no primary metric": (
        lambda p: edit(p, "primary: exact_match, ", ""),
        "No clear evaluation, no fine-tuning",
    ),
    "no test set": (
        lambda p: edit(p, ", test: 0.3", ""),
        "a test set (add data.test, or data.split.test: 0.2)",
    ),
    "an empty test file": (
        lambda p: (
            (p / "data" / "t.jsonl").touch(),
            edit(p, ", test: 0.3}", "}, test: data/t.jsonl"),
        ),
        "data/t.jsonl",
    ),
    "a missing file": (lambda p: edit(p, "rows.jsonl", "raws.jsonl"), "data/raws.jsonl"),
    "a broken line": (
        lambda p: (p / "data" / "rows.jsonl").write_text('{"input": "a", "output": "b"}\n{"in\n'),
        "data/rows.jsonl:2: invalid JSON at column",
    ),
    "test rows in train": (
        lambda p: (
            (p / "data" / "t.jsonl").write_text((p / "data" / "rows.jsonl").read_text()),
            edit(p, ", test: 0.3}", "}, test: data/t.jsonl"),
        ),
        "data.on_leak",
    ),
    "a prompt that is not there": (lambda p: (p / "prompt.txt").unlink(), "prompt: "),
}  # fmt: skip


@pytest.mark.parametrize(("break_it", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_message_and_exit_status_2(
    project: Path, break_it: object, message: str
) -> None:
    break_it(project)  # type: ignore[operator]
    done = whet(project, "run", "--json")
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert not (project / "runs").exists()


def test_an_unknown_option_is_a_mistake_too(tmp_path: Path) -> None:
    done = whet(tmp_path, "run", "--smok")
    assert done.returncode == 2
    assert "--smok" in done.stderr


def test_check_says_no_with_status_1_and_names_the_fault(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"input": "a", "output": ""}\n')
    done = whet(tmp_path, "check", "a.jsonl")
    assert done.returncode == 1
    assert "a.jsonl:1" in done.stdout
    (tmp_path / "a.jsonl").write_text('{"input": "a", "output": "b"}\n')
    assert whet(tmp_path, "check", "a.jsonl").returncode == 0


def test_check_of_a_csv_shows_what_is_trained_on(tmp_path: Path) -> None:
    (tmp_path / "replies.csv").write_text("question,answer\nHow are you?,Fine.\n")
    done = whet(tmp_path, "check", "replies.csv", "--model", "whet-nano", "--show-mask", "1")
    assert done.returncode == 0, done.stderr
    learnt = [line for line in done.stdout.splitlines() if line.startswith("●")]
    assert any("<|im_end|>" in line for line in learnt), "the stop token is learnt"
    assert not any("How" in line for line in learnt), "the question is not"


def test_init_from_a_csv_makes_a_project_that_runs(tmp_path: Path) -> None:
    rows = [f"Is the {word} {n} ready?,{'yes' if n % 2 else 'no'}" for word in
            ("lamp", "chair", "soup", "book") for n in range(20)]  # fmt: skip
    (tmp_path / "replies.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    made = whet(tmp_path, "init", "my", "--data", "replies.csv")
    assert made.returncode == 0, made.stderr
    assert "closed set of 2" in made.stdout
    again = whet(tmp_path, "init", "my", "--data", "replies.csv")
    assert again.returncode == 2 and "not empty" in again.stderr
    smoke = whet(tmp_path / "my", "run", "--smoke", "--json")
    assert smoke.returncode == 0, smoke.stderr
    report = json.loads(smoke.stdout)
    assert report["schema_version"] == 1 and report["verdict"] is None


def test_require_ship_is_status_1_without_it(project: Path) -> None:
    done = whet(project, "run", "eval.margin=0.99", "--require", "ship")
    assert done.returncode == 1, done.stderr
    assert "USE THE PROMPT" in done.stdout


def test_train_prints_its_figures_as_json(project: Path) -> None:
    done = whet(project, "train", "--json")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    for key in (
        "schema_version", "steps", "examples", "logical_tokens", "executed_tokens", "loss_tokens",
        "seconds", "verify_seconds", "examples_per_s", "peak_memory_bytes", "losses", "adapter",
    ):  # fmt: skip
        assert key in values
    assert values["executed_tokens"] <= values["logical_tokens"]


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_a_signal_leaves_a_run_that_says_interrupted_and_goes_on(
    project: Path, word: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "whet", "run", "train.epochs=15", "train.patience=0"],
        cwd=project, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    _wait_for(project / "runs" / "001" / "metrics.jsonl", process)
    process.send_signal(word)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    record = json.loads((project / "runs" / "001" / "run.json").read_text())
    assert record["state"] == "interrupted"
    assert "train" not in record["stages"]
    done = whet(project, "run", "runs/001", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["looks"]["number"] == 1


def test_a_killed_run_is_interrupted_and_goes_on(project: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "whet", "run", "train.epochs=15", "train.patience=0"],
        cwd=project, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _wait_for(project / "runs" / "001" / "metrics.jsonl", process)
    process.kill()
    process.wait()
    listed = whet(project, "report", "list")
    assert "interrupted" in listed.stdout
    assert whet(project, "run", "runs/001").returncode == 0


def test_chat_answers_one_message_with_both_models(project: Path) -> None:
    assert whet(project, "train").returncode == 0
    done = whet(project, "chat", "-m", "I saw a cat in park 3.", "--json")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["answers"]) == {"base", "tuned"}


def _wait_for(path: Path, process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """Until there is something in the file; a process that ends before that fails the test."""
    deadline = time.monotonic() + 120
    while not (path.is_file() and path.stat().st_size):
        assert process.poll() is None, "the run ended before it trained"
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_error_moves_no_cursor_and_names_no_window(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from whet.cli.main import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "whet.yaml").write_text('"\\e[31mfoo\\e]0;title\\a\\u202e": 1\n')
    assert main(["check"]) == 2
    told = capsys.readouterr().err
    assert "foo" in told and not set("\x1b\x07\u202e") & set(told)
