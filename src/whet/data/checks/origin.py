"""Where rows come from, by their field `origin` or `meta.origin`: real, synthetic, reviewed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from whet.data.checks.accused import lines_of, share
from whet.data.places import listed, printable
from whet.findings import Finding, Kind, Severity
from whet.types import Example

_SYNTHETIC = ("synthetic", "generated", "distilled", "teacher", "model", "llm", "augmented")
_KIND_KEYS = ("kind", "type", "source", "origin", "method")
_REVIEWER_KEYS = ("reviewed_by", "reviewer", "reviewed", "edited_by")


def origins(
    train: Sequence[Example], validation: Sequence[Example], test: Sequence[Example]
) -> list[Finding]:
    """A note on the origins of training rows, and a warning where held-out rows are synthetic."""
    findings = _training(train)
    for name, rows in (("validation", validation), ("test", test)):
        made = [row for row in rows if is_synthetic(row)]
        if made:
            message = (
                f"{share(len(made), len(rows))} {name} rows are synthetic, such as "
                f"{lines_of([row.source for row in made], 3)}."
            )
            fix = "Hold out real rows: synthetic ones measure likeness to their maker."
            findings.append(Finding(Severity.WARNING, Kind.ORIGIN, message, fix=fix))
    return findings


def origin_of(example: Example) -> str:
    """The row's origin in a word or two, or an empty string where it says nothing."""
    origin = _field(example)
    if isinstance(origin, Mapping):
        origin = next((origin[key] for key in _KIND_KEYS if origin.get(key)), "")
    return origin.strip() if isinstance(origin, str) else ""


def is_synthetic(example: Example) -> bool:
    """Whether the row says that a model made it."""
    words = origin_of(example).casefold().replace(":", " ").replace("_", " ").split()
    return any(word in _SYNTHETIC for word in words)


def reviewer_of(example: Example) -> str:
    """Who reviewed the row, or an empty string."""
    for place in (_field(example), example.fields.get("meta"), example.fields):
        if isinstance(place, Mapping):
            for key in _REVIEWER_KEYS:
                if isinstance(place.get(key), str) and place[key].strip():
                    return str(place[key]).strip()
    return ""


def _field(example: Example) -> Any:
    fields = example.fields
    meta = fields.get("meta")
    inner = meta.get("origin") if isinstance(meta, Mapping) else None
    return fields.get("origin") or fields.get("meta.origin") or inner


def _training(train: Sequence[Example]) -> list[Finding]:
    counts = Counter(origin_of(row) for row in train)
    if not counts or set(counts) == {""}:
        return []
    named = [
        f"{printable(name, 40)} {share(count, len(train))}" if name else f"unsaid {count:,}"
        for name, count in counts.most_common()
    ]
    made = [row for row in train if is_synthetic(row)]
    reviewers = Counter(reviewer_of(row) for row in made if reviewer_of(row))
    message = f"origins of the training rows: {listed(named, 6)}."
    if made:
        message += f" Synthetic: {share(len(made), len(train))}"
        message += f", of them reviewed: {share(sum(reviewers.values()), len(made))}"
        message += f" by {listed(list(reviewers), 5)}." if reviewers else "."
    return [Finding(Severity.NOTE, Kind.ORIGIN, message)]
