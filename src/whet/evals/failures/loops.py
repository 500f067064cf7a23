"""An answer that repeats itself to its end."""

from __future__ import annotations

from collections.abc import Sequence

MAX_PERIOD = 40
MIN_REPEATS = 4
MIN_WORDS = 8
MIN_CHARACTERS = 16
MAX_READ = 400
"""Words, or characters where there are hardly any spaces, that are read from the end."""


def loop(text: str) -> str:
    """What an answer repeats at least four times up to its end; empty where it does not.

    The last repetition may be cut off. The smallest unit that repeats is returned.
    """
    words = text.split()[-MAX_READ:]
    found = _period(words, MIN_WORDS)
    if found:
        return " ".join(words[-2 * found : -found])
    letters = text.rstrip()[-MAX_READ:]
    found = _period(letters, MIN_CHARACTERS) if len(words) < MIN_WORDS else 0
    return letters[-2 * found : -found] if found else ""


def _period(units: Sequence[str], least: int) -> int:
    """The smallest period with which the units end; 0 where there is none.

    Looks also without the last unit, which may be cut off.
    """
    for read in (units, units[:-1]):
        for period in range(1, min(MAX_PERIOD, len(read) // MIN_REPEATS) + 1):
            size = period
            while size < len(read) and read[-size - 1] == read[-size - 1 + period]:
                size += 1
            if size >= max(least, MIN_REPEATS * period):
                return period
    return 0
