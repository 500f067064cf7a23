"""What is worth knowing about a data set as a whole. Nothing here drops or changes a row.

Checks of single rows happen while reading; leaks between splits are in `leaks.py`, keys and
personal data in `sensitive.py`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from whet.data.faults import listed, printable
from whet.data.keys import answer_key, input_key, normal, place, row_key
from whet.data.sensitive import sensitive
from whet.types import Example, Finding, Level

MAX_LABEL_CHARS = 80
"""Longest answer that still counts as a label."""


def check(
    train: Sequence[Example],
    validation: Sequence[Example] = (),
    test: Sequence[Example] = (),
    *,
    has_prompt: bool = False,
) -> list[Finding]:
    """Every finding about the examples, errors first, then in the order of the rows.

    `has_prompt` says that the project has a prompt of its own, which then conflicts with the
    system messages of rows.
    """
    findings: list[Finding] = []
    for split in (train, validation, test):
        findings += duplicates(split) + contradictions(split) + sensitive(split)
        findings += system_conflicts(split) if has_prompt else []
    findings += class_balance(train) + label_spellings([*train, *validation, *test])
    findings += unseen_labels(train, test)
    order = list(Level)
    return sorted(findings, key=lambda finding: order.index(finding.level))


def duplicates(examples: Sequence[Example]) -> list[Finding]:
    """A warning at each row that repeats an earlier one."""
    findings = []
    for rows in _grouped(examples, row_key):
        for row in rows[1:]:
            message = f"the same row as {rows[0].source}."
            findings.append(_at(row, Level.WARNING, "duplicate", message))
    return findings


def contradictions(examples: Sequence[Example]) -> list[Finding]:
    """A warning at each input that has several labels; for free text one note for all."""
    groups = [
        (rows, len({answer_key(row) for row in rows})) for rows in _grouped(examples, input_key)
    ]
    groups = [(rows, num_answers) for rows, num_answers in groups if num_answers > 1]
    if groups and labels(examples) is None:
        places = listed([rows[0].source for rows, _ in groups], 4)
        message = f"{len(groups)} inputs have several different answers; see {places}."
        remedy = "That is fine where several are right."
        return [Finding(Level.NOTE, "several_answers", message, remedy=remedy)]
    return [
        _at(
            rows[0],
            Level.WARNING,
            "contradiction",
            f"the same input has {num_answers} different answers; see "
            f"{listed([row.source for row in rows[1:]], 4)}.",
            "Keep the right one.",
        )
        for rows, num_answers in groups
    ]


def system_conflicts(examples: Sequence[Example]) -> list[Finding]:
    """An error at each row with a system message of its own, in a project with a prompt."""
    message = "the row has a system message, and the project has a prompt as well."
    remedy = (
        "Remove the system messages from the data, or leave `prompt` out of whet.yaml, "
        "or take it up in the prompt file as a {{field}}."
    )
    return [
        _at(row, Level.ERROR, "system_conflict", message, remedy)
        for row in examples
        if row.system is not None
    ]


def labels(examples: Sequence[Example]) -> Counter[str] | None:
    """How often each answer occurs when the answers are a closed set of labels, else None.

    They count as labels when they are short single lines, tell no more than a third as many
    things as there are rows, and at least two.
    """
    counts = Counter(example.answer for example in examples)
    short = all(len(text) <= MAX_LABEL_CHARS and "\n" not in text for text in counts)
    return counts if short and 2 <= len(counts) <= len(examples) / 3 else None


def class_balance(examples: Sequence[Example]) -> list[Finding]:
    """A note on how many labels there are, the most and the least frequent; or nothing."""
    counts = labels(examples)
    if counts is None:
        return []
    (most, high), (least, low) = counts.most_common()[0], counts.most_common()[-1]
    message = (
        f"{len(counts)} different answers in {len(examples)} rows; most frequent "
        f"{printable(most)!r} ({high}), least {printable(least)!r} ({low})."
    )
    return [Finding(Level.NOTE, "class_balance", message)]


def label_spellings(examples: Sequence[Example]) -> list[Finding]:
    """A warning for each label that is written in more than one way."""
    counts = labels(examples) or Counter[str]()
    spellings: dict[str, list[str]] = defaultdict(list)
    for label in counts:
        spellings[normal(label)].append(label)
    return [
        Finding(
            Level.WARNING,
            "label_spelling",
            f"one answer in several spellings: "
            f"{listed([f'{label!r} ({counts[label]})' for label in variants])}.",
            remedy="Write it alike everywhere: scoring compares the text.",
        )
        for variants in spellings.values()
        if len(variants) > 1
    ]


def unseen_labels(train: Sequence[Example], test: Sequence[Example]) -> list[Finding]:
    """A warning for labels that test asks for and training never shows."""
    known = labels(train)
    if known is None:
        return []
    unseen = sorted({example.answer for example in test} - known.keys())
    if not unseen:
        return []
    message = f"{len(unseen)} answers of the test rows never occur in training: {listed(unseen)}."
    return [Finding(Level.WARNING, "unseen_label", message, remedy="Add training rows with them.")]


def _grouped(examples: Sequence[Example], key: Callable[[Example], str]) -> list[list[Example]]:
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[key(example)].append(example)
    return [rows for rows in groups.values() if len(rows) > 1]


def _at(example: Example, level: Level, rule: str, message: str, remedy: str = "") -> Finding:
    file, line = place(example)
    return Finding(level, rule, message, file, line, remedy=remedy)
