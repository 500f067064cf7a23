"""Scorers: one answer and its example in, one number from 0 to 1 out, more is better.

None means *unscored*: there is nothing to compare with. It stays None through every sum and
every comparison; it is never a zero and never dropped without being counted.
"""

from __future__ import annotations

import json
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from whet.errors import ConfigError
from whet.types import Example

Scorer = Callable[[str, Example], float | None]


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of one arm on one metric, in the order of the items."""

    values: list[float | None]

    @property
    def num_unscored(self) -> int:
        return sum(value is None for value in self.values)

    @property
    def scored(self) -> list[float]:
        """The scores that there are."""
        return [value for value in self.values if value is not None]


def score(scorer: Scorer, answers: Sequence[str], items: Sequence[Example]) -> Scored:
    """Every answer scored against its own item.

    Raises:
        ValueError: There are not as many answers as items.
    """
    pairs = zip(answers, items, strict=True)
    return Scored([scorer(answer, item) for answer, item in pairs])


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


def exact_match(answer: str, example: Example) -> float | None:
    """1 if the answer equals the gold answer after `normalise`, else 0; None without gold."""
    gold = normalise(example.answer)
    return float(normalise(answer) == gold) if gold else None


def token_f1(answer: str, example: Example) -> float | None:
    """Harmonic mean of word precision and recall against the gold answer; None without gold.

    Words after lower case, without ASCII punctuation and without the English articles a, an,
    the; counted as often as they occur. When nothing is left of one side, 1 if nothing is left
    of either, else 0. Source: SQuAD's evaluate-v1.1 script (Rajpurkar et al. 2016).
    """
    if not example.answer.strip():
        return None
    words, gold = _squad_words(answer), _squad_words(example.answer)
    if not words or not gold:
        return float(words == gold)
    shared = sum((Counter(words) & Counter(gold)).values())
    return 2 * shared / (len(words) + len(gold))


def _squad_words(text: str) -> list[str]:
    text = unicodedata.normalize("NFC", text).lower()
    text = text.translate(str.maketrans("", "", string.punctuation))
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def matches_regex(pattern: str) -> Scorer:
    """1 where the whole answer, without white space at its ends, matches the expression."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"{pattern!r} is not a regular expression: {error}.") from None
    return lambda answer, _: float(compiled.fullmatch(answer.strip()) is not None)


def is_json(keys: Sequence[str] = ()) -> Scorer:
    """1 where the whole answer is JSON, and an object with at least these keys if any are named.

    A code fence, a comment, a NaN or a key given twice makes it no JSON: a program that reads
    the answer would stumble, or silently keep one of two values.
    """

    def holds(answer: str, _: Example) -> float:
        try:
            value = json.loads(
                answer, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant
            )
        except (ValueError, RecursionError):
            return 0.0
        return float(not keys or (isinstance(value, dict) and set(keys) <= set(value)))

    return holds


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def is_choice(choices: Sequence[str]) -> Scorer:
    """1 where the answer, without white space at its ends, is one of the choices as spelt."""
    allowed = frozenset(choices)
    return lambda answer, _: float(answer.strip() in allowed)


def format_scorer(
    *, regex: str | None = None, json_keys: Sequence[str] | None = None, choices: Sequence[str] = ()
) -> Scorer:
    """Compliance with one stated form; an empty list of `json_keys` asks for any JSON.

    Raises:
        ConfigError: No form is named, or more than one.
    """
    if sum((regex is not None, json_keys is not None, bool(choices))) != 1:
        raise ConfigError("format: name one form: a regex, json keys, or choices.")
    if regex is not None:
        return matches_regex(regex)
    return is_json(json_keys) if json_keys is not None else is_choice(choices)


SCORERS: dict[str, Scorer] = {
    "exact_match": exact_match,
    "accuracy": exact_match,  # the same question, asked where the answers are a closed set
    "token_f1": token_f1,
}


def scorer(name: str, *, form: Scorer | None = None) -> Scorer:
    """The scorer of that name. `form` is what `format` means in this project.

    Raises:
        ConfigError: The name is unknown, or `format` is asked for and no form is stated.
    """
    if name == "format":
        if form is None:
            raise ConfigError(
                "eval.metrics: format needs a form to compare with. Name one under gates.format."
            )
        return form
    if name not in SCORERS:
        known = ", ".join(sorted((*SCORERS, "format")))
        raise ConfigError(f"eval.metrics: there is no metric {name!r}. Known: {known}.")
    return SCORERS[name]


RIGHT_OR_WRONG = frozenset({"exact_match", "accuracy", "format"})
"""Metrics that count items: reports say "86 of 100 right" for them."""
