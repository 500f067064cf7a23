"""An engine as a child process: watched by another, waited for, its last words kept, ended with us.

this process --(pipe)--> parent_watch --(own process group)--> engine and what it starts
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from whet.errors import ModelError

LINES_KEPT = 40
LINES_SHOWN = 12
TOLD_EVERY_S = 15.0
STOP_S = 15.0


class Child:
    """A running command, of whose output the last lines are kept."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.command = tuple(command)
        self._words: deque[str] = deque(maxlen=LINES_KEPT)
        self._process = subprocess.Popen(  # noqa: S603 - our own module and the engine's launch line
            [sys.executable, "-m", "whet.serving.backends.parent_watch", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,  # Ctrl-C is for this process, which ends its child itself
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The watching process's id."""
        return self._process.pid

    def status(self) -> int | None:
        """The exit status; None while it runs."""
        return self._process.poll()

    def last_words(self) -> str:
        """The last lines that it wrote."""
        return "\n".join(list(self._words)[-LINES_SHOWN:])

    def wait_until(
        self, is_up: Callable[[], bool], limit_s: float, say: Callable[[str], None]
    ) -> None:
        """Returns once it is up; says from time to time that it is not yet.

        Raises:
            ModelError: it ended, or was not up in time; with its last words.
        """
        started = told = time.monotonic()
        while not is_up():
            if (status := self.status()) is not None:
                self._reader.join(2.0)
                raise ModelError(
                    f"{self.command[0]} ended with status {status} before it was up:\n"
                    f"{self.last_words()}"
                )
            now = time.monotonic()
            if now - started > limit_s:
                self.stop()
                raise ModelError(
                    f"{self.command[0]} was not up within {limit_s:.0f} s; its last words:\n"
                    f"{self.last_words()}"
                )
            if now - told > TOLD_EVERY_S:
                say(f"{self.command[0]} is not up yet ({now - started:.0f} s)")
                told = now
            time.sleep(0.1)

    def stop(self) -> None:
        """Ends it and all that it started; returns when it is gone."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(2.0)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for raw in output:
                self._words.append(raw.decode("utf-8", "replace").rstrip())
