"""What `whet clean` can repair: a closed list of names, each with the sentence that says it.

Nothing is repaired that was not asked for. Test rows stay as they are, but for what is unreadable,
a leak that `leaks_test` drops, and values that have to be masked: a test that is made tidy by
rules about labels or noise is another test.
"""

from __future__ import annotations

from enum import StrEnum


class Repair(StrEnum):
    """A repair by name. `said` is what it does; `in_test` whether it touches test rows."""

    said: str
    in_test: bool

    def __new__(cls, value: str, said: str, in_test: bool = False) -> Repair:
        """A member that carries its sentence beside its value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.said, member.in_test = said, in_test
        return member

    BROKEN = "broken", "set aside in broken.jsonl, as they stand in their file", True
    SECRETS = "secrets", "keys and tokens replaced by placeholders", True
    PERSONAL_DATA = "personal_data", "addresses and numbers replaced by placeholders", True
    ENCODING = "encoding", "wrongly decoded text put right, except in code (ftfy)"
    QUOTES = "quotes", "typographic quotes replaced where that makes an answer valid JSON"
    WHITESPACE = "whitespace", "white space at the ends of turns removed"
    LABELS = "labels", "rare spellings of a label replaced by the usual one"
    REFUSALS = "refusals", "dropped: the answer declines to help"
    DUPLICATES = "duplicates", "dropped: the same input and answer as an earlier row"
    NEAR_DUPLICATES = "near_duplicates", "dropped: nearly an earlier row, with the same answer"
    LEAKS_TRAIN = "leaks_train", "dropped from the side that is less held out"
    LEAKS_TEST = "leaks_test", "dropped from the side that is more held out", True
