"""Near copies and paraphrases between two sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from whet.data import find_leaks, leak_findings, resolve_leaks
from whet.data.overlap.across import near_across
from whet.data.overlap.paraphrase import paraphrases
from whet.findings import Kind, Severity
from whet.types import Example

SEEN = [
    "i thought that transfers were free so why was i charged",
    "where can i find the nearest branch of your bank in town",
    "please tell me how old i must be to open an account",
]


def example(question: str, answer: str, source: str) -> Example:
    return Example.of(
        [{"role": "user", "content": question}, {"role": "assistant", "content": answer}], source
    )


def embed(texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Texts about money one way, all others another."""
    about = ["charged" in text or "fee" in text for text in texts]
    return np.array([[a, not a] for a in about], dtype=np.float32)


def test_only_pairs_across_the_sides_are_told() -> None:
    held_out = ["i thought that transfers were free so why was i charged then", "another"]
    assert [(m.held_out, m.seen) for m in near_across([*SEEN, SEEN[0]], held_out)] == [
        (0, 0),
        (0, 3),
    ]
    assert near_across(SEEN, []) == near_across([], held_out) == []


def test_a_near_leak_is_an_error_at_the_held_out_row() -> None:
    train = [example(text, "yes", f"train:{i}") for i, text in enumerate(SEEN, 1)]
    test = [example(SEEN[2] + " please", "no", "test:1")]
    (leak,) = find_leaks(train, test)
    (finding,) = leak_findings([leak])
    assert (finding.kind, finding.severity) == (Kind.LEAK_NEAR, Severity.ERROR)
    assert (finding.file, finding.line) == ("test", 1)
    assert "as the training row train:3." in finding.message
    assert resolve_leaks(train, test, [leak], "drop_train").train == train[:2]


def test_near_copies_with_other_labels_give_nothing_away() -> None:
    train = [example(f"{text} {i}", "ab"[i % 2], f"train:{i}") for i, text in enumerate(SEEN * 4)]
    near = train[0].question + " please"
    assert [leak.kind for leak in find_leaks(train, [example(near, "a", "test:1")])] == [
        Kind.LEAK_NEAR
    ]
    assert find_leaks(train, [example(near, "b", "test:1")]) == []


def test_short_texts_leak_only_exactly() -> None:
    train = [example("where is my new card", "a", "train:1")]
    assert find_leaks(train, [example("where is my card", "a", "test:1")]) == []


def test_a_paraphrase_is_a_warning_and_drops_nothing() -> None:
    train = [example("why was i charged", "a", "train:1")]
    test = [example("what is this fee", "a", "test:1")]
    assert find_leaks(train, test) == []
    leaks = find_leaks(train, test, embed)
    assert [(f.kind, f.severity) for f in leak_findings(leaks)] == [
        (Kind.LEAK_PARAPHRASE, Severity.WARNING)
    ]
    assert resolve_leaks(train, test, leaks, "drop_test").test == test


def test_texts_with_other_numbers_are_no_paraphrases() -> None:
    assert paraphrases(["a fee of 3 euros"], ["charged 4 euros", "charged 3 euros"], embed) == [
        (1, 0, 1.0)
    ]
