"""ROUGE-1, ROUGE-2 and ROUGE-L: n-grams, and the longest common subsequence, as F1.

The same numbers as google-research's rouge-score 0.1.2 without a stemmer, which the tests hold.
That package has no wheel, has not changed since 2022 and brings nltk and absl for these lines.

Tokens are runs of a to z and 0 to 9 after lower case: texts in other letters lose them, and a
text that is left without any is unscored against such a reference; use chrF there. Source: Lin
2004, ROUGE: A Package for Automatic Evaluation of Summaries.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from whet.evals.scorers.references import references_of
from whet.evals.scorers.scored import Scorer
from whet.types import Example

_NOT_A_TOKEN = re.compile(r"[^a-z0-9]+")


def tokens(text: str) -> list[str]:
    """rouge-score's tokens, without stemming."""
    return [token for token in _NOT_A_TOKEN.sub(" ", text.lower()).split() if token]


def rouge_n(answer: Sequence[str], gold: Sequence[str], order: int) -> float:
    """F1 over n-grams, each counted as often as it occurs; 0 where a side has none."""
    ours, theirs = _grams(answer, order), _grams(gold, order)
    return _f1((ours & theirs).total(), ours.total(), theirs.total())


def rouge_l(answer: Sequence[str], gold: Sequence[str]) -> float:
    """F1 over the longest common subsequence; 0 where a side is empty."""
    return _f1(_common(answer, gold), len(answer), len(gold))


def rouge(kind: str) -> Scorer:
    """`1`, `2` or `l` against the best reference; None where none has a token."""

    def score(answer: str, example: Example) -> float | None:
        golds = [found for gold in references_of(example) if (found := tokens(gold))]
        ours = tokens(answer)
        if kind == "l":
            return max((rouge_l(ours, gold) for gold in golds), default=None)
        return max((rouge_n(ours, gold, int(kind)) for gold in golds), default=None)

    return score


def _grams(words: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[n : n + order]) for n in range(len(words) - order + 1))


def _f1(shared: int, ours: int, theirs: int) -> float:
    return 2 * shared / (ours + theirs) if shared else 0.0


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence, one row of the table at a time."""
    row = [0] * (len(b) + 1)
    for word in a:
        before = 0
        for n, other in enumerate(b, 1):
            above = row[n]
            row[n] = before + 1 if word == other else max(above, row[n - 1])
            before = above
    return row[-1]
