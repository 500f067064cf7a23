"""Runs a command that does not outlive who started this one.

    python -m whet.serving.backends.parent_watch COMMAND...

Standard input is held open by the parent. When it ends, however the parent ended (a kill -9
included), the command and all that it started are told to stop, and after a while are made to.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

GRACE_S = 10.0


def main(command: list[str]) -> int:
    """The command's exit status."""
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - the engine's launch line, built by whet
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    threading.Thread(target=_watch, args=(child,), daemon=True).start()
    status = child.wait()
    _tell(child, signal.SIGKILL)  # what it left behind in its group
    return status if status >= 0 else 128 - status


def _watch(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 4096):
        pass
    _tell(child, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        child.wait(GRACE_S)
    _tell(child, signal.SIGKILL)


def _tell(child: subprocess.Popen[bytes], what: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, what)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
