"""Engines as child processes: up, refused, slow, and gone with whoever started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from whet.errors import ConfigError, ModelError
from whet.serving.backends.child import Child
from whet.serving.backends.vllm import Vllm, launch_line, max_lora_rank, start_vllm

STAND_IN = Path(__file__).with_name("stand_in_vllm.py")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def eventually_gone(pid: int) -> None:
    end = time.monotonic() + 20
    while alive(pid):
        assert time.monotonic() < end, f"{pid} still runs"
        time.sleep(0.05)


@pytest.fixture
def vllm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A command `vllm` that is a small HTTP server with vLLM's routes and arguments."""
    script = tmp_path / "bin" / "vllm"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    return script


def test_the_launch_line_serves_a_model_or_an_adapter_under_the_name_asked_for() -> None:
    plain = launch_line(Vllm("/m", "shop", context=4096), 81)
    assert plain == (
        "vllm", "serve", "/m", "--host", "127.0.0.1", "--port", "81",
        "--served-model-name", "shop", "--max-model-len", "4096", "--generation-config", "vllm",
    )  # fmt: skip
    tuned = launch_line(Vllm("/m", "shop", Path("/a"), rank=20), 81)
    assert tuned[7:] == (
        "--enable-lora", "--max-lora-rank", "32", "--lora-modules", "shop=/a",
        "--generation-config", "vllm",
    )  # fmt: skip


@pytest.mark.parametrize(("rank", "most"), [(1, 1), (2, 8), (16, 16), (17, 32), (512, 512)])
def test_the_least_rank_that_vllm_knows_is_taken(rank: int, most: int) -> None:
    assert max_lora_rank(rank) == most


def test_a_rank_beyond_vllms_is_refused_and_so_is_vllm_where_it_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ConfigError, match="rank 600"):
        max_lora_rank(600)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ConfigError, match="no `vllm` command"):
        start_vllm(Vllm("/m", "x"), lambda text: None)


def test_vllm_is_started_with_its_own_key_and_no_reports_and_ends_when_told(
    loopback: None, vllm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx2

    monkeypatch.setenv("WHET_API_KEY", "of whet's clients alone")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # not on the way to our own child
    said: list[str] = []
    child, address, key = start_vllm(Vllm("/m", "shop"), said.append, limit_s=20)
    monkeypatch.delenv("http_proxy")
    try:
        assert said[0].startswith("starting ")
        assert key not in said[0]  # a key on a command line is seen by every process
        assert httpx2.get(f"{address}/v1/models").status_code == 401
        told = httpx2.get(f"{address}/v1/models", headers={"authorization": f"Bearer {key}"}).json()
        assert told["data"][0]["id"] == "shop"
        assert told["environment"] == {
            "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "WHET_API_KEY": None,
        }  # fmt: skip
    finally:
        child.stop()
    assert child.status() is not None
    eventually_gone(told["pid"])


def test_an_engine_that_ends_or_never_comes_up_is_told_with_its_last_words(
    loopback: None, vllm: Path
) -> None:
    with pytest.raises(ModelError, match=r"status 3 before it was up:\n(.*\n)*out of memory"):
        start_vllm(Vllm("fails", "x"), lambda text: None)
    with pytest.raises(ModelError, match=r"not up within 1 s(.*\n)*loading"):
        start_vllm(Vllm("never", "x"), lambda text: None, limit_s=1.0)


PARENT = """
import sys, time, os
from whet.serving.backends.child import Child
child = Child([sys.executable, "-c",
    "import os, subprocess, sys, time;"
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print(os.getpid(), p.pid, flush=True); time.sleep(600)"], dict(os.environ))
while not child.last_words():
    time.sleep(0.05)
print(child.last_words(), flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_engine_and_what_it_started_die_with_the_parent_however_that_dies(
    how: signal.Signals,
) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, env=_with_source()
    )
    assert parent.stdout is not None
    with parent, parent.stdout:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2 and all(map(alive, pids))
        parent.send_signal(how)
        parent.wait(10)
        for pid in pids:
            eventually_gone(pid)


def test_a_command_that_is_none_is_told(tmp_path: Path) -> None:
    child = Child([str(tmp_path / "none")], dict(os.environ))
    with pytest.raises(ModelError, match="status 127"):
        child.wait_until(lambda: False, 20, lambda text: None)
    child.stop()


def _with_source() -> dict[str, Any]:
    import whet

    source = str(Path(whet.__file__).resolve().parents[1])
    return {**os.environ, "PYTHONPATH": source}


def test_vllm_behind_the_front_answers_the_official_client(loopback: None, vllm: Path) -> None:
    """The stand-in speaks for vLLM's form of answers, not for vLLM."""
    pytest.importorskip("openai")
    from serving_server import client, running

    from whet.serving.opening import open_backend
    from whet.serving.target import Target

    backend = open_backend(
        Target("shop", model="whet-nano"), "vllm", context=None, slots=2, say=lambda text: None
    )
    with running(backend) as served:
        asked: Any = {"model": "shop", "messages": [{"role": "user", "content": "hi"}]}
        whole = client(served).chat.completions.create(**asked, logprobs=True, top_logprobs=1)
        assert whole.choices[0].message.content == "you said: hi"
        assert whole.usage.completion_tokens == 3
        assert [t.token for t in whole.choices[0].logprobs.content] == ["you ", "said: ", "hi"]
        chunks = client(served).chat.completions.create(**asked, stream=True)
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert text == "you said: hi"
        scored = client(served).completions.create(
            model="shop", prompt="a b", max_tokens=0, echo=True, logprobs=1
        )
        assert scored.choices[0].text == "a b"
        assert scored.choices[0].logprobs.token_logprobs == [None, -1.5]
