"""The record of a distillation: every answer as it comes, on disk before the next is counted.

One JSON object a line, appended and synced. A line that a crash tore is cut off by the next
append and never read, so its answer is asked for again; whole lines are paid for and kept.

    {"key", "asked": price}              a request goes out (only with a budget)
    {"key", "lost": price}               an attempt got no answer and may have been billed
    {"key", "answer", ...tokens, "cost"}  an answer
    {"key", "failed": why, "cost"}       no answer; with "permanent" where it was refused
"""

from __future__ import annotations

import fcntl
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whet.errors import RunError
from whet.rundir import append_jsonl


@dataclass(slots=True)
class Known:
    """What the journal says: answers and failures by key, and the money that may be gone.

    `permanent` are the failures that asking again would not mend.
    """

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    permanent: set[str] = field(default_factory=set)
    spent: float = 0.0


class Journal:
    """The file `record/journal.jsonl` of an output folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "record" / "journal.jsonl"
        self._lock = threading.Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else writes meanwhile.

        Raises:
            RunError: another process is at work in the folder.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with (self.path.parent / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunError(
                    f"{self.path.parent.parent}: another process is writing there. Wait for it, or"
                    " name another folder with --out."
                ) from None
            yield

    def append(self, key: str, **values: Any) -> None:
        """One line, synced; threads may append at once."""
        with self._lock:
            append_jsonl(self.path, {"key": key, **values})

    def read(self) -> Known:
        """Everything that was written so far.

        Raises:
            RunError: a line in the middle is damaged; answers would be paid for twice.
        """
        known = Known()
        open_requests: dict[str, float] = {}
        for entry in self._entries():
            key = str(entry["key"])
            if "asked" in entry:
                known.spent += open_requests.pop(key, 0.0)  # a kill cut that one off
                open_requests[key] = float(entry["asked"])
                continue
            known.spent += float(entry.get("cost", entry.get("lost", 0.0)))
            if "answer" in entry:
                known.answers[key] = entry
                known.failures.pop(key, None)
                known.permanent.discard(key)
            elif "failed" in entry:
                known.failures[key] = str(entry["failed"])
                (known.permanent.add if entry.get("permanent") else known.permanent.discard)(key)
            if "lost" not in entry:
                open_requests.pop(key, None)
        # So were requests whose end was never written. They may have been billed.
        known.spent += sum(open_requests.values())
        return known

    def _entries(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        with self.path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.endswith(b"\n"):
                    return
                try:
                    entry = json.loads(line)
                    entry["key"]
                except (ValueError, TypeError, KeyError):
                    raise RunError(
                        f"{self.path}:{number}: damaged. Remove that line: its answer is then"
                        " asked for again."
                    ) from None
                yield entry
