"""Wrong labels are found among real ones, and right labels are left alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from whet.data import read
from whet.data.checks.suspects import confusable_labels, judge, suspicious_labels
from whet.data.checks.vectors import Embed, placed
from whet.findings import Finding, Kind, Severity
from whet.types import Example


def mislabelled(rows: Sequence[Example], share: float) -> tuple[list[Example], set[int]]:
    """The rows with a share of other labels, drawn at random, and the lines of those."""
    drawn = random.Random(0)
    names = sorted({row.answer for row in rows})
    bad = set(drawn.sample(range(len(rows)), int(share * len(rows))))
    planted = []
    for index, row in enumerate(rows):
        other = drawn.choice([name for name in names if name != row.answer])
        turns = [*row.prompt, {"role": "assistant", "content": other}]
        planted.append(Example.of(turns, row.source) if index in bad else row)  # type: ignore[arg-type]
    return planted, {int(rows[index].source.rpartition(":")[2]) for index in bad}


def suspects(rows: Sequence[Example], embed: Embed | None = None) -> list[Finding]:
    return suspicious_labels(judge(placed([rows], embed)[0]))


def measured(rows: list[Example], embed: Embed | None = None) -> tuple[float, float, float]:
    """Precision and recall for 5 % planted labels, and the share accused as published."""
    planted, bad = mislabelled(rows, 0.05)
    found = {finding.line for finding in suspects(planted, embed)}
    hits = len(found & bad)
    return hits / len(found), hits / len(bad), len(suspects(rows, embed)) / len(rows)


def test_planted_labels_of_banking77s_test_rows_are_found_by_words(test_data: Path) -> None:
    rows = read("banking77/test.csv", root=test_data / "datasets").examples
    precision, recall, accused = measured(rows)  # measured: 0.79, 0.64, 0.010
    assert precision > 0.75
    assert recall > 0.60
    assert accused < 0.012


@pytest.mark.slow
def test_planted_labels_of_banking77s_training_rows_are_found_by_words(test_data: Path) -> None:
    rows = read("banking77/train.csv", root=test_data / "datasets").examples
    precision, recall, accused = measured(rows)  # measured: 0.84, 0.64, 0.006
    assert precision > 0.80
    assert recall > 0.60
    assert accused < 0.008


@pytest.mark.slow
def test_planted_labels_are_found_better_by_meaning(test_data: Path) -> None:
    from whet.retrieval import load_minilm

    embedder = load_minilm()
    if embedder is None:
        pytest.skip("the embedder is not installed")
    rows = read("banking77/test.csv", root=test_data / "datasets").examples
    points = embedder.embed([row.question for row in rows])
    precision, recall, accused = measured(rows, lambda _: points)  # 0.88, 0.73, 0.006
    assert precision > 0.85
    assert recall > 0.70
    assert accused < 0.008


def pets(number: int = 40) -> list[Example]:
    """Questions of two clear kinds, and labels for them."""
    said = {
        "cat": "my cat will not eat its fish and sleeps all {} days",
        "car": "the engine of my car makes a noise at {} miles an hour",
    }
    rows = []
    for line in range(1, number + 1):
        label = ("cat", "car")[line % 2]
        turns = [
            {"role": "user", "content": said[label].format(line)},
            {"role": "assistant", "content": label},
        ]
        rows.append(Example.of(turns, f"t.jsonl:{line}"))  # type: ignore[arg-type]
    return rows


def test_an_accusation_names_the_label_that_the_neighbours_have() -> None:
    rows = pets(80)
    rows[10] = Example.of(
        [*rows[10].prompt, {"role": "assistant", "content": "cat"}], rows[10].source
    )
    (finding,) = suspects(rows)
    assert (finding.line, finding.severity) == (11, Severity.WARNING)
    assert finding.kind is Kind.LABEL_SUSPICIOUS
    assert "is labelled 'cat', but 10 of the 10 rows most like it are 'car'" in finding.message


def test_labels_that_words_say_nothing_about_accuse_no_one() -> None:
    drawn = random.Random(1)
    turns = [
        [
            {"role": "user", "content": f"draw {drawn.random()}"},
            {"role": "assistant", "content": drawn.choice("ab")},
        ]
        for _ in range(200)
    ]
    rows = [Example.of(t, f"t.jsonl:{n}") for n, t in enumerate(turns, 1)]  # type: ignore[arg-type]
    judged = judge(placed([rows], None)[0])
    assert judged is not None
    assert suspicious_labels(judged) == confusable_labels(judged) == []


def test_free_text_and_few_rows_are_not_judged() -> None:
    assert judge(placed([pets(10)], None)[0]) is None
    free = [
        Example.of([*r.prompt, {"role": "assistant", "content": r.id}], r.source) for r in pets(80)
    ]
    assert judge(placed([free], None)[0]) is None
    assert judge(placed([[]], None)[0]) is None


def test_labels_that_neighbours_mix_up_are_a_note_with_examples(test_data: Path) -> None:
    rows = read("banking77/test.csv", root=test_data / "datasets").examples
    (finding,) = confusable_labels(judge(placed([rows], None)[0]))
    assert finding.severity is Severity.NOTE
    assert "'verify_my_identity' and 'why_verify_identity' are hard to tell apart" in str(finding)
    assert "banking77/test.csv:3011" in finding.message
