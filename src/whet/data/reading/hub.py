"""Data sets of the Hugging Face hub: `org/name`, or `org/name:split`.

A path that exists is never taken for a hub id. The package `datasets` does the fetching; it is
imported only here and only when a hub id is named. Nothing is guessed: a set of several splits
has to be named with the one that is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from whet.data.places import listed, printable
from whet.errors import DataError, MissingExtraError

_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}(:[A-Za-z0-9][\w.-]*)?")
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,7}$")


def is_hub_id(text: str, base: Path) -> bool:
    """Whether a path that does not exist can be a hub id: `org/name`, and no such folder `org`."""
    owner = text.partition("/")[0]
    is_file_name = _SUFFIX.search(text.partition(":")[0]) is not None
    return _ID.fullmatch(text) is not None and not is_file_name and not (base / owner).exists()


def named_split(text: str) -> str:
    """The id with its split: the one that is named, or the only one there is.

    Raises:
        DataError: several splits and none named, no such split, or the hub cannot be reached.
        MissingExtraError: `datasets` is not installed.
    """
    name, _, split = text.partition(":")
    try:
        splits = [str(known) for known in _datasets(text).get_dataset_split_names(name)]
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(unreachable(text, error)) from None
    if split and split not in splits:
        raise DataError(f"{text}: no split {split!r}; the set has {listed(splits)}.")
    if not split and len(splits) != 1:
        example = f"{name}:{splits[0]}" if splits else ""
        raise DataError(f"{text}: has the splits {listed(splits)}. Name one, as in {example}")
    return f"{name}:{split or splits[0]}"


def fetched_rows(text: str) -> Iterator[dict[str, Any]]:
    """The rows of a hub id with its split, in order; fetched now, or taken from the cache.

    Raises:
        OSError, ValueError, RuntimeError: it cannot be fetched.
        MissingExtraError: `datasets` is not installed.
    """
    name, _, split = text.partition(":")
    yield from _datasets(text).load_dataset(name, split=split)


def unreachable(text: str, error: Exception) -> str:
    """One line that says that and why a set cannot be had."""
    why = printable(str(error).split("\n")[0], 160).rstrip(".")
    return (
        f"{text}: no such file or folder, and it cannot be fetched from the hub ({why}). "
        "Correct the path, or check the id, the network, HF_TOKEN and HF_HUB_OFFLINE."
    )


def _datasets(text: str) -> Any:
    try:
        import datasets
    except ImportError:
        purpose = f"{text}: no such file or folder. To fetch it as a data set of the hub"
        raise MissingExtraError("datasets", "hub", f"{purpose} whet") from None
    return datasets
