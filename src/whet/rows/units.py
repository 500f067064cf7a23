"""Rows of sequences that must stay together: the two sides of a preference pair.

As `whet.rows.packing`, with units of sequences in the place of single ones. Units are taken in
the order of their first sequence's tokens, so that those with a common prompt meet in a row;
within a row the tree is that of all its sequences.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from whet.rows.packing import MIN_SAVING
from whet.rows.row import Row
from whet.rows.sequence import TokenSequence
from whet.rows.tree import PrefixTree, shared_prefix, sorted_order

Unit = Sequence[int]


def pack_units(
    sequences: Sequence[TokenSequence],
    units: Sequence[Unit],
    max_tokens: int,
    *,
    share_prefixes: bool = True,
    border: int | None = None,
) -> list[Row]:
    """Rows of at most `max_tokens`, or of one unit where that alone is longer.

    `units` hold indices into `sequences`, each once. The sequences of a unit have to be on one
    side of `border` (see `packing.pack`), as those of a row have to.
    """
    if border is None:
        return _Sharing(sequences, units, share_prefixes).rows(max_tokens)
    sides: tuple[list[Unit], list[Unit]] = ([], [])
    for unit in units:
        beyond = {sequences[i].num_tokens > border for i in unit}
        assert len(beyond) == 1, "a unit on both sides of the border cannot be a row"
        sides[beyond.pop()].append(unit)
    packed = (_Sharing(sequences, side, share_prefixes).rows(max_tokens) for side in sides if side)
    return [row for rows in packed for row in rows]


class _Sharing:
    """Units in the order in which they are packed, and what their sequences share."""

    def __init__(
        self, sequences: Sequence[TokenSequence], units: Sequence[Unit], share: bool
    ) -> None:
        self.sequences = sequences
        self.order = sorted_order(sequences, [i for unit in units for i in unit])
        self.place = {index: place for place, index in enumerate(self.order)}
        self.shared = self._worthwhile() if share else [0] * len(self.order)
        if any(self.shared):
            self.units = sorted(units, key=lambda unit: self.place[unit[0]])
        else:
            self.units = sorted(units, key=lambda unit: -sum(map(self._length, unit)))

    def rows(self, max_tokens: int) -> list[Row]:
        """The rows, each as many units as fit."""
        rows, low = [], 0
        while low < len(self.units):
            high = self._optimistic_end(low, max_tokens)
            tree = self._tree(low, high)
            while tree.num_tokens > max_tokens and high - low > 1:
                high -= 1
                tree = self._tree(low, high)
            rows.append(tree.to_row())
            low = high
        return rows

    def _length(self, index: int) -> int:
        return self.sequences[index].num_tokens

    def _worthwhile(self) -> list[int]:
        """What each sequence shares with the one before it in order; zeros if that saves little."""
        tokens = [self.sequences[i].tokens for i in self.order]
        shared = [0, *[shared_prefix(a, b) for a, b in pairwise(tokens)]]
        whole = PrefixTree(self.sequences, self.order, shared)
        saves = sum(map(self._length, self.order)) >= MIN_SAVING * whole.num_tokens
        return shared if saves else [0] * len(shared)

    def _tree(self, low: int, high: int) -> PrefixTree:
        """The tree of some units: what neighbours share is the least of all between them."""
        places = sorted(self.place[i] for unit in self.units[low:high] for i in unit)
        shared = [0, *[min(self.shared[a + 1 : b + 1]) for a, b in pairwise(places)]]
        return PrefixTree(self.sequences, [self.order[place] for place in places], shared)

    def _optimistic_end(self, low: int, max_tokens: int) -> int:
        """The end of the longest run of units that fits if every shared token is shared."""
        total = 0
        for number in range(low, len(self.units)):
            places = [self.place[i] for i in self.units[number]]
            total += sum(self._length(self.order[p]) - self.shared[p] for p in places)
            if total > max_tokens and number > low:
                return number
        return len(self.units)
