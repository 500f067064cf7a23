"""Choices as a tree of tokens, so that what labels have in common is computed once.

    root ── card ── _arrival          card_arrival
              └──── _payment ── _fee  card_payment_fee
    root ── refund                    refund

Node 0 is the root (the end of the prompt). A node stands for the tokens from the root to it.
Parents come before their children.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whet.errors import ConfigError

Ints = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Trie:
    """N nodes and C choices."""

    tokens: Ints
    """[N] the node's own token; -1 at the root."""
    parents: Ints
    """[N] -1 at the root."""
    depths: Ints
    """[N] number of tokens from the root."""
    ends: Ints
    """[C] the node at which each choice is complete."""
    closure: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    """[N, N] whether node a lies on the way to node n, itself included, at [a, n]."""
    children: tuple[tuple[int, ...], ...]
    """For each node, its children."""
    chains: tuple[tuple[int, ...], ...]
    """For each node, itself and what follows it without a fork."""

    @property
    def num_nodes(self) -> int:
        """Nodes, the root included."""
        return len(self.tokens)

    @property
    def depth(self) -> int:
        """Tokens of the longest choice."""
        return int(self.depths.max())


def build_trie(choices: Sequence[str], continuations: Sequence[Sequence[int]]) -> Trie:
    """The tree over the choices' token ids.

    Raises:
        ConfigError: a choice is given twice, or two of them have the same tokens.
    """
    tokens, parents, depths, ends = [-1], [-1], [0], []
    children: list[list[int]] = [[]]
    node_of: dict[tuple[int, int], int] = {}
    owner: dict[int, str] = {}
    for choice, ids in zip(choices, continuations, strict=True):
        node = 0
        for token in ids:
            if (node, token) not in node_of:
                node_of[node, token] = len(tokens)
                children[node].append(len(tokens))
                children.append([])
                depths.append(depths[node] + 1)
                tokens.append(token)
                parents.append(node)
            node = node_of[node, token]
        if node in owner:
            raise ConfigError(
                f"choices: {owner[node]!r} and {choice!r} are the same answer to this model's "
                "tokenizer. Remove one of them."
            )
        owner[node] = choice
        ends.append(node)
    return Trie(
        np.array(tokens),
        np.array(parents),
        np.array(depths),
        np.array(ends),
        _closure(parents),
        tuple(tuple(nodes) for nodes in children),
        _chains(children),
    )


def _closure(parents: Sequence[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    closure = np.eye(len(parents), dtype=bool)
    for node, parent in enumerate(parents):
        if parent >= 0:
            closure[:, node] |= closure[:, parent]
    return closure


def _chains(children: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    chains: list[tuple[int, ...]] = [()] * len(children)
    for node in reversed(range(len(children))):
        only = chains[children[node][0]] if len(children[node]) == 1 else ()
        chains[node] = (node, *only)
    return tuple(chains)
