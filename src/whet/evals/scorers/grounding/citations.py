"""Do the passages that an answer cites exist, and hold what it says?

    passages   [1] Parcels arrive in 3 days.   [2] Returns are free for 30 days.
    answer     Parcels arrive in 3 days [1]. Returns are free for 60 days [2]. Ask us.
               first supported; second not (60 stands in no cited passage); third uncited

The passages are those that the arm was shown, numbered from 1 as it saw them; for arms without
retrieval the item's column `passages`: a list, numbered from 1, or an object of texts by id.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from whet.data.refusals import is_refusal
from whet.evals.scorers.grounding.facts import content_words, facts, sentences
from whet.evals.scorers.grounding.faithfulness import stands_in
from whet.evals.scorers.references import texts_of
from whet.types import Example

MIN_WORDS_FOUND = 0.5
"""The share of a sentence's content words that has to stand in the cited passages."""

_CITED = re.compile(r"\[([^\[\]\n]{1,80})\]")
_APART = re.compile(r"\s*[,;]\s*")
_LATE = re.compile(r"([.!?])((?:\s*\[[^\[\]\n]{1,80}\])+)")
_NO_ANSWER = re.compile(r"\b(?:do not|don'?t) know\b|\bno (?:passage|information)\b", re.IGNORECASE)


def passages_of(example: Example) -> dict[str, str]:
    """The passages of an item by the id that answers cite them by; empty where there are none."""
    value = example.fields.get("passages")
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    if isinstance(value, dict):
        return {str(name): str(text) for name, text in value.items()}
    return {str(n): text for n, text in enumerate(texts_of(value), 1)}


def citation_support(answer: str, example: Example) -> float | None:
    """The share of an answer's sentences that cite existing passages which hold what they say.

    A sentence without a citation, with one that names no passage, or with a fact that no cited
    passage has, counts 0. None without passages, and for an answer that declines.
    """
    passages = passages_of(example)
    if not passages or declines(answer):
        return None
    parts = sentences(_marks_within(answer))
    if not parts:
        return 0.0
    return sum(is_supported(part, passages) for part in parts) / len(parts)


def citation_precision(answer: str, example: Example) -> float | None:
    """The share of an answer's citations that name a passage which exists; None without any."""
    passages = passages_of(example)
    named = [name for part in sentences(answer) for name in cited(part)]
    if not passages or not named:
        return None
    return sum(name in passages for name in named) / len(named)


def is_supported(sentence: str, passages: dict[str, str]) -> bool:
    """Whether a sentence cites passages that exist and that together hold its facts and words."""
    names = cited(sentence)
    if not names or any(name not in passages for name in names):
        return False
    bare = _CITED.sub("", sentence)
    text = "\n".join(passages[name] for name in names)
    words, theirs = content_words(bare), content_words(text)
    known = len(words & theirs) >= MIN_WORDS_FOUND * len(words)
    return known and all(stands_in(fact, text) for fact in facts(bare))


def cited(sentence: str) -> Sequence[str]:
    """The ids within square brackets, several of them divided by commas: [1], [2, 3]."""
    return [name for match in _CITED.findall(sentence) for name in _APART.split(match.strip())]


def declines(answer: str) -> bool:
    """Whether an answer says that it does not know, or refuses."""
    return is_refusal(answer) or _NO_ANSWER.search(answer) is not None


def _marks_within(answer: str) -> str:
    """Citations that follow a full stop are drawn before it: they belong to that sentence."""
    return _LATE.sub(lambda match: f"{match[2]}{match[1]}", answer)


def corpus_citations(answers: Sequence[str], items: Sequence[Example]) -> dict[str, Any]:
    """Citations of all answers: how many, and how many name no passage."""
    total = unknown = 0
    for answer, item in zip(answers, items, strict=True):
        passages = passages_of(item)
        names = [name for part in sentences(answer) for name in cited(part)] if passages else []
        total += len(names)
        unknown += sum(name not in passages for name in names)
    return {"citations": total, "unknown": unknown}
