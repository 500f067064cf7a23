"""Labels that are doubted: by the nearest rows, by a classifier, by being none of the labels.

As `whet check` does it, but graded: there two witnesses must agree before a row is accused, here
each lends its weight to the order in which a person looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from whet.data.checks.suspects import NUM_NEIGHBOURS, left_out_scores, votes_of
from whet.data.checks.vectors import compared, nearest, vectors
from whet.data.suspicion.reason import Found, Reason, Sign, quoted, ramp
from whet.data.suspicion.subject import Subject

if TYPE_CHECKING:
    from whet.data.checks.vectors import Embed, Vectors

MIN_ROWS = 50
FAR, FARTHEST = 0.05, 0.005
"""Share of rows that are farther from all others, at which that begins to count, and in full."""


def label_doubts(subject: Subject, embed: Embed | None, notes: list[str]) -> Found:
    """A reason at each row whose label is doubted; nothing where answers are no labels."""
    if not subject.labels:
        return
    yield from _odd(subject)
    rows = {id(row) for row in compared(subject.rows)}
    numbers = [
        number
        for number, row in enumerate(subject.rows)
        if id(row) in rows and row.answer in subject.labels
    ]
    if len(numbers) < MIN_ROWS:
        return
    if len(rows) < len(subject.rows):
        notes.append(f"labels were judged on {len(numbers):,} of {len(subject.rows):,} rows.")
    points = vectors([subject.questions[number] for number in numbers], embed)
    yield from _doubted(subject, numbers, points)
    yield from _far(subject, numbers, points)


def _odd(subject: Subject) -> Found:
    for number, answer in enumerate(subject.answers):
        if answer not in subject.labels:
            said = (
                f"the answer {quoted(answer, 50)} is none of the {len(subject.labels)} labels "
                "that other rows have."
            )
            whole = (subject.last(number), 0, len(answer))
            yield number, Reason(Sign.ODD_LABEL, 0.9, said, *whole)


def _doubted(subject: Subject, numbers: list[int], points: Vectors) -> Found:
    names = sorted(subject.labels)
    index = {name: place for place, name in enumerate(names)}
    given = np.array([index[subject.answers[number]] for number in numbers], dtype=np.int64)
    near = nearest(points, NUM_NEIGHBOURS)
    votes = votes_of(near, given, len(names))
    fitted = left_out_scores(points, given, len(names))
    everyone = np.arange(len(given))
    own_votes = votes[everyone, given]
    own_fit = fitted[everyone, given]
    without: Any = fitted.copy()
    without[everyone, given] = -np.inf
    other = without.argmax(axis=1)
    margin = without.max(axis=1) - own_fit
    for place, number in enumerate(numbers):
        strength = _doubt(float(own_votes[place]), float(margin[place]))
        if strength <= 0:
            continue
        rival = names[int(other[place])]
        neighbours = near.rows[place]
        against = [int(i) for i in neighbours if given[i] == other[place]]
        own = int((given[neighbours] == given[place]).sum())
        said = (
            f"labelled {quoted(subject.answers[number], 40)}, as {own} of the "
            f"{len(neighbours)} rows most like it are; {quoted(rival, 40)} has {len(against)} of "
            "them, and a classifier fitted without this row prefers it."
            if margin[place] > 0
            else f"labelled {quoted(subject.answers[number], 40)}, as only {own} of the "
            f"{len(neighbours)} rows most like it are."
        )
        sources = tuple(subject.rows[numbers[i]].source for i in against[:5])
        whole = (subject.last(number), 0, len(subject.answers[number]))
        yield number, Reason(Sign.LABEL, strength, said, *whole, others=sources)


def _doubt(own_votes: float, margin: float) -> float:
    """From 0 to 0.95: half by the neighbours, half by the classifier."""
    by_neighbours = ramp(own_votes, 0.5, 0.0)
    by_fit = ramp(margin, -0.1, 0.4)
    return 0.95 * (0.5 * by_neighbours + 0.5 * by_fit) if by_neighbours + by_fit > 0.2 else 0.0


def _far(subject: Subject, numbers: list[int], points: Vectors) -> Found:
    """Questions that are like no other question of the set."""
    likeness = nearest(points, 1).likeness[:, 0]
    places = likeness.argsort(kind="stable").argsort(kind="stable")
    ranks = places / len(likeness)
    for place, number in enumerate(numbers):
        strength = 0.5 * ramp(float(ranks[place]), FAR, FARTHEST)
        if strength:
            nearer = len(likeness) - 1 - int(places[place])
            said = (
                f"its question is less like any other than {nearer:,} of {len(likeness):,} "
                "questions are."
            )
            yield number, Reason(Sign.FAR, strength, said)
