"""Near copies across two sides: held-out texts that training nearly holds word for word."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from whet.data.overlap.join import join
from whet.data.overlap.measure import Alike, Measure
from whet.data.overlap.near import MIN_WORDS
from whet.data.overlap.words import read_words

LEAK = Alike(pairs=0.6, words=0.8)
"""Stricter than for duplicates, as a leak stops the run. Read off pairs of Banking77 and CLINC150:
above, the two texts ask for the same thing in all but a few."""


class Match(NamedTuple):
    """Numbers of a held-out and a seen text, and how alike they are, in (0, 1]."""

    held_out: int
    seen: int
    similarity: float


def near_across(
    seen: Sequence[str], held_out: Sequence[str], alike: Alike = LEAK, min_words: int = MIN_WORDS
) -> list[Match]:
    """Every pair of near copies of a held-out and a seen text, by held-out text, best first.

    Texts of fewer than `min_words` words have no near copies.
    """
    words = read_words(chain(seen, held_out))
    rows = np.flatnonzero(words.lengths >= min_words)
    is_held_out = rows >= len(seen)
    if is_held_out.all() or not is_held_out.any():
        return []
    joined = join(Measure(words.take(rows), alike), is_held_out)
    first, second = rows[joined.first].tolist(), (rows[joined.second] - len(seen)).tolist()
    return sorted(
        map(Match, second, first, joined.similarity.tolist()),
        key=lambda match: (match.held_out, -match.similarity, match.seen),
    )
