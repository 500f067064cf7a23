"""The likeliest of a closed set of choices, exactly, without computing most of them.

The score of a choice is the log-probability that the model, asked this prompt, says exactly this
choice and then stops:

    score(c) = sum_t log p(c_t | prompt, c_<t)  +  log sum_{s in stop tokens} p(s | prompt, c)

The stop belongs to it. These are probabilities of disjoint events, so they can be compared as
they stand, and a choice that begins another ("card" and "card_arrival") is not favoured for being
short. Dividing by length would rank something that is no probability, and prefers long labels
whose later tokens are certain; nothing of the kind is offered. A choice is taken in its one
canonical tokenisation.

A node's log-probability bounds every choice below it, since what follows can only lower it. So
the most promising nodes of the tree of choices are computed first, and a branch is left as soon
as its bound is below a finished choice. A sure model computes little more than the answer itself;
an undecided one computes the whole tree, each node once.

Shapes: B rows, N nodes of the tree (node 0 the root), C choices, W nodes of a round, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whet.infer.past import Past, Prefix
from whet.infer.reader import Reader
from whet.infer.trie import Trie

Floats = np.ndarray[Any, np.dtype[np.float64]]
Indices = np.ndarray[Any, np.dtype[np.int64]]

FIRST_WIDTH = 4
MAX_WIDTH = 64
DROP_SHARE = 0.5


def rank(
    reader: Reader,
    prefix: Prefix,
    suffixes: Sequence[Sequence[int]],
    trie: Trie,
    stop_ids: Collection[int],
    *,
    every: bool = False,
) -> Floats:
    """Log-probability of each choice, [B, C]; minus infinity where it was proved not the best.

    With `every`, all of them are computed. The best of a row is its `argmax`; of equals, the
    first.
    """
    past, logits_BV = reader.read(prefix, suffixes)
    search = _Search(reader, past, prefix, suffixes, trie, stop_ids)
    search.observe(np.zeros((len(suffixes), 1), dtype=np.int64), logits_BV[:, None])
    width = MAX_WIDTH if every else FIRST_WIDTH
    while (chosen := search.choose(width, every=every)) is not None:
        search.expand(chosen)
        width = min(2 * width, MAX_WIDTH)
    return search.scores()


class _Search:
    """Bounds of nodes and scores of choices, for a batch of prompts."""

    def __init__(
        self,
        reader: Reader,
        past: Past,
        prefix: Prefix,
        suffixes: Sequence[Sequence[int]],
        trie: Trie,
        stop_ids: Collection[int],
    ) -> None:
        self._reader, self._past, self._trie = reader, past, trie
        rows, nodes = len(suffixes), trie.num_nodes
        self._rows = np.arange(rows)  # which rows the past still holds
        self._starts = np.array([prefix.length + len(suffix) for suffix in suffixes])
        self._step: Floats = np.zeros((rows, nodes))  # log p(node | parent)
        self._stop: Floats = np.full((rows, nodes), -np.inf)  # log p(stop | node)
        self._known = np.zeros((rows, nodes), dtype=bool)  # the parent was computed
        self._known[:, 0] = True
        self._expanded = np.zeros((rows, nodes), dtype=bool)  # the node was computed
        self._stop_ids = torch.tensor(sorted(stop_ids), device=reader.device)
        self._closure = trie.closure.astype(np.float64)
        # One more node, number N, for padding: nothing sees it and it sees nothing.
        padded = np.pad(trie.closure, ((0, 1), (0, 1)))
        self._sees = torch.from_numpy(padded).to(reader.device)
        width = max(map(len, suffixes))
        self._columns = torch.tensor(  # the node of each own column; the prompt's are the root
            [[nodes] * (width - len(suffix)) + [0] * len(suffix) for suffix in suffixes],
            device=reader.device,
        )

    def observe(self, nodes_BW: Indices, logits_BWV: Tensor) -> None:
        """Take in the logits after nodes; number N stands for padding."""
        log_probs_BWV = logits_BWV.log_softmax(dim=-1)
        stops = log_probs_BWV[..., self._stop_ids].logsumexp(dim=-1)
        slot_row, slot = np.nonzero(nodes_BW < self._trie.num_nodes)
        node = nodes_BW[slot_row, slot]
        row = self._rows[slot_row]
        self._stop[row, node] = stops.double().cpu().numpy()[slot_row, slot]
        self._expanded[row, node] = True
        counts = [len(self._trie.children[n]) for n in node]
        child = np.array([c for n in node for c in self._trie.children[n]], dtype=np.int64)
        if not len(child):
            return
        rows, slots = np.repeat(slot_row, counts), np.repeat(slot, counts)
        at = torch.from_numpy(np.stack([rows, slots, self._trie.tokens[child]])).to(stops.device)
        steps = log_probs_BWV[at[0], at[1], at[2]]
        self._step[self._rows[rows], child] = steps.double().cpu().numpy()
        self._known[self._rows[rows], child] = True

    def scores(self) -> Floats:
        """[B, C] so far."""
        ends = self._trie.ends
        bounds = self._step @ self._closure
        return np.where(self._expanded[:, ends], bounds[:, ends] + self._stop[:, ends], -np.inf)

    def choose(self, width: int, *, every: bool) -> Indices | None:
        """Nodes [B, W] to compute next for the rows of the past; None when all is decided.

        The `width` best open nodes of a row, each with the chain that hangs on it.
        """
        bounds = self._step @ self._closure
        open_nodes = self._known & ~self._expanded
        if not every:
            open_nodes &= bounds >= self.scores().max(axis=1, keepdims=True)
        self._forget_rows(open_nodes.any(axis=1))
        if not len(self._rows):
            return None
        bounds, open_nodes = bounds[self._rows], open_nodes[self._rows]
        self._forget_columns(open_nodes)
        order = np.argsort(np.where(open_nodes, -bounds, np.inf), axis=1, kind="stable")[:, :width]
        return self._with_chains([nodes[open_nodes[row, nodes]] for row, nodes in enumerate(order)])

    def _with_chains(self, picked: Sequence[Indices]) -> Indices:
        longest = max(len(self._trie.chains[n]) for nodes in picked for n in nodes)
        room = self._reader.max_logits // (self._reader.vocab_size * len(picked))
        most = max(1, room // longest)
        rows = [[c for n in nodes[:most] for c in self._trie.chains[n]] for nodes in picked]
        width = max(1, *map(len, rows))
        return np.array([row + [self._trie.num_nodes] * (width - len(row)) for row in rows])

    def _forget_rows(self, wanted: Any) -> None:
        """Drop decided rows from the past once they are half of it, or all of it."""
        kept = np.nonzero(wanted[self._rows])[0]
        if len(kept) and len(kept) > (1 - DROP_SHARE) * len(self._rows):
            return
        self._rows = self._rows[kept]
        if len(kept):
            index = torch.from_numpy(kept).to(self._columns.device)
            self._past.keep(index)
            self._columns = self._columns.index_select(0, index)

    def _forget_columns(self, open_nodes: Any) -> None:
        """Drop columns that no open node will look at, once they are half of all.

        A tree of 476 nodes has paths of at most 20; to look at all its columns from each node
        was half of the time.
        """
        needed = np.zeros((len(open_nodes), self._trie.num_nodes + 1), dtype=bool)
        needed[:, :-1] = open_nodes @ self._closure.T > 0
        needed[:, 0] = True  # the prompt
        columns = self._columns.cpu().numpy()
        wanted = np.take_along_axis(needed, columns, axis=1)
        width = int(wanted.sum(axis=1).max())
        if width > (1 - DROP_SHARE) * columns.shape[1]:
            return
        index = np.argsort(~wanted, axis=1, kind="stable")[:, :width]
        kept = np.where(np.take_along_axis(wanted, index, axis=1), 0, self._trie.num_nodes)
        kept = np.maximum(kept, np.take_along_axis(columns, index, axis=1))
        self._columns = torch.from_numpy(kept).to(self._columns.device)
        self._past.select(torch.from_numpy(index).to(self._columns.device))

    def expand(self, nodes_BW: Indices) -> None:
        """Compute nodes whose parents were computed before, or stand left of them."""
        trie = self._trie
        index = np.minimum(nodes_BW, trie.num_nodes - 1)
        tokens = torch.from_numpy(np.maximum(trie.tokens[index], 0))
        positions = self._starts[self._rows][:, None] + trie.depths[index] - 1
        nodes = torch.from_numpy(nodes_BW).to(self._columns.device)
        self._columns = torch.cat([self._columns, nodes], dim=1)
        visible = self._sees[self._columns[:, None, :], nodes[:, :, None]]
        logits = self._reader.branch(
            self._past,
            tokens.to(nodes.device),
            torch.from_numpy(positions).to(nodes.device),
            visible,
        )
        self.observe(nodes_BW, logits)
