"""BLEU and chrF by sacrebleu: a value an item, and the figure of the whole set.

Two different numbers. `corpus` is what papers report: counts are summed over all items and one
score is made of the sums; it is no mean of items, so nothing can be paired and it decides
nothing. The sentence-level value, from 0 to 1, is what intervals and verdicts are about. They
rank arms alike as a rule, and need not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whet.errors import MissingExtraError
from whet.evals.scorers.references import references_of
from whet.evals.scorers.scored import Scorer
from whet.types import Example


def sentence_bleu(tokenize: str) -> Scorer:
    """Sentence BLEU of an answer against all its references, from 0 to 1; None without one.

    With `effective_order`, as sacrebleu has it for single sentences: n-grams longer than the
    answer do not count, and those of an order without a match are smoothed exponentially.
    """
    metric = _package().BLEU(tokenize=tokenize, effective_order=True)
    return _sentence(metric)


def sentence_chrf(word_order: int) -> Scorer:
    """Sentence chrF of an answer against its best reference, from 0 to 1; None without one."""
    return _sentence(_package().CHRF(word_order=word_order))


def corpus_bleu(answers: Sequence[str], items: Sequence[Example], tokenize: str) -> dict[str, Any]:
    """Sacrebleu's corpus BLEU from 0 to 100 with its signature, over items with a reference."""
    return _corpus(_package().BLEU(tokenize=tokenize), answers, items)


def corpus_chrf(
    answers: Sequence[str], items: Sequence[Example], word_order: int
) -> dict[str, Any]:
    """Sacrebleu's corpus chrF from 0 to 100 with its signature, over items with a reference."""
    return _corpus(_package().CHRF(word_order=word_order), answers, items)


def _package() -> Any:
    try:
        from sacrebleu import metrics
    except ImportError:
        raise MissingExtraError("sacrebleu", "metrics", "BLEU and chrF") from None
    return metrics


def _sentence(metric: Any) -> Scorer:
    def score(answer: str, example: Example) -> float | None:
        golds = references_of(example)
        if not golds:
            return None
        # Rounding leaves a perfect answer at 100.00000000000004.
        return min(1.0, float(metric.sentence_score(answer, list(golds)).score) / 100)

    return score


def _corpus(metric: Any, answers: Sequence[str], items: Sequence[Example]) -> dict[str, Any]:
    pairs = [
        (answer, golds)
        for answer, item in zip(answers, items, strict=True)
        if (golds := references_of(item))
    ]
    if not pairs:
        return {"value": None, "n": 0, "signature": ""}
    most = max(len(golds) for _, golds in pairs)
    # sacrebleu takes streams; None stands for a reference that an item does not have.
    streams = [[golds[n] if n < len(golds) else None for _, golds in pairs] for n in range(most)]
    found = metric.corpus_score([answer for answer, _ in pairs], streams)
    signature = str(metric.get_signature())
    return {"value": float(found.score), "n": len(pairs), "signature": signature}
