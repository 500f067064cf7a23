"""KTO's partners: each row's prompt with one other row's answer, the same however rows come."""

from __future__ import annotations

import numpy as np
import pytest

from whet.errors import DataError
from whet.rows.sequence import Part, RenderedExample
from whet.training.objectives.mismatched import mismatched_of, partner_order, with_mismatched

Rows = list[RenderedExample]


def answer(row: RenderedExample) -> list[int]:
    sequence = row.sequences[0]
    return [int(token) for token in sequence.tokens[sequence.trained]]


def test_each_answer_is_used_once_after_another_prompt(judged: Rows) -> None:
    made = with_mismatched(judged, 0, 512)
    used = []
    for row, before in zip(made, judged, strict=True):
        own, other = row.sequences
        assert row.parts == (before.parts[0], Part.MISMATCHED)
        prompt = int(np.flatnonzero(own.trained)[0])
        assert np.array_equal(other.tokens[:prompt], own.tokens[:prompt])
        used.append([int(token) for token in other.tokens[other.trained]])
        assert used[-1] != answer(before)
    assert sorted(used) == sorted(map(answer, judged))


def test_partners_depend_on_the_seed_and_not_on_the_order(judged: Rows) -> None:
    def partners(rows: Rows, seed: int) -> dict[str, bytes]:
        made = with_mismatched(rows, seed, 512)
        return {row.id: row.sequences[1].tokens.tobytes() for row in made}

    assert partners(judged, 0) == partners(judged[::-1], 0) != partners(judged, 1)
    assert partner_order(judged, 0) != partner_order(judged, 1)


def test_what_is_too_long_is_cut_at_the_end(judged: Rows) -> None:
    limit = max(row.longest for row in judged)
    made = with_mismatched(judged, 0, limit)
    assert max(row.longest for row in made) == limit
    assert all(sequence.num_loss_tokens for sequence in mismatched_of(made)[0])


def test_a_single_row_has_no_partner(judged: Rows) -> None:
    with pytest.raises(DataError, match="there is only one row"):
        with_mismatched(judged[:1], 0, 512)
