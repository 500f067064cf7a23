"""Pairs in rows: together, once each, and as cheap as the prefixes they share allow."""

from __future__ import annotations

import numpy as np
import pytest

from whet.rows.packing import pack
from whet.rows.row import Row
from whet.rows.sequence import TokenSequence
from whet.rows.units import pack_units


def pairs(seed: int, count: int) -> tuple[list[TokenSequence], list[list[int]]]:
    rng = np.random.default_rng(seed)
    prompts = [rng.integers(1, 90, int(rng.integers(10, 80))).tolist() for _ in range(4)]
    sequences = []
    for number in range(count):
        prompt = prompts[number % 4] + rng.integers(1, 90, number % 3).tolist()
        for _ in range(2):
            answer = rng.integers(1, 90, int(rng.integers(1, 30))).tolist()
            trained = [i >= len(prompt) for i in range(len(prompt) + len(answer))]
            sequences.append(TokenSequence.of(prompt + answer, trained))
    order = rng.permutation(count).tolist()
    return sequences, [[2 * i, 2 * i + 1] for i in order]


def read_back(rows: list[Row], sequences: list[TokenSequence]) -> list[int]:
    """The owners of all rows; every loss triple is checked against its sequence."""
    owners = []
    for row in rows:
        for owner in np.unique(row.loss_owners).tolist():
            mine = row.loss_owners == owner
            sequence = sequences[owner]
            assert row.loss_targets[mine].tolist() == sequence.tokens[sequence.trained].tolist()
            learnt = np.flatnonzero(sequence.trained) - 1
            assert row.positions[row.loss_positions[mine]].tolist() == learnt.tolist()
            assert row.tokens[row.loss_positions[mine]].tolist() == sequence.tokens[learnt].tolist()
            owners.append(owner)
    return owners


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("max_tokens", [1, 100, 250, 10_000])
@pytest.mark.parametrize("share", [True, False])
def test_each_pair_is_whole_in_one_row(seed: int, max_tokens: int, share: bool) -> None:
    sequences, units = pairs(seed, 13)
    rows = pack_units(sequences, units, max_tokens, share_prefixes=share)
    assert sorted(read_back(rows, sequences)) == list(range(26))
    for row in rows:
        owners = set(row.loss_owners.tolist())
        held = [unit for unit in units if owners & set(unit)]
        assert all(set(unit) <= owners for unit in held)
        assert row.num_tokens <= max_tokens or len(held) == 1


def test_in_one_row_pairs_cost_what_single_sequences_cost() -> None:
    sequences, units = pairs(0, 12)
    (together,) = pack_units(sequences, units, 10_000)
    (alone,) = pack(sequences, 10_000)
    assert together.num_tokens == alone.num_tokens < sum(s.num_tokens for s in sequences) / 2


def test_sides_of_a_border_never_meet() -> None:
    sequences, units = pairs(1, 12)
    whole = [u for u in units if len({sequences[i].num_tokens > 60 for i in u}) == 1]
    rows = pack_units(sequences, whole, 10_000, border=60)
    assert len(rows) == 2
    assert sorted(read_back(rows, sequences)) == sorted(i for unit in whole for i in unit)
    for row in rows:
        assert len({sequences[i].num_tokens > 60 for i in row.loss_owners.tolist()}) == 1
