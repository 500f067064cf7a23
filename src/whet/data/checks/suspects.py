"""Labels that the rows most like theirs speak against.

Two witnesses have to agree on the same other label. The ten nearest rows: hardly any of them has
the row's own label, and the other label has most of the votes. And a linear classifier (ridge
regression on the vectors) that was fitted without the row: it prefers the other label clearly.
Either alone accuses too many; see docs/log.md for the counts on Banking77.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from whet.data.checks.accused import lines_of
from whet.data.checks.labels import labels
from whet.data.checks.vectors import Indices, Nearest, Placed, Vectors, nearest
from whet.data.places import at, listed, printable
from whet.findings import Finding, Kind, Severity
from whet.types import Example

NUM_NEIGHBOURS = 10
MIN_ROWS = 50
MIN_AGREEMENT = 0.6
"""Share of rows whose neighbours must name their label; below it neighbours know too little."""
MAX_OWN_VOTES = 0.05
MIN_OTHER_VOTES = 0.5
MIN_MARGIN = 0.25
RIDGE = 1.0

MIN_CONFUSED = 5
MIN_CONFUSED_SHARE = 0.15
NUM_PAIRS = 5
NUM_ROWS_SHOWN = 2

Shares = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Judged:
    """What neighbours say about labels: `names`, the label `given` to each row, `votes` [n, c]."""

    rows: list[Example]
    names: list[str]
    given: Indices
    points: Vectors
    near: Nearest
    votes: Shares

    @property
    def agreement(self) -> float:
        """The share of rows to which their neighbours give their label."""
        return float((self.votes.argmax(axis=1) == self.given).mean())

    @property
    def own_votes(self) -> Shares:
        """The share of votes for each row's own label."""
        return self.votes[np.arange(len(self.given)), self.given]


def judge(train: Placed) -> Judged | None:
    """The neighbours' votes on every label; None where answers are no labels or rows too few."""
    rows = train.rows
    if len(rows) < MIN_ROWS or labels(rows) is None:
        return None
    names = sorted({row.answer for row in rows})
    number = {name: index for index, name in enumerate(names)}
    given = np.array([number[row.answer] for row in rows], dtype=np.int64)
    near = nearest(train.points, NUM_NEIGHBOURS)
    return Judged(rows, names, given, train.points, near, votes_of(near, given, len(names)))


def suspicious_labels(judged: Judged | None) -> list[Finding]:
    """A warning at each row whose label its neighbours and the classifier both deny."""
    if judged is None or judged.agreement < MIN_AGREEMENT:
        return []
    other = judged.votes.argmax(axis=1)
    accused = (
        (other != judged.given)
        & (judged.own_votes <= MAX_OWN_VOTES)
        & (judged.votes.max(axis=1) >= MIN_OTHER_VOTES)
    )
    if accused.any():
        accused &= _denied(judged, other)
    return [_accusation(judged, int(row), int(other[row])) for row in np.flatnonzero(accused)]


def confusable_labels(judged: Judged | None) -> list[Finding]:
    """A note on each of the pairs of labels that neighbours mix up most, with examples."""
    if judged is None or judged.agreement < MIN_AGREEMENT:
        return []
    mixed = _mixed(judged)
    shown = [_pair(judged, *pair) for pair in mixed[:NUM_PAIRS]]
    rest = [f"{judged.names[a]!r} / {judged.names[b]!r}" for a, b, _ in mixed[NUM_PAIRS:]]
    if rest:
        message = f"{len(rest)} more pairs of labels are mixed up: {listed(rest, 5)}."
        shown.append(Finding(Severity.NOTE, Kind.CONFUSABLE, message))
    return shown


def votes_of(near: Nearest, given: Indices, num_labels: int) -> Shares:
    """The share of each label among a row's neighbours, near ones counting for more."""
    votes = np.zeros((len(given), num_labels))
    weights = np.maximum(near.likeness, 0).astype(np.float64) ** 4 + 1e-9
    for column in range(near.rows.shape[1]):
        np.add.at(votes, (np.arange(len(given)), given[near.rows[:, column]]), weights[:, column])
    shares: Shares = votes / votes.sum(axis=1, keepdims=True)
    return shares


def _denied(judged: Judged, other: Indices) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Rows for which ridge regression, fitted without them, prefers the same other label."""
    count = len(judged.given)
    fitted = left_out_scores(judged.points, judged.given, len(judged.names))
    everyone = np.arange(count)
    margin = fitted[everyone, other] - fitted[everyone, judged.given]
    denied: np.ndarray[Any, np.dtype[np.bool_]] = (fitted.argmax(axis=1) == other) & (
        margin >= MIN_MARGIN
    )
    return denied


def left_out_scores(points: Vectors, given: Indices, num_labels: int) -> Shares:
    """What ridge regression, fitted without the row, gives each label for it: [rows, labels]."""
    ones = np.ones((len(given), 1), np.float32)
    inputs = np.hstack([points, ones]).astype(np.float64)
    targets = np.eye(num_labels)[given]
    inverse = np.linalg.inv(inputs.T @ inputs + RIDGE * np.eye(inputs.shape[1]))
    weight = np.einsum("ij,ij->i", inputs @ inverse, inputs)[:, None]  # of a row on its own fit
    scores: Shares = (inputs @ (inverse @ (inputs.T @ targets)) - weight * targets) / (1 - weight)
    return scores


def _accusation(judged: Judged, row: int, other: int) -> Finding:
    example = judged.rows[row]
    neighbours = judged.near.rows[row]
    count = int((judged.given[neighbours] == other).sum())
    closest = next(int(i) for i in neighbours if judged.given[i] == other)
    message = (
        f"{printable(example.question, 60)!r} is labelled {printable(example.answer)!r}, but "
        f"{count} of the {len(neighbours)} rows most like it are "
        f"{printable(judged.names[other])!r}, such as {judged.rows[closest].source}."
    )
    return at(example, Severity.WARNING, Kind.LABEL_SUSPICIOUS, message, "Look at its label.")


def _mixed(judged: Judged) -> list[tuple[int, int, int]]:
    """Pairs of labels with the number of rows that look like the other, the worst pair first."""
    guesses = judged.votes.argmax(axis=1)
    wrong = np.flatnonzero(guesses != judged.given)
    pairs = Counter(
        (min(a, b), max(a, b))
        for a, b in zip(judged.given[wrong].tolist(), guesses[wrong].tolist(), strict=True)
    )
    sizes = np.bincount(judged.given, minlength=len(judged.names))
    return sorted(
        (
            (a, b, count)
            for (a, b), count in pairs.items()
            if count >= MIN_CONFUSED and count >= MIN_CONFUSED_SHARE * (sizes[a] + sizes[b])
        ),
        key=lambda pair: (-pair[2] / (sizes[pair[0]] + sizes[pair[1]]), pair),
    )


def _pair(judged: Judged, first: int, second: int, count: int) -> Finding:
    guesses = judged.votes.argmax(axis=1)
    total = int(np.isin(judged.given, (first, second)).sum())
    shown = []
    for label, other in ((first, second), (second, first)):
        rows = np.flatnonzero((judged.given == label) & (guesses == other))[:NUM_ROWS_SHOWN]
        shown += [judged.rows[int(row)].source for row in rows]
    message = (
        f"{printable(judged.names[first])!r} and {printable(judged.names[second])!r} are hard to "
        f"tell apart: {count} of their {total} rows are most like rows of the other label, such "
        f"as {lines_of(shown)}."
    )
    fix = "Add rows that show the difference, or make them one label."
    return Finding(Severity.NOTE, Kind.CONFUSABLE, message, fix=fix)
