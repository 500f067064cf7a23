"""Cluster numbers of near duplicates: stars for dropping, chains for splitting."""

from __future__ import annotations

from whet.data import split
from whet.data.leaks import find_leaks
from whet.data.near_clusters import linked, near_copies
from whet.types import Example

TEXT = "the quick brown fox jumps over a lazy dog near our old mill by the river at dawn"


def row(words: list[str], line: int) -> Example:
    turns = [{"role": "user", "content": " ".join(words)}, {"role": "assistant", "content": "a"}]
    return Example.of(turns, f"a:{line}")  # type: ignore[arg-type]


def chain(length: int) -> list[Example]:
    """Rows each one word away from the one before, the last unlike the first."""
    words, rows = TEXT.split(), []
    for number in range(length):
        words[number] = f"changed{chr(97 + number)}"
        rows.append(row(words, number))
    return rows


def other(number: int) -> Example:
    """A text that shares no word with another's; numbers are spelt, as texts with other numbers
    are no duplicates."""
    name = "".join(chr(97 + int(digit)) for digit in str(number))
    return row([f"{name}word{chr(97 + place)}" for place in range(18)], 1000 + number)


def test_a_chain_is_cut_for_dropping_and_whole_for_splitting() -> None:
    rows = [*chain(12), *(other(number) for number in range(50))]
    assert len(set(linked(rows)[:12])) == 1
    assert 1 < len(set(near_copies(rows)[:12])) < 12
    assert len(set(linked(rows))) == len(set(near_copies(rows)[12:])) + 1 == 51


def test_rows_without_twins_and_no_rows_at_all_stand_alone() -> None:
    assert linked([]) == near_copies([]) == []
    short = [row(["too", "short"], 1), row(["too", "short"], 2)]
    assert len(set(near_copies(short))) == 2


def test_a_split_that_knows_near_duplicates_has_no_leak() -> None:
    rows = [
        r for n in range(60) for r in (other(n), row([*other(n).question.split()[:-1], "x"], n))
    ]
    blind = split(rows, test=0.3)
    assert find_leaks(blind.train, blind.test)
    made = split(rows, test=0.3, clusters=linked)
    assert made.test and not find_leaks(made.train, made.test)
