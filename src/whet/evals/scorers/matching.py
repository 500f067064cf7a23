"""Answers against the right ones, as texts: equal, sharing words, or holding them.

Where an item has several references the best one counts.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter

from whet.evals.scorers.references import references_of
from whet.evals.scorers.scored import Scorer
from whet.types import Example


def normalise(text: str) -> str:
    """The form in which exact match compares.

    In this order: Unicode NFC; runs of white space become one space and those at the ends go;
    one full stop at the end goes, unless it belongs to an ellipsis; case folds. Nothing else:
    quotes, accents, inner punctuation, articles and number formats all count.

    It is lenient on purpose where an untuned model differs only in manners ("Card arrival." for
    "card arrival"): what is forgiven here is forgiven to the baselines first, so a gain of a
    tuned model is not a gain in full stops. Whoever needs those names the `format` gate.
    """
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if text.endswith(".") and not text.endswith(".."):
        text = text[:-1].rstrip()
    return text.casefold()


def _golds(example: Example) -> list[str]:
    """The references as exact match sees them; those of which nothing is left are none."""
    return [gold for gold in map(normalise, references_of(example)) if gold]


def exact_match(answer: str, example: Example) -> float | None:
    """1 if the answer equals a reference after `normalise`, else 0; None without a reference."""
    golds = _golds(example)
    return float(normalise(answer) in golds) if golds else None


def contains(answer: str, example: Example) -> float | None:
    """1 if a reference stands in the answer as whole words, both after `normalise`; None without.

    A long answer that names every possibility contains the right one: look at `length` beside it.
    """
    golds = _golds(example)
    text = normalise(answer)
    found = any(re.search(rf"(?<!\w){re.escape(gold)}(?!\w)", text) for gold in golds)
    return float(found) if golds else None


def token_f1(answer: str, example: Example) -> float | None:
    """Harmonic mean of word precision and recall against the best reference; None without one.

    Words after lower case, without ASCII punctuation and without the English articles a, an,
    the; counted as often as they occur. When nothing is left of one side, 1 if nothing is left
    of either, else 0. Source: SQuAD's evaluate-v1.1 script (Rajpurkar et al. 2016).
    """
    golds = references_of(example)
    return max((_shared_words(answer, gold) for gold in golds), default=None)


def _shared_words(answer: str, reference: str) -> float:
    words, gold = _squad_words(answer), _squad_words(reference)
    if not words or not gold:
        return float(words == gold)
    shared = sum((Counter(words) & Counter(gold)).values())
    return 2 * shared / (len(words) + len(gold))


def _squad_words(text: str) -> list[str]:
    text = unicodedata.normalize("NFC", text).lower()
    text = text.translate(str.maketrans("", "", string.punctuation))
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def finds_regex(pattern: str) -> Scorer:
    """1 where the expression is found somewhere in the answer; `^` and `$` are its ends."""
    compiled = re.compile(pattern)
    return lambda answer, _: float(compiled.search(answer) is not None)


def length(answer: str, _: Example) -> float | None:
    """Words in the answer, by white space. Neither more nor less is better."""
    return float(len(answer.split()))
