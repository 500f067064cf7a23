"""All limits of the server in one table, and the bucket that counts against them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one visitor may do. Rates are steady rates; a burst may come at once."""

    max_body_bytes: int = 2 * 1024 * 1024  # long training rows, their letters as %E6%96%87
    entries_per_minute: float = 10
    entry_burst: int = 10
    requests_per_second: float = 100
    request_burst: int = 500
    session_hours: float = 12
    max_connections: int = 128
    keep_alive_s: int = 10


class Buckets:
    """Token buckets by name: `take` says how long to wait, 0 when there is room.

    At most `most` names are kept; the ones that were not used for longest are forgotten first,
    which can only be in their favour.
    """

    def __init__(
        self,
        per_second: float,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
        most: int = 10_000,
    ) -> None:
        self._per_second, self._burst, self._clock, self._most = per_second, burst, clock, most
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, name: str) -> float:
        """Takes one; the seconds until there is one again where there is none."""
        with self._lock:
            now = self._clock()
            level, then = self._levels.pop(name, (float(self._burst), now))
            level = min(float(self._burst), level + (now - then) * self._per_second)
            wait = 0.0 if level >= 1 else (1 - level) / self._per_second
            self._levels[name] = (level - 1 if wait == 0 else level, now)
            while len(self._levels) > self._most:
                self._levels.pop(next(iter(self._levels)))
            return wait
