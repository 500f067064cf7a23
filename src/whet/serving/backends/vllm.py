"""vLLM as a child process: its launch line, its environment, and when it is up."""

from __future__ import annotations

import secrets
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from whet.errors import ConfigError
from whet.serving.backends.child import Child
from whet.web.address import free_port
from whet.web.keys import environment_without_keys

START_LIMIT_S = 1_800.0
RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
SILENT = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
"""vLLM reports its use by default."""
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""The child is on this machine, whatever proxy the environment names."""


@dataclass(frozen=True, slots=True)
class Vllm:
    """What vLLM is to serve: a model, and an adapter on it with its largest rank."""

    model: str
    name: str
    adapter: Path | None = None
    rank: int | None = None
    context: int | None = None


def launch_line(wanted: Vllm, port: int, binary: str = "vllm") -> tuple[str, ...]:
    """The command that serves it on a loopback port.

    Raises:
        ConfigError: the adapter's rank is beyond what vLLM takes.
    """
    line = [binary, "serve", wanted.model, "--host", "127.0.0.1", "--port", str(port)]
    if wanted.adapter is None:
        line += ["--served-model-name", wanted.name]
    else:
        line += ["--enable-lora", "--max-lora-rank", str(max_lora_rank(wanted.rank or 1))]
        line += ["--lora-modules", f"{wanted.name}={wanted.adapter}"]
    if wanted.context is not None:
        line += ["--max-model-len", str(wanted.context)]
    # OpenAI's own defaults, not those of a generation_config.json.
    return (*line, "--generation-config", "vllm")


def max_lora_rank(rank: int) -> int:
    """The least value of --max-lora-rank that takes an adapter of this rank.

    Raises:
        ConfigError: there is none.
    """
    found = next((most for most in RANKS if most >= rank), None)
    if found is None:
        raise ConfigError(
            f"the adapter has rank {rank}; vLLM takes at most {RANKS[-1]}. Export it merged."
        )
    return found


def find_vllm() -> str:
    """The path of the `vllm` command.

    Raises:
        ConfigError: it is not installed.
    """
    found = shutil.which("vllm")
    if found is None:
        raise ConfigError(
            "--engine vllm: there is no `vllm` command. Install it where the GPU is (pip install"
            " vllm), or serve with --engine transformers, or a GGUF with --engine llama.cpp."
        )
    return found


def start_vllm(
    wanted: Vllm,
    say: Callable[[str], None],
    *,
    limit_s: float = START_LIMIT_S,
    binary: str | None = None,
) -> tuple[Child, str, str]:
    """The running child, its address and the key that it wants.

    Raises:
        ConfigError: vLLM is not installed, or does not take the adapter.
        ModelError: it ended or was not up in time; with its last words.
    """
    port, key = free_port(), secrets.token_urlsafe(32)
    line = launch_line(wanted, port, binary or find_vllm())
    say(f"starting {' '.join(line)}")
    child = Child(line, {**environment_without_keys(), **SILENT, "VLLM_API_KEY": key})
    address = f"http://127.0.0.1:{port}"
    try:
        child.wait_until(lambda: _is_up(address), limit_s, say)
    except BaseException:
        child.stop()
        raise
    return child, address, key


def _is_up(address: str) -> bool:
    try:
        with DIRECT.open(f"{address}/health", timeout=1.0) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
