"""What the training answers are like: the set they form, their language, how they open and close.

An answer of a model can only be called off where the training answers agree among themselves.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from whet.data.checks.labels import labels
from whet.data.checks.languages import language_of
from whet.data.refusals import is_refusal
from whet.evals.failures.parts import Shape, shape_of
from whet.evals.scorers import normalise
from whet.types import Example

MAX_READ = 2000
"""Training answers that are read, spread evenly over the rows."""
MIN_ANSWERS = 20
AGREES = 0.8
FRAME_WORDS = 3

SELF_TALK = re.compile(
    r"\bas an? (?:ai|artificial intelligence|(?:large )?language model)\b"
    r"|\bi(?:'m| am) (?:an? )?(?:ai\b|(?:large )?language model|chatgpt|gpt-?\d|claude|gemini|qwen"
    r"|llama|mistral)"
    r"|\bmy (?:training data|knowledge cut-?off)\b"
    r"|\b(?:developed|created|trained) by (?:openai|anthropic|google|meta|alibaba|mistral)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Habits:
    """What most training answers share; what they do not agree on is empty.

    `labels` is {normalised: as spelt} of a closed set; `opening` and `closing` are lower-case
    words; `names` are the words of training answers, lower-case, which no answer invents.
    """

    labels: dict[str, str]
    language: str | None
    opening: str
    closing: str
    speaks_of_itself: bool
    refuses: bool
    names: frozenset[str]
    shape: Shape | None


def habits(train: Sequence[Example], choices: Sequence[str] = ()) -> Habits:
    """What the answers of the training rows are like; `choices` is a closed set that was named."""
    rows = train[:: max(1, len(train) // MAX_READ)]
    texts = [row.answer for row in rows]
    closed = tuple(choices) or tuple(labels(train) or () if train else ())
    free = not closed and len(texts) >= MIN_ANSWERS
    shape = shape_of(texts) if free else None
    framed = free and shape is None
    return Habits(
        {normalise(label): label for label in closed},
        _language(texts) if free else None,
        _frame(texts, 0) if framed else "",
        _frame(texts, -1) if framed else "",
        any(SELF_TALK.search(text) for text in texts),
        any(is_refusal(text) for text in texts),
        frozenset(word.casefold() for text in texts for word in _WORD.findall(text)),
        shape,
    )


def _language(texts: Sequence[str]) -> str | None:
    found = Counter(name for name in map(language_of, texts) if name)
    if found.total() < MIN_ANSWERS:
        return None
    name, count = found.most_common(1)[0]
    return name if count >= AGREES * found.total() else None


def _frame(texts: Sequence[str], end: int) -> str:
    """The three words with which at least four in five answers open (0) or close (-1)."""
    found = Counter(frame(text, end) for text in texts)
    words, count = found.most_common(1)[0]
    return words if words and count >= AGREES * len(texts) else ""


def frame(text: str, end: int) -> str:
    """The first (0) or last (-1) three words of an answer that has more than three."""
    words = [word.casefold() for word in _WORD.findall(text.replace("\u2019", "'"))]
    if len(words) <= FRAME_WORDS:
        return ""
    return " ".join(words[:FRAME_WORDS] if end == 0 else words[-FRAME_WORDS:])
