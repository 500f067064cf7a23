"""Answers that belong to another question.

Every answer is held against every question. A good answer fits its own question better than
nearly all others do; a swapped one fits no better than any. By words, an answer fits as far as it
has the rare words of the question, or words that go with them (latent semantic analysis); by
meaning, as far as the vectors of both are alike.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from whet.data.checks.vectors import BLOCK_ROWS, compared, pressed, vectors, weighted
from whet.data.suspicion.reason import Found, Reason, Sign, ramp
from whet.data.suspicion.subject import Subject

if TYPE_CHECKING:
    from whet.data.checks.vectors import Embed

MIN_ROWS = 30
STRONGEST = 0.8
LOW, HIGH = 0.02, 0.7
"""Share of other answers that fit better, at which it begins to count and counts in full."""

Shares = np.ndarray[Any, np.dtype[np.float64]]


def fit(subject: Subject, embed: Embed | None, notes: list[str]) -> Found:
    """A reason at each row whose question is fitted better by the answers of other rows."""
    allowed = {id(row) for row in compared(subject.rows)}
    numbers = [
        number
        for number in subject.prose
        if id(subject.rows[number]) in allowed and subject.asked[number].strip()
    ]
    if len(numbers) < MIN_ROWS:
        return
    if len(allowed) < len(subject.rows):
        notes.append(f"answers were held against {len(numbers):,} questions, not against all.")
    asked = [subject.questions[number] for number in numbers]
    said = [subject.answers[number] for number in numbers]
    shares = better(asked, said, embed)
    for place, number in enumerate(numbers):
        share = float(shares[place])
        strength = STRONGEST * ramp(math.log(max(share, 1e-3)), math.log(LOW), math.log(HIGH))
        if strength:
            how = "in meaning" if embed is not None else "in words"
            message = f"{share:.0%} of the other answers are nearer to its question {how}."
            whole = (subject.last(number), 0, len(subject.answers[number]))
            yield number, Reason(Sign.UNRELATED, strength, message, *whole)


def better(asked: list[str], said: list[str], embed: Embed | None) -> Shares:
    """For each question the share of other answers that fit it better than its own, [rows]."""
    sparse: Any = weighted([*asked, *said])
    points = pressed(sparse) if embed is None else vectors([*asked, *said], embed)
    questions, answers = points[: len(asked)], points[len(asked) :]
    own_words, other_words = sparse[: len(asked)], sparse[len(asked) :].T.tocsc()
    shares = np.zeros(len(asked))
    for start in range(0, len(asked), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        likeness = questions[rows] @ answers.T
        overlap = (own_words[rows] @ other_words).toarray()
        likeness = likeness + overlap
        own = likeness[np.arange(len(likeness)), np.arange(start, start + len(likeness))]
        more = (likeness > own[:, None]).sum(axis=1)
        shares[rows] = more / max(len(asked) - 1, 1)
    return shares
