"""Where rows come from."""

from __future__ import annotations

import pytest

from whet.data.checks.origin import is_synthetic, origin_of, origins, reviewer_of
from whet.findings import Severity


@pytest.mark.parametrize(
    ("fields", "origin", "synthetic"),
    [
        ({"origin": "real"}, "real", False), ({"origin": "synthetic"}, "synthetic", True),
        ({"meta": {"origin": "synthetic:teacher-7b"}}, "synthetic:teacher-7b", True),
        ({"meta.origin": "real"}, "real", False),
        ({"origin": {"kind": "generated", "model": "x"}}, "generated", True), ({}, "", False),
        ({"origin": 3}, "", False), ({"origin": "modelling agency"}, "modelling agency", False),
    ],
)  # fmt: skip
def test_an_origin_is_read_from_its_field(row, fields, origin: str, synthetic: bool) -> None:
    made = row("q", "a", fields=fields)
    assert (origin_of(made), is_synthetic(made)) == (origin, synthetic)


def test_who_reviewed_a_row_is_read_beside_it(row) -> None:
    assert reviewer_of(
        row("q", "a", fields={"origin": {"kind": "synthetic", "reviewed_by": "Anna"}})
    )
    assert reviewer_of(row("q", "a", fields={"meta": {"reviewed_by": "Anna"}})) == "Anna"
    assert reviewer_of(row("q", "a", fields={"reviewed": True})) == ""


def test_shares_and_reviewers_are_a_note(row) -> None:
    made = {"origin": "synthetic", "reviewed_by": "Anna"}
    rows = [row("q", str(n), n, fields={"origin": "real"}) for n in range(6)]
    rows += [row("q", "s", 7, fields=made), row("q", "t", 8, fields={"origin": "synthetic"})]
    (finding,) = origins(rows, [], [])
    assert finding.severity is Severity.NOTE
    assert finding.message == (
        "origins of the training rows: real 6 of 8 (75 %), synthetic 2 of 8 (25 %). "
        "Synthetic: 2 of 8 (25 %), of them reviewed: 1 of 2 (50 %) by Anna."
    )


def test_synthetic_test_rows_are_a_warning(row) -> None:
    test = [row("q", "a", 1, fields={"origin": "synthetic"}), row("r", "a", 2)]
    (finding,) = origins([row("x", "y")], [], test)
    assert finding.severity is Severity.WARNING
    assert "1 of 2 (50 %) test rows are synthetic" in finding.message


def test_rows_that_say_nothing_have_no_finding(row) -> None:
    assert origins([row("q", "a")], [], []) == []
