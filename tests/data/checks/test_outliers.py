"""Rows that are far longer than the rest are told, and no more than a handful of them."""

from __future__ import annotations

from whet.data.checks.outliers import MAX_SHOWN, length_outliers


def test_a_pasted_document_is_told_with_both_lengths(answers) -> None:
    rows = answers(*["word " * (10 + n % 7) for n in range(60)], "word " * 4000)
    (finding,) = length_outliers(rows)
    assert finding.line == 61
    assert "20,012 characters, where half of the rows have at most 77" in finding.message


def test_only_the_longest_are_named_and_the_others_counted(answers) -> None:
    rows = answers(*["word " * 10] * 200, *["word " * (2000 + n) for n in range(9)])
    found = length_outliers(rows)
    assert len(found) == MAX_SHOWN
    assert found[0].line == 209
    assert "4 more rows are as far off." in found[0].message


def test_lengths_that_vary_by_nature_accuse_no_one(answers) -> None:
    assert length_outliers(answers(*["a" * (1 + n * n) for n in range(200)])) == []


def test_a_small_set_is_not_judged(answers) -> None:
    assert length_outliers(answers(*["a"] * 20, "a" * 10_000)) == []
