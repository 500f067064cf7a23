"""What a failure analysis is made from: validation items, every arm's answers, the training rows.

Test items never come here: whoever reads them one by one has opened them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from whet.data.checks.vectors import Embed
from whet.types import Example

GRADED_WRONG = 0.5
"""Where a metric has grades, an answer is a failure below this score."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One arm's answer to one item.

    `given` is all text that the arm was given: its prompt, passages and shown examples; empty
    where that is not known, as for ready answers. `score` is None where nothing can be compared.
    """

    text: str
    score: float | None
    finish_reason: str = ""
    given: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is looked at.

    `answers` are {arm: one answer an item}; `arm` is the one whose failures are told, `others`
    those that it is set beside, the strongest first. `right_or_wrong` says whether the metric has
    two values. `holds_form` says whether an answer keeps the stated form, where one is stated.
    """

    metric: str
    right_or_wrong: bool
    arm: str
    others: Sequence[str]
    items: Sequence[Example]
    answers: Mapping[str, Sequence[Answer]]
    train: Sequence[Example] = ()
    choices: Sequence[str] = ()
    holds_form: Callable[[str, Example], bool] | None = None
    max_new_tokens: int = 0
    embed: Embed | None = field(default=None, repr=False)

    @property
    def bar(self) -> float:
        """The score below which an answer is a failure."""
        return 1.0 if self.right_or_wrong else GRADED_WRONG

    def is_wrong(self, answer: Answer) -> bool:
        """Whether an answer has a score, and it is below the bar."""
        return answer.score is not None and answer.score < self.bar

    def wrong(self, arm: str) -> list[int]:
        """The places of the items that an arm answered wrongly."""
        return [place for place, answer in enumerate(self.answers[arm]) if self.is_wrong(answer)]
