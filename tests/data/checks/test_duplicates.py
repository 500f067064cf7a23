"""Findings about near copies."""

from __future__ import annotations

from whet.data import check
from whet.findings import Finding, Kind, Severity
from whet.types import Example

TEXTS = [
    "the blue kettle in the window of your shop has a crack near its handle",
    "could you send somebody to look at our leaking roof before it rains again",
    "my daughter would love to visit the museum of trains with her whole class",
    "we ordered nine loaves of rye bread and a cake for the party on sunday",
]


def example(text: str, line: int, file: str = "t.jsonl") -> Example:
    turns = [{"role": "user", "content": text}, {"role": "assistant", "content": "Thanks."}]
    return Example.of(turns, f"{file}:{line}")  # type: ignore[arg-type]


def near(rows: list[Example]) -> list[Finding]:
    return [finding for finding in check(rows) if finding.kind is Kind.DUPLICATE_NEAR]


def test_each_near_copy_names_the_first_and_the_largest_cluster_is_told_first() -> None:
    texts = [*TEXTS, f"{TEXTS[0]} today", f"{TEXTS[1]} please", f"{TEXTS[1]} thanks"]
    findings = near([example(text, line) for line, text in enumerate(texts, 1)])
    warnings = [finding for finding in findings if finding.severity is Severity.WARNING]
    assert [(w.line, w.message.split(" (")[0]) for w in warnings] == [
        (6, "nearly the same row as t.jsonl:2"),
        (7, "nearly the same row as t.jsonl:2"),
        (5, "nearly the same row as t.jsonl:1"),
    ]
    assert warnings[0].message.endswith("; 3 such rows).")
    (note,) = (finding for finding in findings if finding.severity is Severity.NOTE)
    assert note.message == (
        "3 rows are near copies of 2 others: 3 rows like t.jsonl:2, 2 rows like t.jsonl:1."
    )


def test_exact_copies_are_no_near_copies() -> None:
    assert near([example(TEXTS[0], 1), example(TEXTS[0].upper(), 2)]) == []


def test_one_input_with_two_labels_is_told_across_the_splits() -> None:
    def labelled(text: str, label: str, source: str) -> Example:
        turns = [{"role": "user", "content": text}, {"role": "assistant", "content": label}]
        return Example.of(turns, source)  # type: ignore[arg-type]

    train = [labelled(f"q{i}", "ab"[i % 2], f"train:{i}") for i in range(8)]
    findings = check(train, test=[labelled("q1", "a", "test:1")])
    (found,) = (finding for finding in findings if finding.kind is Kind.LABEL_CONFLICT)
    assert str(found) == (
        "train:1: the same input has 2 different answers; see test:1. Keep the right one."
    )
