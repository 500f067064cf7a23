"""Shared prefixes: sequences that begin alike become one tree, computed once.

Sorted by their tokens, sequences that share a prefix are neighbours, and the prefix that a run of
neighbours shares is the smallest of their pairwise ones. So the trie is found by splitting runs
where the shared prefix is smallest; no node is ever searched for. A shared part that would save
too little stays with its sequences: each node costs attention calls of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whet.rows.row import ROOT, Ints, Row, Segment
from whet.rows.sequence import Tokens, TokenSequence

MIN_SAVED_TOKENS = 32
LAST = 2**62


@dataclass(slots=True)
class _Node:
    """Tokens [depth, end) of sequence `owner`, under node `parent`."""

    owner: int
    depth: int
    end: int
    parent: int


def sorted_order(sequences: Sequence[TokenSequence], chosen: Sequence[int]) -> list[int]:
    """The chosen indices in the order of their sequences' tokens; equal ones keep their order."""
    return sorted(chosen, key=lambda index: sequences[index].tokens.astype(">u4").tobytes())


def shared_prefix(a: Tokens, b: Tokens) -> int:
    """How many first tokens two sequences have in common."""
    n = min(len(a), len(b))
    differs = a[:n] != b[:n]
    first = int(differs.argmax()) if n else 0
    return first if n and differs[first] else n


class PrefixTree:
    """The tree of a run of sequences, or of their tokens from `start` to `stop`.

    `order` indexes `sequences`; `shared[i]` is what `order[i]` shares with `order[i - 1]`, so all
    zeros make every sequence a root of its own. Tokens before `start` are the same in all.
    """

    def __init__(
        self,
        sequences: Sequence[TokenSequence],
        order: Sequence[int],
        shared: Sequence[int],
        start: int = 0,
        stop: int = LAST,
    ) -> None:
        self.sequences = sequences
        self.order = order
        self.shared = [min(common, stop) for common in shared]
        self.start, self.stop = start, stop
        self.nodes: list[_Node] = []
        self.leaf_of: list[int] = [ROOT] * len(order)
        self._grow()

    @property
    def num_tokens(self) -> int:
        return sum(node.end - node.depth for node in self.nodes)

    def _grow(self) -> None:
        """Adds the nodes, parents first: runs of sequences that share `depth` tokens above them."""
        runs = [(0, len(self.order), self.start, ROOT)]
        while runs:
            low, high, depth, parent = runs.pop()
            if high - low == 1:
                end = min(self.sequences[self.order[low]].num_tokens, self.stop)
                self.leaf_of[low] = self._add(low, depth, end, parent) if end > depth else parent
                continue
            common = min(self.shared[low + 1 : high])
            if (common - depth) * (high - low - 1) >= MIN_SAVED_TOKENS:
                parent = self._add(low, depth, common, parent)
                depth = common
            borders = [i for i in range(low + 1, high) if self.shared[i] == common]
            parts = zip([low, *borders], [*borders, high], strict=True)
            runs.extend((start, stop, depth, parent) for start, stop in reversed([*parts]))

    def _add(self, owner: int, depth: int, end: int, parent: int) -> int:
        self.nodes.append(_Node(owner, depth, end, parent))
        return len(self.nodes) - 1

    def to_row(self) -> Row:
        """The tree as a row: its nodes are the segments, parents before children."""
        starts = np.cumsum([0, *[node.end - node.depth for node in self.nodes]])
        tokens, positions, segments = [], [], []
        for node, start in zip(self.nodes, starts, strict=False):
            sequence = self.sequences[self.order[node.owner]]
            tokens.append(sequence.tokens[node.depth : node.end])
            positions.append(np.arange(node.depth, node.end))
            segments.append(Segment(int(start), int(start) + node.end - node.depth, node.parent))
        place, target, owner = [], [], []
        for index, leaf in enumerate(self.leaf_of):
            sequence = self.sequences[self.order[index]]
            path = self._path(leaf, starts, min(sequence.num_tokens, self.stop))
            learnt = np.flatnonzero(sequence.trained)
            learnt = learnt[(learnt > self.start) & (learnt <= self.stop)]
            place.append(path[learnt - 1])
            target.append(sequence.tokens[learnt])
            owner.append(np.full(len(learnt), self.order[index]))
        loss_positions = np.concatenate(place).astype(np.int64)
        return Row(
            tokens=np.concatenate(tokens).astype(np.int64),
            positions=np.concatenate(positions).astype(np.int64),
            segments=tuple(segments),
            loss_positions=loss_positions,
            loss_targets=np.concatenate(target).astype(np.int64),
            loss_weights=np.ones(len(loss_positions), np.float32),
            loss_owners=np.concatenate(owner).astype(np.int64),
            num_before=self.start,
        )

    def _path(self, leaf: int, starts: Ints, length: int) -> Ints:
        """Row position of each of a sequence's tokens."""
        path = np.empty(length, np.int64)
        while leaf != ROOT:
            node = self.nodes[leaf]
            width = node.end - node.depth
            path[node.depth : node.end] = np.arange(starts[leaf], starts[leaf] + width)
            leaf = node.parent
        return path
