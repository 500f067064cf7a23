from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.errors import ConfigError
from whet.infer.trie import build_trie


@given(st.lists(st.lists(st.integers(0, 3), max_size=5).map(tuple), unique=True, max_size=12))
def test_the_way_to_each_end_spells_its_choice(rows: list[tuple[int, ...]]) -> None:
    trie = build_trie([str(row) for row in rows], rows)
    for row, end in zip(rows, trie.ends, strict=True):
        way = np.nonzero(trie.closure[:, end])[0]
        assert way[0] == 0
        assert tuple(trie.tokens[way[1:]].tolist()) == row
        assert trie.depths[end] == len(row)
    spelt = {row[:i] for row in rows for i in range(len(row) + 1)} | {()}
    assert trie.num_nodes == len(spelt)


def test_a_chain_runs_to_the_next_fork() -> None:
    trie = build_trie(["abc", "abd", "e"], [(1, 2, 3), (1, 2, 4), (5,)])
    assert [trie.tokens[n].item() for n in trie.chains[1]] == [1, 2]
    assert trie.chains[0] == (0,)


def test_two_choices_with_the_same_tokens_are_an_error_that_names_both() -> None:
    with pytest.raises(ConfigError, match="'a' and 'a ' are the same answer"):
        build_trie(["a", "a "], [(1,), (1,)])
