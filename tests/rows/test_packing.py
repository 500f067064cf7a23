"""Packing loses no token, shares what is shared, and keeps to its budget."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.rows.packing import pack
from whet.rows.row import ROOT, Row
from whet.rows.segments import SegmentTable
from whet.rows.sequence import TokenSequence

PREFIXES = [list(range(1, 41)), [*range(1, 41), *range(60, 100)], [7] * 50]


@st.composite
def sequences(draw: st.DrawFn) -> list[TokenSequence]:
    found = []
    for _ in range(draw(st.integers(1, 9))):
        prefix = draw(st.sampled_from([[], *PREFIXES]))
        tokens = prefix + draw(st.lists(st.integers(1, 3), min_size=2, max_size=30))
        trained = draw(st.lists(st.booleans(), min_size=len(tokens) - 1, max_size=len(tokens) - 1))
        found.append(TokenSequence.of(tokens, [False, *trained]))
    return found


def path_tokens(rows: list[Row], row: Row, position: int) -> list[int]:
    """The tokens that the token at a row position sees, in order, itself last."""
    index = next(i for i, s in enumerate(row.segments) if s.start <= position < s.end)
    segment = row.segments[index]
    tokens = row.tokens[segment.start : position + 1].tolist()
    while segment.parent != ROOT:
        segment = row.segments[segment.parent]
        tokens = row.tokens[segment.start : segment.end].tolist() + tokens
    if row.after == ROOT:
        return tokens
    before = rows[row.after]
    return path_tokens(rows, before, before.num_tokens - 1) + tokens


@settings(max_examples=150, deadline=None)
@given(sequences(), st.integers(1, 200), st.booleans(), st.booleans())
def test_every_loss_token_is_there_once_with_exactly_its_context(
    found: list[TokenSequence], budget: int, share: bool, prefix_rows: bool
) -> None:
    rows = pack(found, budget, share_prefixes=share, prefix_rows=prefix_rows)
    seen = []
    for row in rows:
        lengths = [len(path_tokens(rows, row, i)) for i in range(row.num_tokens)]
        assert (row.positions + 1 == lengths).all()
        assert row.num_before == (lengths[0] - 1 if row.after != ROOT else 0)
        for place, target, owner in zip(
            row.loss_positions, row.loss_targets, row.loss_owners, strict=True
        ):
            seen.append((int(owner), (*path_tokens(rows, row, int(place)), int(target))))
    expected = [
        (owner, tuple(sequence.tokens[: i + 1].tolist()))
        for owner, sequence in enumerate(found)
        for i in np.flatnonzero(sequence.trained)
    ]
    assert sorted(seen) == sorted(expected)


@settings(max_examples=150, deadline=None)
@given(sequences(), st.integers(1, 200), st.booleans())
def test_rows_keep_to_their_budget(found: list[TokenSequence], budget: int, share: bool) -> None:
    for row in pack(found, budget, share_prefixes=share):
        owners = {int(owner) for owner in row.loss_owners}
        alone = len(row.segments) == 1
        assert row.num_tokens <= budget or alone or len(owners) <= 1
        starts = [segment.start for segment in row.segments]
        assert starts == sorted(starts) and row.segments[-1].end == row.num_tokens


@settings(max_examples=100, deadline=None)
@given(sequences(), st.booleans())
def test_packing_is_a_function_of_its_input(found: list[TokenSequence], share: bool) -> None:
    once, again = (pack(found, 100, share_prefixes=share) for _ in range(2))
    for a, b in zip(once, again, strict=True):
        assert (a.tokens == b.tokens).all() and (a.loss_positions == b.loss_positions).all()


@settings(max_examples=100, deadline=None)
@given(sequences())
def test_each_token_is_a_query_in_exactly_one_batch(found: list[TokenSequence]) -> None:
    for row in pack(found, 150):
        tables = SegmentTable.of(row)
        queried = sorted(t for batch in tables.batches for t in batch.tokens.tolist())
        assert queried == list(range(row.num_tokens))


def test_a_small_saving_is_not_worth_a_tree() -> None:
    rng = np.random.default_rng(0)
    lines = [[*range(1, 40), *rng.integers(50, 99, 500).tolist()] for _ in range(2)]
    found = [TokenSequence.of(line, [i > 400 for i in range(539)]) for line in lines]
    (row,) = pack(found, 4096)
    assert row.num_tokens == 2 * 539
    assert {segment.parent for segment in row.segments} == {ROOT}


def test_thousands_of_sequences_that_prefix_each_other_are_no_recursion() -> None:
    tokens = np.arange(1, 1600, dtype=np.int32)
    trained = np.arange(1599) > 0
    found = [TokenSequence(tokens[:n], trained[:n]) for n in range(2, 1600)]
    (row,) = pack(found, 10**7)
    assert row.num_tokens < 10 * 1600


@settings(max_examples=150, deadline=None)
@given(sequences(), st.integers(1, 200))
def test_a_prefix_row_is_one_run_of_tokens_and_those_after_it_follow_at_once(
    found: list[TokenSequence], budget: int
) -> None:
    rows = pack(found, budget, prefix_rows=True)
    open_rows: list[int] = []
    for index, row in enumerate(rows):
        while open_rows and open_rows[-1] != row.after:
            open_rows.pop()
        assert row.after == (open_rows[-1] if open_rows else ROOT)
        followed = any(other.after == index for other in rows)
        assert followed or len(row.loss_targets) or any(not s.trained.any() for s in found)
        if followed:
            assert len(row.segments) == 1
            open_rows.append(index)
