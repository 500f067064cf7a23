"""The project's record of looks at test items: `looks.jsonl`, one line a look.

Whoever reads a result and tries again is fishing, whatever the intention. So each look at test
items is written down before their answers are scored, and the next one is read at a stricter
level (`whet.stats.looks`). A look counts for every set that shares an item with it: changing half
of the test set does not make the other half unseen.

Every run keeps its own look as well, in `run.json`. What runs record and the file lacks is counted,
and written into it again at the next look: to begin anew takes more than deleting one file. Who
deletes the runs too, or works in another folder, is not seen.

Lines are only ever appended. The number of a look is its place in the file, so two runs that look
at the same moment get different numbers without a lock.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.errors import RunError
from whet.evals.plan import items_digest

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Look:
    """One look: by whom, when, at which items, and why (`verdict`, or `opened` by a person)."""

    run: str
    time: str
    items: frozenset[str]
    kind: str = "verdict"

    @property
    def digest(self) -> str:
        return items_digest(sorted(self.items))


def record(
    path: Path,
    item_ids: Sequence[str],
    run: str,
    kind: str = "verdict",
    others: Sequence[Look] = (),
) -> int:
    """Writes a look down and returns its number, from 1, among looks at any of these items.

    A run that has already looked at all of these items (it was resumed, or its verdict is made
    again) adds nothing and gets its old number.

    Args:
        path: The project's `looks.jsonl`; made when it is missing.
        item_ids: The test items that will be seen.
        run: What stays with a run for life. A folder name alone may be used again after the
            folder was deleted; name and time of creation may not.
        kind: `verdict`, or `opened` for items that a person has read.
        others: Looks that runs record themselves; those that the file lacks are put back.

    Raises:
        RunError: There is no item, or a line was written by a newer whet.
    """
    if not item_ids:
        raise RunError("A look needs at least one test item.")
    items = frozenset(item_ids)
    for look in lacking(read(path), others):
        _append(path, look)
    known = _number(read(path), items, run)
    if known is not None:
        return known
    _append(path, Look(run, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), items, kind))
    number = _number(read(path), items, run)
    assert number is not None, "a line that was appended and synced is there"
    return number


def count(path: Path, item_ids: Iterable[str], others: Sequence[Look] = ()) -> int:
    """How many looks have been taken at any of these items, by the file or by `others`."""
    looks = read(path)
    return len(_runs_overlapping([*looks, *lacking(looks, others)], frozenset(item_ids)))


def lacking(looks: Sequence[Look], others: Sequence[Look]) -> list[Look]:
    """Those of `others` that are not among `looks`; a run whose folder was renamed is the same."""

    def is_there(one: Look) -> bool:
        created = one.run.rpartition(" ")[2]
        return any(k.run.rpartition(" ")[2] == created and one.items <= k.items for k in looks)

    return [one for one in others if not is_there(one)]


def _number(looks: Sequence[Look], items: frozenset[str], run: str) -> int | None:
    """The place of this run's first look at all of `items` among the overlapping ones."""
    for index, look in enumerate(looks):
        if look.run == run and items <= look.items:
            return len(_runs_overlapping(looks[: index + 1], items))
    return None


def _runs_overlapping(looks: Sequence[Look], items: frozenset[str]) -> list[tuple[str, str]]:
    """Distinct (run, items) of the looks that share an item: a look written twice is one."""
    found = {(look.run, look.digest): None for look in looks if look.items & items}
    return list(found)


def read(path: Path) -> list[Look]:
    """All looks, oldest first; none when there is no file.

    A line cut short by a crash was written before any answer was scored, so it was no look.

    Raises:
        RunError: A line has a newer format, or is damaged other than by being cut short.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    values = (_parse(path, number, line) for number, line in enumerate(lines, 1) if line.strip())
    return [look for look in values if look is not None]


def _parse(path: Path, number: int, line: bytes) -> Look | None:
    try:
        value: dict[str, Any] = json.loads(line)
    except ValueError:
        if not line.rstrip().endswith(b"}"):
            return None
        raise RunError(
            f"{path}:{number}: not a look. Put the file back from version control: without it the"
            " looks cannot be counted."
        ) from None
    try:
        if value["format"] > FORMAT:
            raise RunError(
                f"{path}:{number}: format {value['format']}, this whet reads {FORMAT}."
                " Upgrade whet."
            )
        return Look(value["run"], value["time"], frozenset(value["items"]), value["kind"])
    except (KeyError, TypeError):
        raise RunError(f"{path}:{number}: a look without its run, time or items.") from None


def _append(path: Path, look: Look) -> None:
    """One write at the end of the file, confirmed by the disk; a torn line before it is closed."""
    value = {
        "format": FORMAT,
        "kind": look.kind,
        "run": look.run,
        "time": look.time,
        "digest": look.digest,
        "items": sorted(look.items),
    }
    line = json.dumps(value, ensure_ascii=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        data = ("\n" if torn else "").encode() + line.encode("utf-8")
        while data:
            data = data[os.write(handle, data) :]
        os.fsync(handle)
    finally:
        os.close(handle)
