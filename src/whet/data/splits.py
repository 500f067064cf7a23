"""Dividing one set of rows into train, validation and test.

A row's side depends on nothing but the seed and its key: `group_by`'s value if there is one,
else its input. So rows with the same input or group stay together, the order of the file does
not matter, and adding rows never moves an old one.

    sha256(seed, key) -> u in [0, 1)      0 [ test | validation | train ) 1
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from whet.data.keys import input_key
from whet.data.places import listed
from whet.errors import DataError
from whet.types import Example


@dataclass(frozen=True, slots=True)
class Split:
    """Three lists in the order of the rows given; a side that was not asked for is empty."""

    train: list[Example]
    validation: list[Example]
    test: list[Example]


def split(
    examples: Sequence[Example],
    *,
    validation: float = 0.0,
    test: float = 0.0,
    group_by: str | None = None,
    seed: int = 0,
) -> Split:
    """The rows on their sides; `validation` and `test` are shares of the keys, in expectation.

    Raises:
        DataError: the shares leave nothing for training, a row has no group, or a side that was
            asked for came out empty.
    """
    if min(validation, test) < 0 or validation + test >= 1:
        raise DataError(
            f"data.split: validation {validation:g} and test {test:g} leave no share for "
            "training. Their sum has to be below 1."
        )
    keys = [_key(example, group_by) for example in examples]
    result = Split([], [], [])
    for example, key in zip(examples, keys, strict=True):
        u = _uniform(key, seed)
        side = result.test if u < test else result.validation
        (side if u < test + validation else result.train).append(example)
    _require_sides(result, len(examples), len(set(keys)), validation, test)
    return result


def _uniform(key: str, seed: int) -> float:
    digest = hashlib.sha256(f"{seed}\x1f{key}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _key(example: Example, group_by: str | None) -> str:
    if group_by is None:
        return input_key(example)
    value = example.fields.get(group_by)
    group = value if value is not None else example.group
    if group is None or group == "":
        raise DataError(
            f"{example.source}: {group_by}: the row has no value to group by; it has the fields "
            f"{listed(list(example.fields)) or 'none'}. Fill it in or correct data.split.group_by."
        )
    return str(group)


def _require_sides(
    result: Split, num_rows: int, num_keys: int, validation: float, test: float
) -> None:
    sides = (("validation", validation, result.validation), ("test", test, result.test))
    empty = [(name, share) for name, share, rows in sides if share > 0 and not rows]
    if not result.train:
        empty.append(("train", 1 - validation - test))
    if empty:
        name, share = empty[0]
        raise DataError(
            f"data.split: {name} came out empty: a share of {share:g} of {num_rows} rows with "
            f"{num_keys} different inputs or groups. Add rows, ask for a larger share, or name "
            f"a file in data.{name}."
        )
