"""Paraphrases across two sides: texts that mean the same in other words, by an embedder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from whet.data.checks.vectors import Embed
from whet.data.keys import normal
from whet.data.overlap.across import Match

COSINE = 0.95
ROWS_AT_ONCE = 1024
_NUMBERED = re.compile(r"\S*\d\S*")


def paraphrases(
    seen: Sequence[str], held_out: Sequence[str], embed: Embed, cosine: float = COSINE
) -> list[Match]:
    """For each held-out text the seen one that means the same, if one does, best first.

    Texts whose numbers differ do not mean the same, however near their vectors are.
    """
    if not seen or not held_out:
        return []
    vectors, asked = embed(seen), embed(held_out)
    numbers = [_numbers(text) for text in seen]
    found = []
    for start in range(0, len(held_out), ROWS_AT_ONCE):
        cosines = asked[start : start + ROWS_AT_ONCE] @ vectors.T
        for row, column in np.argwhere(cosines >= cosine).tolist():
            if numbers[column] == _numbers(held_out[start + row]):
                found.append(Match(start + row, column, float(cosines[row, column])))
    return sorted(found, key=lambda match: (match.held_out, -match.similarity, match.seen))


def _numbers(text: str) -> Counter[str]:
    return Counter(_NUMBERED.findall(normal(text)))
