"""Rows that may not be parted: one group, one input, one cluster of near duplicates.

Without clusters a bundle is what shares a key: `group_by`'s value if there is one, else the
input. With clusters, keys, inputs and clusters are joined as far as they reach into each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from whet.data.keys import input_key
from whet.data.places import listed
from whet.errors import DataError
from whet.types import Example, content_id

Clusters = Callable[[Sequence[Example]], Sequence[int]]
"""The cluster number of each row; rows of one number are (nearly) the same."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Rows, by number, that go to one side together.

    `key` is the one that a side is drawn by; `keys` are the hashes of all, which are kept.
    """

    key: str
    rows: list[int]
    keys: list[str]


def bundles(
    examples: Sequence[Example], group_by: str | None = None, clusters: Clusters | None = None
) -> list[Bundle]:
    """Every row in exactly one bundle, in the order of their first rows.

    Raises:
        DataError: rows have no group.
    """
    keys = row_keys(examples, group_by)
    joined = _Joined(len(examples))
    joined.join(keys)
    if clusters is not None:
        joined.join(clusters(examples))
        joined.join([input_key(example) for example in examples])
    members: dict[int, list[int]] = {}
    for row in range(len(examples)):
        members.setdefault(joined.root(row), []).append(row)
    return [_bundle(rows, keys) for rows in members.values()]


def _bundle(rows: list[int], keys: Sequence[str]) -> Bundle:
    own = list(dict.fromkeys(keys[row] for row in rows))
    drawn = min(own, key=lambda key: hashlib.sha256(_bytes(f"bundle\x1f{key}")).digest())
    return Bundle(drawn, rows, [content_id(key) for key in own])


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def uniform(key: str, seed: int) -> float:
    """A number in [0, 1) that depends on nothing but the key and the seed."""
    return int.from_bytes(hashlib.sha256(_bytes(f"{seed}\x1f{key}")).digest()[:6], "big") / 2**48


def row_keys(examples: Sequence[Example], group_by: str | None) -> list[str]:
    """Each row's own key: the value of `group_by`, else its input.

    Raises:
        DataError: naming each row without a group.
    """
    if group_by is None:
        return [input_key(example) for example in examples]
    values = [_group(example, group_by) for example in examples]
    faults = [
        f"{example.source}: {group_by}: the row has no value to group by; it has the fields "
        f"{listed(list(example.fields)) or 'none'}. Fill it in or correct data.split.group_by."
        for example, value in zip(examples, values, strict=True)
        if value is None
    ]
    if faults:
        raise DataError(faults)
    return [str(value) for value in values]


def _group(example: Example, group_by: str) -> object:
    value = example.fields.get(group_by)
    group = value if value is not None else example.group
    return None if group == "" else group


class _Joined:
    """Which rows have been joined; the smallest row of a set stands for it."""

    def __init__(self, num_rows: int) -> None:
        self._parents = list(range(num_rows))

    def root(self, row: int) -> int:
        """The row that stands for the set of this one."""
        while self._parents[row] != row:
            self._parents[row] = self._parents[self._parents[row]]
            row = self._parents[row]
        return row

    def join(self, marks: Sequence[object]) -> None:
        """Joins the rows that carry the same mark."""
        first: dict[object, int] = {}
        for row, mark in enumerate(marks):
            one, two = self.root(first.setdefault(mark, row)), self.root(row)
            self._parents[max(one, two)] = min(one, two)
