"""Concepts of another tool, and the keys of ours that are made from them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from whet.errors import ConfigError
from whet.migration.account import Account, Fate, shown
from whet.migration.source import Source

MAX_NUMBER = 1e9
_YES, _NO = ("true", "yes", "on"), ("false", "no", "off")


@dataclass(slots=True)
class Recipe:
    """What a file asks for by concept, and what has been made of it so far.

    `ours` maps keys of whet.yaml to values, `comments` says why where it is not plain, `faults`
    are things that forbid a translation.
    """

    source: Source
    account: Account
    given: dict[str, list[str]]
    ours: dict[str, Any] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def has(self, concept: str) -> bool:
        """Whether the file itself gives a value."""
        return bool(self.given.get(concept))

    def get(self, concept: str) -> Any:
        """The value that the file gives, or that its tool assumes; None where there is neither."""
        if self.has(concept):
            return _settled(self.source.keys[self.given[concept][-1]])
        return self.source.tool.defaults.get(concept)

    def number(self, concept: str, default: float | None = None) -> float | None:
        """The value as a number; a fault where it is none."""
        value = self.get(concept)
        if isinstance(value, str):
            with suppress(ValueError):  # told below, as any other value that is no number
                value = float(value)
        if value is None:
            return default
        known = isinstance(value, int | float) and not isinstance(value, bool)
        if not known or not abs(value) <= MAX_NUMBER:
            key = self.given.get(concept, [concept])[-1]
            self.faults.append(
                f"{self.source.path}: {key}: expected a number, found {shown(key, value)}."
            )
            return default
        found: float = value
        return found

    def count(self, concept: str, default: int) -> int:
        """The value as a whole number of at least 1; a fault where it is none."""
        value = self.number(concept, default)
        if value is None or value < 1 or value != int(value):
            key = self.given.get(concept, [concept])[-1]
            self.faults.append(
                f"{self.source.path}: {key}: expected a whole number from 1, found"
                f" {shown(key, value)}."
            )
            return default
        return int(value)

    def put(self, ours: str, value: Any, *concepts: str, comment: str = "") -> None:
        """Sets one of our keys, and closes the keys it was made from."""
        self.ours[ours] = value
        if comment:
            self.comments[ours] = comment
        elif concepts and not any(self.has(concept) for concept in concepts):
            self.comments[ours] = f"what {self.source.tool.name} does when told nothing"
        for concept in concepts:
            self.close(concept, Fate.TRANSLATED, f"{ours}: {shown(ours, value)}")

    def close(self, concept: str, fate: Fate, said: str) -> None:
        """Says what became of the file's keys for a concept; nothing where there are none."""
        for key in self.given.get(concept, ()):
            self.account.close(key, fate, said)

    def instead(self, concept: str, said: str) -> None:
        """A concept without counterpart. Where the file is silent and its tool assumes it, a note.

        `said` is what whet does instead.
        """
        if self.has(concept):
            self.close(concept, Fate.INSTEAD, said)
        else:
            self.notes.append(f"{self.source.tool.name} assumes it unasked ({concept}): {said}")

    def refuse(self, concept: str, said: str) -> None:
        """A concept that forbids a translation."""
        key = self.given[concept][-1]
        seen = shown(key, self.source.keys[key])
        self.faults.append(f"{self.source.path}: {key}: {seen}: {said}")

    def require(self) -> None:
        """Stops where something forbids a translation.

        Raises:
            ConfigError: with all of it.
        """
        if self.faults:
            raise ConfigError(list(dict.fromkeys(self.faults)))


def open_recipe(source: Source) -> Recipe:
    """A recipe of which nothing is translated yet; keys without a value are closed as empty."""
    account = Account(source.keys)
    given: dict[str, list[str]] = {}
    for key, value in source.keys.items():
        if value is None or value == "" or value == [] or value == {}:
            account.close(key, Fate.EMPTY)
            continue
        concept = _concept(source.tool.concepts, key)
        if concept is not None:
            given.setdefault(concept, []).append(key)
    return Recipe(source, account, given)


def _concept(concepts: Mapping[str, str], key: str) -> str | None:
    """The concept of a key; keys of list items are a data set's own and have none."""
    return None if "]" in key else concepts.get(key.rpartition(".")[2])


def _settled(value: Any) -> Any:
    """`yes` and `off` are true and false in the older YAML that these tools read."""
    if isinstance(value, str) and value.strip().lower() in (*_YES, *_NO):
        return value.strip().lower() in _YES
    return value
