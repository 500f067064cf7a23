"""Rules of a project's own: words that answers must or must not have, and what they decline."""

from __future__ import annotations

import re
from typing import Any

from whet.config import OffDomainConfig, PersonaConfig
from whet.data.refusals import is_refusal
from whet.evals.scorers.scored import Scorer
from whet.types import Example


def persona(rules: PersonaConfig) -> Scorer:
    """1 where an answer has everything that is required and nothing that is forbidden.

    Words and phrases are found as whole words without regard to case; expressions as written.
    """
    required = [*map(_words, rules.required), *map(re.compile, rules.required_regex)]
    forbidden = [*map(_words, rules.forbidden), *map(re.compile, rules.forbidden_regex)]

    def score(answer: str, _: Example) -> float:
        has_all = all(pattern.search(answer) for pattern in required)
        return float(has_all and not any(pattern.search(answer) for pattern in forbidden))

    return score


def off_domain(rules: OffDomainConfig) -> Scorer:
    """1 where an answer declines what is off the domain, or answers what is on it; else 0.

    What is off the domain says the item's column, or a word of the question. None where the
    column of an item is neither true nor false.
    """
    topics = [*map(_words, rules.words), *map(re.compile, rules.regex)]
    declining = [*map(_words, rules.declines)]

    def score(answer: str, example: Example) -> float | None:
        if rules.column is not None:
            should = flag(example.fields.get(rules.column))
        else:
            should = any(pattern.search(example.question) for pattern in topics)
        if should is None:
            return None
        does = is_refusal(answer) or any(pattern.search(answer) for pattern in declining)
        return float(does is should)

    return score


def flag(value: Any) -> bool | None:
    """True or false from a cell; None for anything else."""
    if isinstance(value, bool):
        return value
    words: dict[str, bool] = {"true": True, "yes": True, "1": True}
    words |= {"false": False, "no": False, "0": False}
    return words.get(str(value).strip().casefold())


def _words(text: str) -> re.Pattern[str]:
    inner = r"\s+".join(re.escape(word) for word in text.split())
    return re.compile(rf"(?<!\w){inner}(?!\w)", re.IGNORECASE)
