"""The rows as all kinds of evidence look at them: prepared once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from whet.data.checks.labels import MAX_LABEL_CHARS
from whet.types import Example

MIN_LABELLED = 0.8
"""Share of rows with a frequent short answer from which on the answers are labels."""
MIN_OF_LABEL = 3
MIN_ROWS = 20

WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


@dataclass(frozen=True)
class Subject:
    """Rows to be ranked. Judged answers that are marked as bad are meant to be bad."""

    rows: list[Example]

    @staticmethod
    def of(rows: Sequence[Example]) -> Subject:
        """The rows, prepared."""
        return Subject(list(rows))

    @cached_property
    def answers(self) -> list[str]:
        """The final answer of each row."""
        return [row.answer for row in self.rows]

    @cached_property
    def questions(self) -> list[str]:
        """The last user turn of each row."""
        return [row.question for row in self.rows]

    @cached_property
    def asked(self) -> list[str]:
        """All that stands before each answer."""
        return ["\n".join(message["content"] for message in row.prompt) for row in self.rows]

    @cached_property
    def words(self) -> list[list[str]]:
        """The words of each answer, in lower case."""
        return [WORD.findall(answer.casefold()) for answer in self.answers]

    @cached_property
    def frequency(self) -> Counter[str]:
        """In how many answers each word stands."""
        return Counter(word for words in self.words for word in set(words))

    @cached_property
    def labels(self) -> frozenset[str]:
        """The labels, where nearly all answers are few short texts; else none.

        A few rows with something else for an answer do not hide that the others have labels.
        """
        counts = Counter(self.answers)
        often = {
            text: number
            for text, number in counts.items()
            if number >= MIN_OF_LABEL and len(text) <= MAX_LABEL_CHARS and "\n" not in text
        }
        enough = sum(often.values()) >= MIN_LABELLED * len(self.rows)
        few = 2 <= len(often) <= len(self.rows) / 3
        return frozenset(often) if enough and few and len(self.rows) >= MIN_ROWS else frozenset()

    @cached_property
    def prose(self) -> list[int]:
        """The numbers of the rows whose answers are free text meant to be imitated."""
        if self.labels:
            return []
        return [
            number
            for number, row in enumerate(self.rows)
            if row.prompt and row.desirable is not False and row.answer.strip()
        ]

    def last(self, number: int) -> int:
        """The place of a row's answer among its messages."""
        return len(self.rows[number].messages) - 1
