"""What became of every key of another tool's file. None may be forgotten."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from whet.data.places import printable

MAX_VALUE_CHARS = 60
_PRIVATE = re.compile(
    r"(^|hub_|hf_|wandb_|auth_|access_|api_)token$|secret|password|passwd|api_?key|credential|webhook",
    re.IGNORECASE,
)


class Fate(StrEnum):
    """What became of a key, in the order in which it is told."""

    TRANSLATED = "translated"
    INSTEAD = "no counterpart"
    UNKNOWN = "not known"
    IRRELEVANT = "of no meaning here"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of the file: its value as shown (private ones masked), and what became of it."""

    key: str
    value: str
    fate: Fate
    said: str = ""

    def __str__(self) -> str:
        head = f"{self.key}: {self.value}" if self.value else self.key
        if not self.said:
            return head
        return f"{head} -> {self.said}" if self.fate is Fate.TRANSLATED else f"{head}. {self.said}"


class Account:
    """The keys of a file, each to be closed once; what is left open in the end is not known."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)
        self._closed: dict[str, Entry] = {}

    def close(self, key: str, fate: Fate, said: str = "") -> None:
        """Says what became of a key; a second word on it is added to the first."""
        before = self._closed.get(key)
        if before is not None:
            said = "; ".join(dict.fromkeys(part for part in (before.said, said) if part))
            fate = min(before.fate, fate, key=list(Fate).index)
        self._closed[key] = Entry(key, shown(key, self._values[key]), fate, said)

    def is_open(self, key: str) -> bool:
        """Whether nothing was said of a key yet."""
        return key in self._values and key not in self._closed

    @property
    def open_keys(self) -> list[str]:
        """Keys of which nothing was said yet, in the order of the file."""
        return [key for key in self._values if key not in self._closed]

    def entries(self) -> tuple[Entry, ...]:
        """Every key of the file with what became of it, in the order of the file."""
        assert not self.open_keys, f"keys without a word: {self.open_keys}"
        return tuple(self._closed[key] for key in self._values)


def shown(key: str, value: Any) -> str:
    """A value on one line, cut; what may be a password or key is never shown."""
    if value is None or value == "":
        return ""
    name = key.rpartition(".")[2]
    if _PRIVATE.search(name) and isinstance(value, str):
        return "***"
    value = _without_keys(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return printable(text, MAX_VALUE_CHARS)


def _without_keys(value: Any) -> Any:
    """The value with what may be a password or key masked, however deep it stands."""
    if isinstance(value, Mapping):
        return {k: "***" if _PRIVATE.search(str(k)) else _without_keys(v) for k, v in value.items()}
    return [_without_keys(item) for item in value] if isinstance(value, list) else value
