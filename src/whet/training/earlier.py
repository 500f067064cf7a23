"""Prefix rows of a step, from their forward pass to their backward pass.

A row that others come after (`Row.after`) is computed once. Its keys and values are cut off from
its graph as leaves, the rows after it attend to them, and their gradients gather there. When the
last of these rows is done, one backward pass goes through the prefix row:

    roots       its own loss, if it has one, and the keys and values of every layer
    gradients   1, and what has gathered in the leaves

Keys and values of a layer depend on the prefix alone, so this is the gradient that one row with
everything in it would have, but for the order of sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import ref

import torch
from torch import Tensor

from whet.rows.row import ROOT, Row
from whet.rows.segments import Layers, SegmentTable


@dataclass(slots=True, eq=False)
class _Open:
    """A prefix row whose backward pass is yet to come."""

    index: int
    gradient: Tensor | None
    kept: Layers
    leaves: Layers


class EarlierRows:
    """The prefix rows that are open; `rows` are those of the step, each after the one it follows.

    For each row: `enter`, the forward pass, `leave`. At the end: `close`.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._followed = {row.after for row in rows if row.after != ROOT}
        self._open: list[_Open] = []
        self._kept = Layers()

    def enter(self, index: int, table: SegmentTable) -> None:
        """Closes the prefixes that this row does not come after; its table knows the others."""
        while self._open and self._open[-1].index != self._rows[index].after:
            self._close_last()
        table.before = tuple(prefix.leaves for prefix in self._open)
        self._kept = Layers()
        table.kept = ref(self._kept) if index in self._followed else None

    def leave(self, index: int, gradient: Tensor | None) -> None:
        """The backward pass from `gradient`, if any, which a prefix row puts off."""
        if index not in self._followed:
            if gradient is not None:
                gradient.backward()  # type: ignore[no-untyped-call]
            return
        learns = len(self._rows[index].loss_targets) > 0
        leaves = Layers({layer: (_leaf(k), _leaf(v)) for layer, (k, v) in self._kept.items()})
        self._open.append(_Open(index, gradient if learns else None, self._kept, leaves))

    def close(self) -> None:
        """The backward passes of all prefixes that are still open."""
        while self._open:
            self._close_last()

    def _close_last(self) -> None:
        prefix = self._open.pop()
        roots, gradients = [], []
        if prefix.gradient is not None:
            roots, gradients = [prefix.gradient], [torch.ones_like(prefix.gradient)]
        for layer, tensors in prefix.kept.items():
            for tensor, leaf in zip(tensors, prefix.leaves[layer], strict=True):
                if leaf.grad is not None:
                    roots.append(tensor)
                    gradients.append(leaf.grad)
        if roots:
            torch.autograd.backward(roots, gradients)


def _leaf(tensor: Tensor) -> Tensor:
    return tensor.detach().requires_grad_(tensor.requires_grad)
