"""llama.cpp's own HTTP server, by xllamacpp, in a child process on the loopback."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from whet.errors import EndpointError, MissingExtraError, ModelError
from whet.web.keys import environment_without_keys

START_TIMEOUT_S = 600.0
REQUEST_TIMEOUT_S = 600.0
LOG_LINES = 6


class LlamaServer:
    """A running server. `address` is its URL; every request needs `api_key`.

    Attributes:
        context: tokens that a conversation may have.
        exact: keys and values in F32, so that numbers compare with transformers; else as
            llama.cpp does by itself (F16).

    Raises:
        ModelError: the file is missing, or llama.cpp cannot load it; its own words are told.
        MissingExtraError: xllamacpp is not installed.
    """

    def __init__(
        self,
        gguf: Path,
        *,
        adapter: Path | None = None,
        context: int = 4096,
        slots: int = 1,
        threads: int | None = None,
        exact: bool = False,
        name: str | None = None,
    ) -> None:
        for file in (gguf, *([adapter] if adapter else [])):
            _check_gguf(file)
        if importlib.util.find_spec("xllamacpp") is None:
            raise MissingExtraError("xllamacpp", "export", "running GGUF files")
        self.api_key = secrets.token_urlsafe(24)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        self._process = _start(self._log)
        settings = {
            "gguf": str(gguf), "adapter": str(adapter) if adapter else "",
            "context": context * slots, "slots": slots, "threads": threads or os.cpu_count() or 1,
            "exact": exact, "api_key": self.api_key, "name": name or gguf.stem,
        }  # fmt: skip
        try:
            files = f"{gguf} with {adapter}" if adapter else str(gguf)
            self.address = self._told(json.dumps(settings), files)
        except BaseException:
            self.close()
            raise

    def _told(self, settings: str, files: str) -> str:
        """Sends the settings; the address once the model is loaded."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(settings.encode() + b"\n")
            self._process.stdin.flush()
        late = threading.Timer(START_TIMEOUT_S, self._process.kill)
        late.start()
        try:
            line = self._process.stdout.readline()
        finally:
            late.cancel()  # also on Ctrl-C: Python would wait for it at its end
        if not line:
            self._process.wait()  # its log is whole only then
            raise ModelError(f"{files}: llama.cpp cannot load it: {_reason(self._lines())}")
        address: str = json.loads(line)["address"]
        return address

    def log(self) -> str:
        """The last lines that llama.cpp wrote."""
        return "\n".join(self._lines()[-LOG_LINES:])

    def _lines(self) -> list[str]:
        file = self._log.fileno()  # not by `seek`: the child writes where this file stands
        written = os.pread(file, os.fstat(file).st_size, 0)
        return written.decode("utf-8", "replace").strip().splitlines()

    def get(self, path: str) -> Any:
        """The JSON that a GET of the path answers."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        """The JSON that a POST to the path answers."""
        return self._ask("POST", path, json.dumps(body).encode())

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        place = urlsplit(self.address)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.api_key}"}
        link = http.client.HTTPConnection(
            place.hostname or "127.0.0.1", place.port, timeout=REQUEST_TIMEOUT_S
        )
        try:
            link.request(method, path, body, headers)
            response = link.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise EndpointError(
                f"llama.cpp's server does not answer {path} ({type(error).__name__}: {error}). "
                f"{self.log()}"
            ) from error
        finally:
            link.close()
        if response.status != http.client.OK:
            said = data.decode("utf-8", "replace")[:500]
            raise EndpointError(
                f"llama.cpp's server refuses {path} with {response.status}: {said}", response.status
            )
        return json.loads(data)

    def close(self) -> None:
        """Ends the process."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()


def _reason(lines: Sequence[str]) -> str:
    """The line of llama.cpp's log that says why a file was not loaded, else the last of them."""
    for line in lines:
        for mark in ("error loading model: ", "failed to apply lora adapter: ", "GGML_ASSERT"):
            _, found, after = line.partition(mark)
            if found:
                return after if mark.endswith(": ") else f"{found}{after}"
    return "\n".join(lines[-LOG_LINES:]) or "it said nothing"


def _check_gguf(file: Path) -> None:
    if not file.is_file():
        raise ModelError(f"{file}: there is no such file.")
    with file.open("rb") as opened:
        if opened.read(4) != b"GGUF":
            raise ModelError(f"{file}: is no GGUF file by its content.")


def _start(log: Any) -> subprocess.Popen[bytes]:
    """The child, with the packages that this process has, in a session of its own: the keyboard's
    interrupt reaches whet, which lets go of it.
    """
    paths = os.pathsep.join(str(Path(path or ".").resolve()) for path in sys.path)
    return subprocess.Popen(
        [sys.executable, "-m", "whet.engines.llama_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env={**environment_without_keys(), "PYTHONPATH": paths},
        start_new_session=True,
    )
