"""Which split a file is, by its name, when nothing else says so.

train.csv  replies.jsonl      train
test.csv  banking-test.jsonl  test
dev.json  validation.csv      validation
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

WORDS = {
    "test": ("test", "heldout", "holdout"),
    "validation": ("validation", "valid", "val", "dev", "eval"),
}


def splits_by_name(files: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The files as train, validation and test; all of them train when none is left for it."""
    found: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    names = list(files)
    for name in names:
        found[_split(name)].append(name)
    if not found["train"]:
        return {"train": tuple(names), "validation": (), "test": ()}
    return {split: tuple(members) for split, members in found.items()}


def _split(name: str) -> str:
    words = re.split(r"[^a-z0-9]+", Path(name).name.lower())
    if "train" not in words:
        for split, known in WORDS.items():
            if any(word in words for word in known):
                return split
    return "train"
