"""Runs code that a model wrote, where it can do little harm. Only ever called with consent.

    a process of its own, killed with all it started when its time is up
    an empty temporary folder as its place, an empty environment, Python in isolated mode
    bounds on processor time, memory, file size, open files and processes, set before its first line
    no network, where this machine lets a process be cut off from it (`unshare`)

It is no prison: the code runs as the same user and can read what that user can read. Who does not
want that leaves the consent out.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import cache

from whet.errors import ConfigError

MEMORY_BYTES = 2**30
FILE_BYTES = 2**20

_BOUNDS = """\
import resource as _r
for _what, _most in (
    (_r.RLIMIT_CPU, {seconds}), (_r.RLIMIT_AS, {memory}), (_r.RLIMIT_FSIZE, {size}),
    (_r.RLIMIT_NOFILE, 32), (_r.RLIMIT_NPROC, 8), (_r.RLIMIT_CORE, 0),
):
    _r.setrlimit(_what, (_most, _most))
del _r, _what, _most
"""


def require_sandbox() -> None:
    """Refuses to go on where bounds cannot be set.

    Raises:
        ConfigError: this system has no resource limits for a process.
    """
    if os.name != "posix":
        raise ConfigError(
            "gates.ability.allow_code: this system cannot bound what a process uses, so no model's"
            " code is run. Set it to false, or run on Linux or macOS."
        )


@cache
def without_network() -> tuple[str, ...]:
    """The words before a command that cut it off from the network; none where that cannot be."""
    found = shutil.which("unshare")
    for words in ((found, "-n"), (found, "-rn")) if found else ():
        tried = subprocess.run(  # noqa: S603 - a fixed program from the system
            [*map(str, words), "true"], capture_output=True, check=False
        )
        if tried.returncode == 0:
            return tuple(map(str, words))
    return ()


def passes(program: str, *, timeout_s: float = 5.0) -> bool:
    """Whether a program runs to its end, within bounds and without an error.

    The end is proven by a word that is drawn anew and printed last: a program that leaves early
    with status 0 has not passed.
    """
    word = secrets.token_hex(16)
    bounds = _BOUNDS.format(seconds=int(timeout_s) + 1, memory=MEMORY_BYTES, size=FILE_BYTES)
    text = f"{bounds}\n{program}\nprint({word!r})\n"
    command = [*without_network(), sys.executable, "-I", "-S", "-B", "-"]
    with (
        tempfile.TemporaryDirectory(prefix="whet-code-") as folder,
        tempfile.TemporaryFile() as source,
        tempfile.TemporaryFile() as told,  # a file, so that the bound on its size holds
    ):
        source.write(text.encode("utf-8", "replace"))
        source.seek(0)
        process = subprocess.Popen(  # noqa: S603 - consented to, and bounded as above
            command,
            stdin=source,
            stdout=told,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={},
            start_new_session=True,
        )
        try:
            status = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        told.seek(0)
        return status == 0 and told.read().endswith(f"{word}\n".encode())
