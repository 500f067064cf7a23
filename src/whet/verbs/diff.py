"""`whet check --diff A B`: what changed between two versions of the data.

A and B are data files, folders (those that `whet clean` wrote, with their splits) or runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.configfile import read_config
from whet.data import read, survey
from whet.data.dataset import SPLITS
from whet.data.diff import (
    NO_SPLIT,
    Diff,
    Item,
    Pair,
    Side,
    column_names,
    diff,
    label_counts,
    row_json,
    side_of,
    split_counts,
)
from whet.data.places import listed, printable
from whet.errors import DataError
from whet.findings import Kind
from whet.rundir import RunDir, read_json
from whet.types import Example

MAX_SHOWN = 3
"""Rows of a kind that the text shows; `--json` has all."""
MAX_LABELS = 4
MAX_FAULTS = 10


@dataclass(frozen=True, slots=True)
class DataDiff:
    """Two versions and everything in which they differ.

    `rows` and `labels` are counts before and after; `changed` pairs say `how`: answer, wording,
    split or columns.
    """

    a: str
    b: str
    versions: dict[str, str]
    equal: int
    rows: dict[str, tuple[int, int]]
    labels: dict[str, tuple[int, int]]
    columns: dict[str, list[str]]
    added: list[dict[str, Any]]
    removed: list[dict[str, Any]]
    changed: list[dict[str, Any]]
    notes: list[str]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.changed)

    def text(self) -> str:
        """One screen for a person."""
        lines = [
            f"A  {self.a}: content version {self.versions['a']}",
            f"B  {self.b}: content version {self.versions['b']}",
        ]
        rows = ", ".join(f"{name} {_change(*counts)}" for name, counts in self.rows.items())
        lines.append(f"{rows}; {self.equal:,} rows equal")
        if self.same:
            lines.append("no row differs")
        for name in ("removed", "added"):
            lines += _section(name, [_shown(row) for row in getattr(self, name)])
        for how, title in _TITLES.items():
            pairs = [pair for pair in self.changed if pair["how"] == how]
            lines += _section(title, [_pair_shown(pair) for pair in pairs])
        lines += self._labels()
        for name, columns in self.columns.items():
            lines += [f"columns {name}: {listed(columns)}"] if columns else []
        return "\n".join([*lines, *self.notes])

    def _labels(self) -> list[str]:
        moved = {label: counts for label, counts in self.labels.items() if counts[0] != counts[1]}
        if not moved:
            return []
        most = sorted(moved, key=lambda label: -abs(moved[label][1] - moved[label][0]))
        said = [f"{printable(label, 30)} {_change(*moved[label])}" for label in most[:MAX_LABELS]]
        more = len(most) - len(said)
        return [f"answers: {', '.join(said)}" + (f" and {more} more" if more > 0 else "")]


_TITLES = {
    "answer": "answered otherwise",
    "split": "on another side",
    "wording": "written otherwise (case, space, punctuation)",
    "columns": "with other columns",
}


def diff_data(a: str | Path, b: str | Path, *, config: str | Path = "whet.yaml") -> DataDiff:
    """What changed from A to B, each a data file, a folder or a run.

    Args:
        a: the older one.
        b: the newer one.
        config: the project's file, if there is one; its `data.columns` are used for files whose
            columns do not say what they mean.

    Raises:
        DataError: one of them cannot be read, or has broken rows.
    """
    columns = read_config(Path(config)).data.columns if Path(config).is_file() else {}
    before, after = _side(Path(a), columns), _side(Path(b), columns)
    found: Diff = diff(*_comparable(before, after))
    names = [column_names(side) for side in (before, after)]
    return DataDiff(
        str(a), str(b), {"a": before.version, "b": after.version}, found.num_equal,
        split_counts(before, after),
        label_counts(before, after),
        {"added": [name for name in names[1] if name not in names[0]],
         "removed": [name for name in names[0] if name not in names[1]]},
        [row_json(item) for item in found.added],
        [row_json(item) for item in found.removed],
        [pair.to_json() for pair in _in_order(found.pairs)],
        [*before.notes, *after.notes],
    )  # fmt: skip


def _in_order(pairs: Sequence[Pair]) -> list[Pair]:
    return sorted(pairs, key=lambda pair: list(_TITLES).index(pair.how))


def _comparable(before: Side, after: Side) -> tuple[list[Item], list[Item]]:
    """The items; without their splits where one of the two has none."""
    sides = [side.items for side in (before, after)]
    if any(item.split == NO_SPLIT for items in sides for item in items):
        sides = [[Item(i.id, NO_SPLIT, i.source, i.example) for i in items] for items in sides]
    return sides[0], sides[1]


def _side(path: Path, columns: Mapping[str, str]) -> Side:
    if (path / "run.json").is_file():
        return _of_run(path)
    files = {name: path / f"{name}.jsonl" for name in SPLITS}
    if path.is_dir() and files["train"].is_file():
        present = {name: file for name, file in files.items() if file.is_file()}
        return side_of(
            str(path),
            {name: _rows(present[name], {}) if name in present else [] for name in SPLITS},
        )
    return side_of(str(path), {NO_SPLIT: _rows(path, columns)})


def _rows(path: Path, columns: Mapping[str, str]) -> list[Example]:
    reading = read([path])
    if columns and any(fault.kind is Kind.FORMAT for fault in reading.errors):
        reading = read([path], columns)
    if reading.errors:
        more = len(reading.errors) - MAX_FAULTS
        rest = [f"... and {more} more. `whet check {path}` lists them all."] if more > 0 else []
        raise DataError([*map(str, reading.errors[:MAX_FAULTS]), *rest])
    return reading.examples


def _of_run(path: Path) -> Side:
    """The rows of a run: its own list of ids, with the texts as far as the files still have them.

    Raises:
        RunError: the run has no data, or is damaged.
    """
    run = RunDir(path)
    version = str(read_json(run.file("data/check.json"))["version"])
    listed_rows = {name: read_json(run.file(f"data/{name}.json")) for name in SPLITS}
    try:
        dataset = survey(read_config(run.config).data, root=run.root)
        known = {row.id: row for rows in dataset.splits.values() for row in rows}
    except (DataError, OSError) as error:
        known, reason = {}, str(error).split("\n")[0]
    else:
        reason = "the files have been changed since"
    items = [
        Item(row["id"], name, row["source"], known.get(row["id"]))
        for name, rows in listed_rows.items()
        for row in rows
    ]
    lost = sum(item.example is None for item in items)
    note = f"{path}: {lost:,} of {len(items):,} rows are known by their id alone ({reason})."
    return Side(str(path), version, items, [note] if lost else [])


def _change(before: int, after: int) -> str:
    return f"{before:,}" if before == after else f"{before:,} -> {after:,}"


def _section(title: str, rows: list[str]) -> list[str]:
    if not rows:
        return []
    more = len(rows) - MAX_SHOWN
    rest = [f"  ... and {more:,} more; --json has all."] if more > 0 else []
    return [f"{len(rows):,} {title}", *(f"  {row}" for row in rows[:MAX_SHOWN]), *rest]


def _shown(row: dict[str, Any]) -> str:
    side = f" ({row['split']})" if row["split"] else ""
    if "question" not in row:
        return f"{row['source']}{side}: id {row['id']}"
    return f"{row['source']}{side}: {row['question'][:50]} => {row['answer'][:30]}"


def _pair_shown(pair: dict[str, Any]) -> str:
    before, after, how = pair["before"], pair["after"], pair["how"]
    if how == "split":
        return f"{before['source']}: {before['split']} -> {after['split']}"
    question = after.get("question", "")[:50]
    if how == "answer":
        return f"{after['source']}: {question}: {before['answer'][:25]} -> {after['answer'][:25]}"
    return f"{before['source']} -> {after['source']}: {question}"
