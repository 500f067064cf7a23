"""What two runs differ in: settings, rows, and answers to the same validation items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whet.config import Config
from whet.configfile import read_config
from whet.data.dataset import SPLITS
from whet.evals.scorers import leading
from whet.reporting.schema.compared import Compared, Flip, Flips, Rows, Setting
from whet.rundir import RunDir, read_json
from whet.stages.samples import Sample
from whet.stages.validation import Answered, validation_answers

MAX_SHOWN = 6


def side_by_side(a: RunDir, b: RunDir) -> Compared:
    """Config changes, data changes and per-item flips from run A to run B.

    Raises:
        RunError: one of them did not get as far as its answers.
    """
    left, right = read_config(a.config), read_config(b.config)
    metric = leading(left.eval)
    same = metric == leading(right.eval)
    return {
        "settings": _settings(left, right),
        "rows": [_rows(a, b, split) for split in SPLITS],
        "metric": metric if same else "",
        "flips": _flips(a, left, b, right) if same else [],
    }


def _settings(a: Config, b: Config) -> list[Setting]:
    left = dict(_flat(a.model_dump(mode="json")))
    right = dict(_flat(b.model_dump(mode="json")))
    keys = dict.fromkeys([*left, *right])
    return [
        {"key": key, "a": left.get(key, "not set"), "b": right.get(key, "not set")}
        for key in keys
        if left.get(key) != right.get(key)
    ]


def _flat(values: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Each value by its dotted key, as text."""
    for key, value in values.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{name}.")
        elif isinstance(value, list):
            yield name, ", ".join(map(str, value)) or "none"
        else:
            yield name, "not set" if value is None else str(value)


def _rows(a: RunDir, b: RunDir, split: str) -> Rows:
    left, right = (
        {row["id"] for row in read_json(run.file(f"data/{split}.json"))} for run in (a, b)
    )
    return {
        "split": split,
        "both": len(left & right),
        "removed": len(left - right),
        "added": len(right - left),
    }


def _flips(a: RunDir, left: Config, b: RunDir, right: Config) -> list[Flips]:
    ours, theirs = validation_answers(a, left), validation_answers(b, right)
    return [_flip(arm, ours[arm], theirs[arm]) for arm in ours if arm in theirs]


def _flip(arm: str, a: Answered, b: Answered) -> Flips:
    others = {
        sample.id: (sample, score)
        for sample, score in zip(b.samples, b.scores, strict=True)
        if score is not None
    }
    better: list[tuple[float, Flip]] = []
    worse: list[tuple[float, Flip]] = []
    items = 0
    for sample, score in zip(a.samples, a.scores, strict=True):
        if score is None or sample.id not in others:
            continue
        items += 1
        other, other_score = others[sample.id]
        gain = other_score - score
        if gain:
            (better if gain > 0 else worse).append((abs(gain), _item(sample, other)))
    return {
        "arm": arm,
        "items": items,
        "num_better": len(better),
        "num_worse": len(worse),
        "better": _most(better),
        "worse": _most(worse),
    }


def _most(found: list[tuple[float, Flip]]) -> list[Flip]:
    """The largest differences first, then by id."""
    ranked = sorted(found, key=lambda pair: (-pair[0], pair[1]["id"]))
    return [flip for _, flip in ranked[:MAX_SHOWN]]


def _item(a: Sample, b: Sample) -> Flip:
    return {
        "id": a.id,
        "source": b.source,
        "question": b.question,
        "gold": b.gold,
        "a": a.answer,
        "b": b.answer,
    }
