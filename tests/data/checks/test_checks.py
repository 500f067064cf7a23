"""Findings about a data set as a whole."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from whet.data import check, labels, read
from whet.findings import Finding, Kind, Severity
from whet.types import Example


def example(
    question: str, answer: str, line: int = 1, system: str = "", file: str = "t.jsonl"
) -> Example:
    head = [{"role": "system", "content": system}] if system else []
    turns = [*head, {"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return Example.of(turns, f"{file}:{line}")  # type: ignore[arg-type]


def labelled(*answers: str) -> list[Example]:
    return [example(f"q{i}", answer, i) for i, answer in enumerate(answers, 1)]


def said(findings: list[Finding], kind: Kind) -> list[str]:
    return [str(finding) for finding in findings if finding.kind is kind]


def test_a_copy_is_a_copy_in_other_case_spacing_and_unicode_form() -> None:
    rows = [example("Café open?", "yes", 1), example("  cafe\u0301   OPEN? ", "Yes", 2)]
    assert said(check(rows), Kind.DUPLICATE_EXACT) == ["t.jsonl:2: the same row as t.jsonl:1."]


def test_one_input_with_two_labels_is_a_contradiction() -> None:
    rows = [*labelled(*"aabbaabb"), example("q1", "b", 9)]
    assert said(check(rows), Kind.LABEL_CONFLICT) == [
        "t.jsonl:1: the same input has 2 different answers; see t.jsonl:9. Keep the right one."
    ]


def test_several_free_answers_to_one_input_are_a_note() -> None:
    rows = [example("Write a poem.", "Roses", 1), example("Write a poem.", "Violets", 2)]
    finding = next(finding for finding in check(rows) if finding.kind == Kind.SEVERAL_ANSWERS)
    assert finding.severity is Severity.NOTE


def test_other_tools_make_another_input() -> None:
    row = example("Book a flight", "I cannot.", 1)
    other = Example.of(row.messages, "t.jsonl:2", tools=[{"function": {"name": "book"}}])
    assert not said(check([row, other]), Kind.DUPLICATE_EXACT)


def test_a_system_message_conflicts_only_with_a_project_prompt() -> None:
    rows = [example("q", "a", 1, system="Be brief."), example("r", "a", 2)]
    assert not said(check(rows), Kind.SYSTEM_CONFLICT)
    (finding,) = (f for f in check(rows, has_prompt=True) if f.kind == Kind.SYSTEM_CONFLICT)
    assert (finding.severity, finding.line) == (Severity.ERROR, 1)
    assert "{{field}}" in finding.fix


def test_class_balance_names_the_ends() -> None:
    assert said(check(labelled(*"aaaabbc", *"ab")), Kind.CLASS_BALANCE) == [
        "3 different answers in 9 rows; most frequent 'a' (5), least 'c' (1)."
    ]


def test_free_text_has_no_labels() -> None:
    assert labels(labelled("one", "two", "three")) is None
    assert labels(labelled(*["x" * 100, "y"] * 9)) is None
    assert labels([]) is None


def test_one_label_in_two_spellings_is_a_warning() -> None:
    rows = labelled(*["card", "pin"] * 4, "Card ")
    assert said(check(rows), Kind.LABEL_SPELLING) == [
        "one answer in several spellings: 'card' (4), 'Card ' (1). "
        "Write it alike everywhere: scoring compares the text."
    ]


def test_labels_that_only_test_has_are_named() -> None:
    test = [example("t", "new", 1, file="test.jsonl")]
    assert said(check(labelled(*"ababab"), test=test), Kind.UNSEEN_LABEL) == [
        "1 answers of the test rows never occur in training: new. Add training rows with them."
    ]


def test_errors_come_first() -> None:
    key = "sk-" + "aB3dE5fG7hJ9kL1mN2pQ"
    levels = [finding.severity for finding in check([*labelled(*"ababab"), example(key, "b", 7)])]
    assert levels == sorted(levels, key=list(Severity).index)
    assert levels[0] is Severity.ERROR


def test_the_embedder_that_is_handed_in_says_what_is_alike() -> None:
    rows = labelled(*["a", "b"] * 40)
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> np.ndarray:
        asked.extend(texts)
        side = [[1.0, 0.0] if int(text[1:]) % 2 else [0.0, 1.0] for text in texts]
        return np.array(side, dtype=np.float32)

    rows[0] = example("q1", "b", 1)
    (finding,) = (f for f in check(rows, embed=embed) if f.kind is Kind.LABEL_SUSPICIOUS)
    assert finding.line == 1
    assert asked == [row.question for row in rows]
    assert not said(check(rows), Kind.LABEL_SUSPICIOUS)


@pytest.mark.parametrize(
    "piece", ["\n", " ", "1. a\n", "{{ a ", "a@", "ab:", "4", "http://a:", "\u00c3", "open 1", "- "]
)
def test_a_text_made_to_be_slow_is_read_in_linear_time(piece: str) -> None:
    long = piece * (100_000 // len(piece))
    rows = [example("q", long, 1), *[example(f"q {n}", f"answer {n}", n) for n in range(2, 40)]]
    start = time.process_time()
    check(rows)
    assert time.process_time() - start < 5, "a pattern takes more than linear time"


# file, columns, the most rows in a hundred that are accused of anything but being a duplicate
SETS = [
    ("banking77/train.csv", {}, 1), ("e2e_nlg/devset.csv", {"input": "mr", "output": "ref"}, 0),
    ("fastchat/dummy_conversation.json", {}, 0), ("llamafactory_demo/alpaca_en_demo.json", {}, 1),
    ("llamafactory_demo/alpaca_zh_demo.json", {}, 3), ("llamafactory_demo/identity.json", {}, 11),
    ("llamafactory_demo/glaive_toolcall_en_demo.json", {}, 6),
    ("llamafactory_demo/reason_tool_use_demo_50.jsonl", {}, 6),  # two in descriptions of tools
    ("llamafactory_demo/dpo_en_demo.json",
     {"prompt": "conversations", "completion": "chosen"}, 1),
]  # fmt: skip


@pytest.mark.parametrize(("file", "columns", "most"), SETS, ids=[s[0] for s in SETS])
def test_published_sets_are_not_flooded(
    test_data: Path, file: str, columns: dict[str, str], most: int
) -> None:
    rows = read(file, columns, root=test_data / "datasets").examples
    found = [f for f in check(rows) if not f.kind.value.startswith("duplicate")]
    assert not [str(f) for f in found if f.severity is Severity.ERROR]
    warned = [f for f in found if f.severity is Severity.WARNING]
    assert len(warned) <= most * len(rows) / 100 + 1, "\n".join(map(str, warned[:50]))
    assert len(found) - len(warned) <= 8, "notes are about the set, and few"
