"""What changed between two data sets: rows added, removed, answered otherwise, on another side.

    equal content                      the same row; on another side: moved; other columns: told
    equal input, another answer        changed
    equal input and answer, else not   reworded: case, white space, punctuation
    what is left                       removed, added

Rows are paired one to one, so a copy that was added is one row added.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from whet.data.checks.labels import labels
from whet.data.dataset import SPLITS
from whet.data.keys import answer_key, input_key
from whet.data.places import printable
from whet.data.version import columns_as_text, split_version
from whet.types import Example, content_id

NO_SPLIT = ""
"""The split of rows that belong to none: those of a plain file."""


@dataclass(frozen=True, slots=True)
class Item:
    """A row on its side. `example` is None where only its id is known, as in an old run."""

    id: str
    split: str
    source: str
    example: Example | None = None

    @staticmethod
    def of(example: Example, split: str) -> Item:
        """The item of a row."""
        return Item(example.id, split, example.source, example)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two data sets: what it is called, its version, its rows."""

    name: str
    version: str
    items: list[Item]
    notes: list[str] = field(default_factory=list)

    @property
    def examples(self) -> list[Example]:
        return [item.example for item in self.items if item.example is not None]


def side_of(name: str, splits: Mapping[str, Sequence[Example]]) -> Side:
    """The side that rows by split make, with the version that `whet check` shows for them."""
    named = {split or "train": rows for split, rows in splits.items()}
    version = split_version({split: named.get(split, []) for split in SPLITS})
    return Side(name, version, [Item.of(row, n) for n, rows in splits.items() for row in rows])


@dataclass(frozen=True, slots=True)
class Pair:
    """A row before and after. `how` is answer, wording, split or columns."""

    how: str
    before: Item
    after: Item

    def to_json(self) -> dict[str, Any]:
        """The pair with what is needed to find and judge it."""
        return {"how": self.how, "before": row_json(self.before), "after": row_json(self.after)}


@dataclass(frozen=True, slots=True)
class Diff:
    """Rows removed, added and paired; equal rows are counted. `pairs` differ in something."""

    removed: list[Item]
    added: list[Item]
    pairs: list[Pair]
    num_equal: int

    def of(self, how: str) -> list[Pair]:
        """The pairs that differ in this."""
        return [pair for pair in self.pairs if pair.how == how]


def diff(before: Sequence[Item], after: Sequence[Item]) -> Diff:
    """What changed from one data set to the other, in the order of the rows."""
    pairs: list[Pair] = []
    same, old, new = _paired(before, after, lambda item: (item.id, item.split, _columns(item)))
    num_equal = len(same)
    for how, key in _LIKENESS:
        found, old, new = _paired(old, new, key)
        pairs += [Pair(how, one, two) for one, two in found if how != "equal"]
        num_equal += len(found) if how == "equal" else 0
    return Diff(old, new, pairs, num_equal)


Key = Callable[[Item], Any]


def _columns(item: Item) -> str | None:
    """A hash of what stands beside the conversation; None where it is not known."""
    if item.example is None:
        return None
    return content_id({"group": item.example.group, "fields": columns_as_text(item.example)})


def _keyed(key: Callable[[Example], Any]) -> Key:
    return lambda item: None if item.example is None else key(item.example)


_LIKENESS: tuple[tuple[str, Key], ...] = (
    ("columns", lambda item: (item.id, item.split) if item.example else None),
    ("equal", lambda item: (item.id, item.split)),
    ("split", lambda item: item.id),
    ("wording", _keyed(lambda row: (input_key(row), answer_key(row)))),
    ("answer", _keyed(input_key)),
)
"""From like to less like. `equal` are rows of which one side knows the id alone."""


def _paired(
    before: Iterable[Item], after: Iterable[Item], key: Key
) -> tuple[list[tuple[Item, Item]], list[Item], list[Item]]:
    """Items of both sides with equal keys, one to one, and what is left of each."""
    waiting: dict[Any, list[Item]] = defaultdict(list)
    old = list(before)
    for item in reversed(old):
        waiting[key(item)].append(item)
    waiting.pop(None, None)
    pairs, new = [], []
    for item in after:
        mark = key(item)
        if mark is not None and waiting.get(mark):
            pairs.append((waiting[mark].pop(), item))
        else:
            new.append(item)
    gone = {id(one) for one, _ in pairs}
    return pairs, [item for item in old if id(item) not in gone], new


def row_json(item: Item) -> dict[str, Any]:
    """A row as `--json` shows it: where it stands, and how question and answer begin."""
    row = {"id": item.id, "split": item.split, "source": item.source}
    if item.example is not None:
        row |= {"question": printable(item.example.question, 200)}
        row |= {"answer": printable(item.example.answer, 200)}
    return row


def split_counts(before: Side, after: Side) -> dict[str, tuple[int, int]]:
    """Rows by split before and after; as `rows` where one of the two has no splits."""
    counts = [Counter(item.split for item in side.items) for side in (before, after)]
    if any(NO_SPLIT in count for count in counts):
        return {"rows": (len(before.items), len(after.items))}
    return {name: (counts[0][name], counts[1][name]) for name in SPLITS}


def label_counts(before: Side, after: Side) -> dict[str, tuple[int, int]]:
    """How often each label occurs before and after; nothing where the answers are free text."""
    sides = [labels(side.examples) for side in (before, after)]
    if None in sides:
        return {}
    old, new = (counts or Counter[str]() for counts in sides)
    return {label: (old[label], new[label]) for label in sorted({*old, *new})}


def column_names(side: Side) -> list[str]:
    """Every column of any row, in the order in which they appear."""
    return list(dict.fromkeys(name for row in side.examples for name in row.fields))
