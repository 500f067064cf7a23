"""`whet serve` as people run it: a process, its messages, its signals, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
pytest.importorskip("httpx2")

import whet
from whet.errors import ArtifactError, ConfigError, RunError

SOURCE = str(Path(whet.__file__).resolve().parents[1])
QUESTION: dict[str, Any] = {
    "model": "nano",
    "messages": [{"role": "user", "content": "Hello"}],
    "max_tokens": 4,
}


@contextmanager
def process(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    told = {**os.environ, "PYTHONPATH": SOURCE, **environment}
    command = [sys.executable, "-m", "whet", "serve", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=told
    ) as child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()


def started(child: subprocess.Popen[str]) -> dict[str, Any]:
    """What --json says, once it is there."""
    assert child.stdout is not None
    text = ""
    while not text.endswith("\n}\n"):
        line = child.stdout.readline()
        assert line, child.stderr.read() if child.stderr else ""
        text += line
    found: dict[str, Any] = json.loads(text)
    return found


def ask(url: str, key: str = "", body: dict[str, Any] = QUESTION) -> dict[str, Any]:
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def children(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in told.read_text().split()] if told.exists() else []


@pytest.mark.parametrize(
    "engine", [pytest.param("transformers", marks=pytest.mark.slow), "llama.cpp"]
)
def test_ctrl_c_ends_it_with_130_and_nothing_is_left(
    loopback: None, engine: str, tmp_path: Path
) -> None:
    target = "whet-nano"
    if engine == "llama.cpp":
        pytest.importorskip("xllamacpp")
        target = str(_gguf(tmp_path))
    with process(target, "--port", "0", "--name", "nano", "--json") as child:
        told = started(child)
        assert (told["model"], told["engine"], told["needs_key"]) == ("nano", engine, False)
        assert ask(told["url"])["choices"][0]["message"]["content"]
        engines = children(child.pid)
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=40)
        assert child.returncode == 130
        assert "stopped by SIGINT" in errors
        assert "Traceback" not in errors
    assert not any(Path(f"/proc/{pid}").exists() for pid in engines)


def test_a_kill_takes_the_engine_with_it(loopback: None, tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    with process(str(_gguf(tmp_path)), "--port", "0", "--json") as child:
        started(child)
        engines = children(child.pid)
        child.kill()
        child.wait(10)
    end = time.monotonic() + 15
    while any(_runs(pid) for pid in engines):
        assert time.monotonic() < end, "the engine still runs"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_an_engine_that_dies_is_told_and_the_front_still_ends_well(
    loopback: None, tmp_path: Path
) -> None:
    pytest.importorskip("xllamacpp")
    with process(str(_gguf(tmp_path)), "--port", "0", "--name", "nano", "--json") as child:
        url = started(child)["url"]
        for pid in children(child.pid):
            os.kill(pid, signal.SIGKILL)
        for address in (url, url.replace("/v1", "/ready")):
            with pytest.raises(urllib.error.HTTPError, match="503") as told:
                ask(address) if address == url else urllib.request.urlopen(address, timeout=20)
            assert json.load(told.value)["error"]["code"] == "engine_down"
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=40)
        assert child.returncode == 130


def test_ctrl_c_while_the_model_loads_ends_it(tmp_path: Path) -> None:
    slow = tmp_path / "bin" / "vllm"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\necho loading\nexec sleep 600\n")
    slow.chmod(0o755)
    path = f"{slow.parent}{os.pathsep}{os.environ['PATH']}"
    with process("whet-nano", "--engine", "vllm", "--port", "0", PATH=path) as child:
        assert child.stderr is not None
        while "starting" not in child.stderr.readline():
            assert child.poll() is None
        time.sleep(0.5)
        engines = children(child.pid)
        child.send_signal(signal.SIGINT)
        child.wait(40)
        assert child.returncode == 130
    assert not any(_runs(pid) for pid in engines)


def test_with_a_key_it_is_asked_for(loopback: None, tmp_path: Path) -> None:
    key = "a-key-of-enough-length"
    file = tmp_path / "keys"
    file.write_text(key)
    pytest.importorskip("xllamacpp")
    arguments = (str(_gguf(tmp_path)), "--port", "0", "--name", "nano", "--api-key-file", str(file))
    with process(*arguments, "--json", "--host", "0.0.0.0") as child:
        told = started(child)
        assert told["needs_key"]
        url = told["url"].replace("0.0.0.0", "127.0.0.1")
        assert ask(url, key)["choices"]
        with pytest.raises(urllib.error.HTTPError, match="401"):
            ask(url)
        child.send_signal(signal.SIGTERM)
        output, errors = child.communicate(timeout=40)
        assert child.returncode == 130
        assert key not in output + errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("no/such/model/at/all",), "there is no model"),
        (("whet-nano", "--engine", "ollama"), "expected one of auto"),
        (("whet-nano", "--engine", "llama.cpp"), "whet export RUN --to gguf"),
        (("whet-nano", "--host", "0.0.0.0"), "WHET_API_KEY"),
        (("whet-nano", "--context", "4096"), "was made for 2048"),
        (("whet-nano", "--slots", "4"), "one answer at a time"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_mistakes_are_one_message_and_exit_2(
    arguments: tuple[str, ...], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    from whet.cli.main import main

    assert main(["serve", *arguments, "--port", "0"]) == 2
    errors = capfd.readouterr().err
    assert words in errors
    assert "Traceback" not in errors


def test_a_run_is_served_as_it_was_judged(loopback: None, project: Path) -> None:
    run = whet.train(project / "whet.yaml", "train.epochs=1").run
    session = whet.serve(run, port=0, engine="transformers")
    try:
        assert session.engine == "transformers"
        assert session.model == f"project-{run.name}"
        base, _, adapter = session.fingerprint.partition("+")
        assert base and adapter
    finally:
        session.close()


@pytest.mark.slow
def test_an_exported_artifact_answers_as_the_run_it_was_made_of(
    loopback: None, project: Path, tmp_path: Path
) -> None:
    pytest.importorskip("xllamacpp")
    run = whet.train(project / "whet.yaml", "train.epochs=1").run
    whet.export(run, to="gguf", out=tmp_path / "shop", num_prompts=2)
    body = QUESTION | {"model": "shop", "temperature": 0, "max_tokens": 16}
    texts = []
    for target in (tmp_path / "shop", run):
        with process(str(target), "--port", "0", "--name", "shop", "--json") as child:
            url = started(child)["url"]
            answer = ask(url, body=body)
            texts.append(answer["choices"][0]["message"]["content"])
            child.send_signal(signal.SIGINT)
            child.communicate(timeout=40)
    assert texts[0] == texts[1]
    weights = next((tmp_path / "shop").rglob("*.gguf"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(ArtifactError, match="is not what was exported"):
        whet.serve(tmp_path / "shop", port=0)


def test_a_run_that_trained_nothing_is_refused(tmp_path: Path, project: Path) -> None:
    from whet.rundir import RunDir

    run = RunDir.create(project, "eval")
    run.config.write_text((project / "whet.yaml").read_text())
    with pytest.raises(RunError, match="nothing was trained"):
        whet.serve(run.path)


def test_a_session_does_not_show_its_keys(
    loopback: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = "a-key-of-enough-length"
    monkeypatch.setenv("WHET_API_KEY", key)
    session = whet.serve(_gguf(tmp_path), port=0)
    try:
        assert session.needs_key
        assert key not in repr(session)
    finally:
        session.close()


def test_the_port_is_taken_before_the_model_is_loaded(loopback: None) -> None:
    import socket

    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigError, match="in use"),
    ):
        whet.serve("no/such/model", port=taken.getsockname()[1])


def _gguf(folder: Path) -> Path:
    from gguf_files import make_gguf

    from whet.models.files import find_folder

    return make_gguf(find_folder("whet-nano"), folder / "nano.gguf")
