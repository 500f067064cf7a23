"""The data sets that a file names: where they lie, which column means what, who is who."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whet.data.reading.files import KINDS
from whet.migration.account import Fate
from whet.migration.recipe import Recipe

OUR_TURN_KEYS = (("role", "content"), ("from", "value"))
KNOWN_ROLES = {
    "role": {"system": "system", "user": "user", "assistant": "assistant", "tool": "tool"},
    "from": {"system": "system", "human": "user", "gpt": "assistant", "observation": "tool",
             "user": "user", "assistant": "assistant", "tool": "tool"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DataSet:
    """One data set as another tool describes it.

    `files` are on this machine; without any the set has to be fetched first. `columns` and `roles`
    are `data.columns` and `data.roles` for it. `turn_keys` are the names of role and text in its
    turns, None for those that are read as they are.
    """

    name: str
    files: tuple[Path, ...] = ()
    split: str = "train"
    columns: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    turn_keys: tuple[str, str] | None = None


def local_files(recipe: Recipe, name: str) -> tuple[Path, ...]:
    """The readable files under a name; none where it is a hub id or nothing is there."""
    place = recipe.source.locate(name)
    if place is None:
        return ()
    entries = sorted(place.iterdir()) if place.is_dir() else [place]
    return tuple(entry for entry in entries if _is_data(entry))


def _is_data(path: Path) -> bool:
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return path.is_file() and plain.suffix.lower() in KINDS


def foreign_roles(key: str, roles: Mapping[str, str]) -> dict[str, str]:
    """The roles that are not understood without `data.roles`."""
    known = KNOWN_ROLES.get(key, KNOWN_ROLES["role"])
    return {name: ours for name, ours in roles.items() if known.get(name) != ours}


def turn_keys(role: str, content: str) -> tuple[str, str] | None:
    """The pair, or None where it is one that is read as it stands."""
    return None if (role, content) in OUR_TURN_KEYS else (role, content)


@dataclass(frozen=True, slots=True)
class Closing:
    """Closes the keys of one item of a list."""

    recipe: Recipe
    place: str

    def translated(self, ours: str, *names: str) -> None:
        """The keys that there are became one of ours."""
        for name in names:
            self._close(name, Fate.TRANSLATED, ours)

    def instead(self, name: str, said: str) -> None:
        """The key has no counterpart."""
        self._close(name, Fate.INSTEAD, said)

    def harmless(self, name: str, *values: Any) -> None:
        """The key asks for what whet does anyway, if it has one of these values."""
        key = f"{self.place}.{name}"
        if self.recipe.source.keys.get(key) in values:
            self._close(name, Fate.IRRELEVANT, "whet does the same.")

    def _close(self, name: str, fate: Fate, said: str) -> None:
        key = f"{self.place}.{name}"
        if self.recipe.account.is_open(key):
            self.recipe.account.close(key, fate, said)
