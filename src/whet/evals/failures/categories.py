"""What kind of wrong an answer is: the first rule that holds, in a stated order.

    empty, loop, truncated      there is no whole answer to judge
    refusal, language, persona  it is an answer of another kind
    format                      it breaks the form that was asked for
    class                       it is another label of the closed set
    hallucination               it states something that stands nowhere
    near_miss                   it is nearly the right answer
    other                       none of these: nothing more is claimed

A rule sees the answer, the right answer, what the arm was given, and the habits of the training
answers. It returns why it holds. No model judges here: what a rule cannot see stays `other`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from whet.data.checks.languages import language_of
from whet.data.places import listed, printable
from whet.data.refusals import is_refusal
from whet.evals.failures.habits import SELF_TALK, Habits, frame
from whet.evals.failures.loops import loop
from whet.evals.failures.material import Answer, Material
from whet.evals.failures.stated import invented
from whet.evals.scorers import normalise
from whet.types import Example, FinishReason

NEAR = 0.85
"""Share of equal characters from which an answer is a near miss."""
MAX_COMPARED = 5000
MIN_NEAR_CHARACTERS = 5
MIN_PARTS = 3
"""Parts from which an answer with a single wrong one is a near miss."""


class Category(StrEnum):
    """A kind of wrong answer; `description` says what its rule asks."""

    description: str

    def __new__(cls, value: str, description: str) -> Category:
        """A member that carries its description beside its value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member

    EMPTY = "empty", "There is no answer."
    LOOP = "loop", "It repeats itself to the end."
    TRUNCATED = "truncated", "It was cut off at the longest answer that is allowed."
    REFUSAL = "refusal", "It declines where the right answer does not, or the other way round."
    LANGUAGE = "language", "It is in another language than the right answer."
    PERSONA = "persona", "It speaks as no training answer does: of itself as an AI, or unframed."
    FORMAT = "format", "It breaks the form, or is no label of the closed set."
    CLASS = "class", "It is another label of the closed set."
    HALLUCINATION = "hallucination", "It states a number or name that stands nowhere."
    NEAR_MISS = "near_miss", "It is nearly the right answer."
    OTHER = "other", "No rule holds."


@dataclass(frozen=True, slots=True)
class Found:
    """The category of a wrong answer, and why it is this one."""

    category: Category
    why: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong answer and all that a rule may look at."""

    item: Example
    answer: Answer
    habits: Habits
    material: Material

    @property
    def text(self) -> str:
        return self.answer.text

    @property
    def gold(self) -> str:
        return self.item.answer


def categorise(wrong: Wrong) -> Found:
    """The category of a wrong answer."""
    for category, rule in RULES:
        why = rule(wrong)
        if why:
            return Found(category, why)
    return Found(Category.OTHER, "")


def _empty(wrong: Wrong) -> str:
    return "" if wrong.text.strip() else "nothing but white space"


def _loop(wrong: Wrong) -> str:
    repeated = loop(wrong.text)
    return f"repeats {printable(repeated, 40)!r}" if repeated and not loop(wrong.gold) else ""


def _truncated(wrong: Wrong) -> str:
    if wrong.answer.finish_reason != FinishReason.LENGTH:
        return ""
    limit = wrong.material.max_new_tokens
    return f"stopped after {limit} tokens" if limit else "stopped at the longest answer"


def _refusal(wrong: Wrong) -> str:
    ours, theirs = is_refusal(wrong.text), is_refusal(wrong.gold)
    if ours == theirs:
        return ""
    return "declines" if ours else "answers where the right answer declines"


def _language(wrong: Wrong) -> str:
    if wrong.habits.labels:
        return ""
    expected = language_of(wrong.gold) or wrong.habits.language
    found = language_of(wrong.text)
    return f"in {found}, not {expected}" if expected and found and found != expected else ""


def _persona(wrong: Wrong) -> str:
    habits = wrong.habits
    talk = SELF_TALK.search(wrong.text)
    if talk and not habits.speaks_of_itself and not SELF_TALK.search(wrong.gold):
        return f"says {printable(talk[0], 40)!r}"
    for end, expected, verb in ((0, habits.opening, "open"), (-1, habits.closing, "close")):
        if expected and frame(wrong.gold, end) == expected and frame(wrong.text, end) != expected:
            return f"does not {verb} with {expected!r}"
    return ""


def _format(wrong: Wrong) -> str:
    holds, labels = wrong.material.holds_form, wrong.habits.labels
    if labels and normalise(wrong.text) not in labels:
        return f"not one of the {len(labels)} labels"
    if holds is not None and not holds(wrong.text, wrong.item):
        return "breaks the stated form"
    shape = wrong.habits.shape
    if shape and shape.parts(wrong.gold) and not shape.parts(wrong.text):
        return f"not the {len(shape.names)} parts of the training answers"
    return ""


def _class(wrong: Wrong) -> str:
    said = wrong.habits.labels.get(normalise(wrong.text))
    if said is None or normalise(said) == normalise(wrong.gold):
        return ""
    return f"{printable(wrong.gold, 40)} taken for {printable(said, 40)}"


def _hallucination(wrong: Wrong) -> str:
    given = f"{wrong.answer.given}\n" + "\n".join(turn["content"] for turn in wrong.item.prompt)
    found = invented(wrong.text, wrong.gold, given, wrong.habits)
    return f"states {listed(found, 3)}" if found else ""


def _near_miss(wrong: Wrong) -> str:
    shape = wrong.habits.shape
    parts = shape.wrong_parts(wrong.text, wrong.gold) if shape else None
    if shape and parts is not None and len(parts) == 1 and len(shape.names) >= MIN_PARTS:
        return f"only {parts[0]} is wrong"
    ours, theirs = normalise(wrong.text)[:MAX_COMPARED], normalise(wrong.gold)[:MAX_COMPARED]
    if len(theirs) < MIN_NEAR_CHARACTERS:
        return ""
    alike = SequenceMatcher(None, ours, theirs, autojunk=False)
    if alike.real_quick_ratio() < NEAR or alike.quick_ratio() < NEAR:
        return ""
    return f"{100 * alike.ratio():.0f} % of the characters agree" if alike.ratio() >= NEAR else ""


RULES: tuple[tuple[Category, Callable[[Wrong], str]], ...] = (
    (Category.EMPTY, _empty),
    (Category.LOOP, _loop),
    (Category.TRUNCATED, _truncated),
    (Category.REFUSAL, _refusal),
    (Category.LANGUAGE, _language),
    (Category.PERSONA, _persona),
    (Category.FORMAT, _format),
    (Category.CLASS, _class),
    (Category.HALLUCINATION, _hallucination),
    (Category.NEAR_MISS, _near_miss),
)
