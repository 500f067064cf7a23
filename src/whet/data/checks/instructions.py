"""One instruction in many slightly different words: they teach nothing, and serving has one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from whet.data.checks.accused import share
from whet.data.places import listed, printable
from whet.findings import Finding, Kind, Severity
from whet.types import Example

MIN_VARIANTS = 3
MIN_ROWS = 20
MIN_SHARE = 0.10
MIN_REUSE = 3.0
"""Rows an instruction; where nearly every row has its own, instructions are the task's input."""
MIN_LIKENESS = 0.6
MAX_DIFFERENT = 500
NUM_SHOWN = 4

_WORD = re.compile(r"[^\W_]+")


def instruction_variants(examples: Sequence[Example]) -> list[Finding]:
    """A note on each instruction that stands in the rows in three wordings or more."""
    findings = []
    for name, texts in (
        ("instruction", _instructions(examples)),
        ("system message", _systems(examples)),
    ):
        counts = Counter(texts)
        if len(counts) < MIN_VARIANTS or len(texts) < MIN_REUSE * len(counts):
            continue
        for group in _alike(counts):
            rows = sum(counts[text] for text in group)
            if len(group) >= MIN_VARIANTS and rows >= max(MIN_ROWS, MIN_SHARE * len(examples)):
                findings.append(_finding(name, group, rows, len(examples)))
    return findings


def _instructions(examples: Sequence[Example]) -> list[str]:
    """The instruction of each row that has an input beside it, or a first line above one."""
    found = []
    for example in examples:
        fields = example.fields
        if isinstance(fields.get("instruction"), str) and fields.get("input"):
            found.append(fields["instruction"].strip())
        elif "\n" in example.question.strip():
            found.append(example.question.strip().split("\n", 1)[0].strip())
    return found


def _systems(examples: Sequence[Example]) -> list[str]:
    return [example.system.strip() for example in examples if example.system]


def _alike(counts: Counter[str]) -> list[list[str]]:
    """Wordings in groups around the most frequent one that is left, by shared words (Jaccard)."""
    groups: list[tuple[frozenset[str], list[str]]] = []
    for text, _ in counts.most_common(MAX_DIFFERENT):
        words = frozenset(word.casefold() for word in _WORD.findall(text))
        for head, group in groups:
            if len(words & head) >= MIN_LIKENESS * len(words | head):
                group.append(text)
                break
        else:
            groups.append((words, [text]))
    return [group for _, group in groups]


def _finding(name: str, group: list[str], rows: int, total: int) -> Finding:
    shown = listed([repr(printable(text, 70)) for text in group[:NUM_SHOWN]], NUM_SHOWN)
    more = len(group) - NUM_SHOWN
    rest = f" and {more} more" if more > 0 else ""
    message = f"{share(rows, total)} rows have one {name} in {len(group)} wordings: {shown}{rest}."
    fix = "Write one, the one that you will serve with, unless users really vary it."
    return Finding(Severity.NOTE, Kind.INSTRUCTION_VARIANTS, message, fix=fix)
