"""Prefixes as rows of their own, where the sequences that share one need several rows.

    max_tokens 100     [prefix 60][a 30][b 30][c 30][d 30]     (a to d share the prefix)

    in each row        60 + 30 | 60 + 30 | 60 + 30 | 60 + 30             360 tokens
    in a row           60 -> 30 + 30 | 30 + 30                           180 tokens

What all sequences of a run share becomes a row that the run's other rows come `after`; runs within
the run that are still too long get such a row in turn, so that documents under one system prompt
are chains of prefix rows. A prefix row lives on while those after it are computed: they are
smaller by its tokens, down to half of `max_tokens`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from whet.rows.row import ROOT, Row
from whet.rows.sequence import TokenSequence
from whet.rows.tree import LAST, MIN_SAVED_TOKENS, PrefixTree

MIN_SHARE = 0.1


class _Part(NamedTuple):
    """Sequences low to high, which share their tokens up to `start`; these are in row `after`."""

    low: int
    high: int
    start: int
    after: int


@dataclass(slots=True, eq=False)
class PrefixRows:
    """Sequences in the order of their tokens (see `tree`), and the rows that they have become."""

    sequences: Sequence[TokenSequence]
    order: Sequence[int]
    shared: Sequence[int]
    max_tokens: int
    rows: list[Row] = field(default_factory=list)

    @property
    def num_tokens(self) -> int:
        return sum(row.num_tokens for row in self.rows)

    def fill(self) -> None:
        """Turns all sequences into rows: each prefix row is followed at once by those after it."""
        waiting = [_Part(0, len(self.order), 0, ROOT)]
        while waiting:
            waiting.extend(reversed(self._rows_of(waiting.pop())))

    def _rows_of(self, part: _Part) -> list[_Part]:
        """Adds the part's prefix row, if it wants one, and the rows that fit; returns the rest."""
        low, high, start, after = part
        if high - low == 1:
            self._emit(part)
            return []
        common = min(self.shared[low + 1 : high])
        least = max(MIN_SAVED_TOKENS, MIN_SHARE * self.max_tokens)
        if common - start >= least and not self._fits(part):
            after = self._emit(part, stop=common)
            start = common
        inner = [i for i in range(low + 1, high) if self.shared[i] <= common]
        left, first = [], low
        for begin, end in zip([low, *inner], [*inner, high], strict=True):
            if self._fits(_Part(first, end, start, after)):
                continue
            if first < begin:
                self._emit(_Part(first, begin, start, after))
            first = begin
            if not self._fits(_Part(begin, end, start, after)):
                left.append(_Part(begin, end, start, after))
                first = end
        if first < high:
            self._emit(_Part(first, high, start, after))
        return left

    def _fits(self, part: _Part) -> bool:
        allowed = max(self.max_tokens - part.start, self.max_tokens // 2)
        return self._tree(part).num_tokens <= allowed

    def _tree(self, part: _Part, stop: int = LAST) -> PrefixTree:
        run = slice(part.low, part.high)
        return PrefixTree(self.sequences, self.order[run], self.shared[run], part.start, stop)

    def _emit(self, part: _Part, stop: int = LAST) -> int:
        """Adds a row and returns its index; a row that nothing is learnt from must be followed."""
        tree = self._tree(part, stop)
        assert stop == LAST or len(tree.nodes) == 1, "a prefix row is one run of tokens"
        if tree.nodes:  # sequences that end with the prefix have no tokens after it
            row = replace(tree.to_row(), after=part.after)
            if stop != LAST or len(row.loss_targets):
                self.rows.append(row)
        return len(self.rows) - 1
