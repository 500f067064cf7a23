"""What a batch of rows has already read: keys and values, layer by layer.

    prefix (once)            own columns (one set a row)
    [P tokens, all rows]     [pad pad | rest of the prompt | what came after]

Own columns are padded on the left, so the newest token of every row lies in the same column and
is written by one slice. Storage grows in blocks: a cache that is concatenated at every token
copies itself at every token.

Shapes: B rows, T new tokens in each, S own columns, P prefix tokens, G key/value heads, D head
width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

GROWTH = 64


@dataclass(frozen=True, slots=True)
class Prefix:
    """Tokens that every row begins with, read once. Each of `keys_GPD`, `values_GPD` is a layer."""

    length: int
    keys_GPD: tuple[Tensor, ...] = ()
    values_GPD: tuple[Tensor, ...] = ()


NO_PREFIX = Prefix(0)


class Columns:
    """A growing tensor along its second-last dimension: [B, G, capacity, D]."""

    def __init__(self) -> None:
        self._store: Tensor | None = None
        self.length = 0

    def append(self, new_BGTD: Tensor) -> Tensor:
        """All columns so far, [B, G, S, D], a view of the storage."""
        end = self.length + new_BGTD.shape[2]
        if self._store is None or end > self._store.shape[2]:
            self._grow(new_BGTD, end)
        assert self._store is not None
        self._store[:, :, self.length : end] = new_BGTD
        self.length = end
        return self._store[:, :, :end]

    def _grow(self, like_BGTD: Tensor, needed: int) -> None:
        rows, heads, _, width = like_BGTD.shape
        old, self._store = self._store, like_BGTD.new_zeros(rows, heads, needed + GROWTH, width)
        if old is not None:
            self._store[:, :, : self.length] = old[:, :, : self.length]

    def keep(self, rows: Tensor, start: int) -> None:
        """Forget every row but these, and the first `start` columns."""
        assert self._store is not None
        self._store = self._store[:, :, start:].index_select(0, rows)
        self.length -= start

    def join(self, other: Columns) -> None:
        """Put another's rows below; the newest columns of both come to lie in one."""
        mine, yours = self.filled, other.filled
        length = max(self.length, other.length)
        rows, heads, _, width = mine.shape
        self._store = mine.new_zeros(rows + len(yours), heads, length + GROWTH, width)
        self._store[:rows, :, length - self.length : length] = mine
        self._store[rows:, :, length - other.length : length] = yours
        self.length = length

    def select(self, index_BS: Tensor) -> None:
        """Keep these columns of each row, in this order."""
        heads, width = self.filled.shape[1], self.filled.shape[3]
        index = index_BS[:, None, :, None].expand(-1, heads, -1, width)
        self._store = self.filled.gather(2, index)
        self.length = index_BS.shape[1]

    @property
    def filled(self) -> Tensor:
        """What was appended, [B, G, S, D]."""
        assert self._store is not None
        return self._store[:, :, : self.length]


class Past:
    """Keys and values of B rows, and what the tokens of the present forward pass may see."""

    def __init__(self, num_rows: int, prefix: Prefix, device: torch.device) -> None:
        self.prefix = prefix
        self.num_rows = num_rows
        self._layers: dict[int, tuple[Columns, Columns]] = {}
        self._positions_BS = torch.empty(num_rows, 0, dtype=torch.long, device=device)
        self._query_positions_BT = self._positions_BS
        self._visible: Tensor | None = None
        self._causal = False
        self._biases: dict[tuple[str, int | None], Tensor | None] = {}

    @property
    def num_columns(self) -> int:
        """Own columns so far, padding included."""
        return self._positions_BS.shape[1]

    def begin(self, positions_BT: Tensor, visible: Tensor | None, *, causal: bool = False) -> None:
        """Announce T new tokens a row.

        `visible` is bool [B or 1, T, S + T] over own columns, the new ones included, or None
        where everything is seen, or with `causal` everything up to the token itself. The prefix
        is always seen.
        """
        assert visible is None or not causal
        self._causal = causal
        self._query_positions_BT = positions_BT
        self._positions_BS = torch.cat([self._positions_BS, positions_BT], dim=1)
        self._visible = visible
        self._biases.clear()

    def append(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Own keys and values of one layer, the new ones included."""
        if layer not in self._layers:
            self._layers[layer] = (Columns(), Columns())
        key_columns, value_columns = self._layers[layer]
        return key_columns.append(keys), value_columns.append(values)

    def is_causal(self, window: int | None) -> bool:
        """True where the plain causal triangle is all there is to hide."""
        return self._causal and (window is None or window >= self._positions_BS.shape[1])

    def own_bias(self, window: int | None) -> Tensor | None:
        """What to add to scores over own columns, float32 [B or 1, T, S], or None for nothing."""
        if self._causal and self._visible is None:
            index = torch.arange(self._positions_BS.shape[1], device=self._positions_BS.device)
            new = self._query_positions_BT.shape[1]
            self._visible = (index[None, :] <= index[-new:, None])[None]
        return self._bias("own", window, self._positions_BS, self._visible)

    def prefix_bias(self, window: int | None) -> Tensor | None:
        """The same over prefix columns, [B, T, P]: only a sliding window hides any of them."""
        positions_1P = torch.arange(self.prefix.length, device=self._positions_BS.device)[None]
        return self._bias("prefix", window, positions_1P, None)

    def _bias(
        self, part: str, window: int | None, columns: Tensor, visible: Tensor | None
    ) -> Tensor | None:
        if (part, window) not in self._biases:
            if window is not None:
                near = self._query_positions_BT[:, :, None] - columns[:, None, :] < window
                if visible is not None:
                    visible = near & visible
                elif not bool(near.all()):
                    visible = near
            self._biases[part, window] = None if visible is None else _as_bias(visible)
        return self._biases[part, window]

    def keep(self, rows: Tensor, start: int = 0) -> None:
        """Forget every row but these, and the first `start` own columns."""
        self.num_rows = len(rows)
        self._positions_BS = self._positions_BS[:, start:].index_select(0, rows)
        for key_columns, value_columns in self._layers.values():
            key_columns.keep(rows, start)
            value_columns.keep(rows, start)

    def join(self, other: Past) -> None:
        """Take in the rows of another past with the same prefix, below its own.

        Whichever has fewer columns is padded on the left; who reads on has to hide that padding.
        """
        assert other.prefix is self.prefix
        width = max(self.num_columns, other.num_columns)
        positions = [_padded(past._positions_BS, width) for past in (self, other)]
        self._positions_BS = torch.cat(positions)
        self.num_rows += other.num_rows
        for layer, (key_columns, value_columns) in self._layers.items():
            other_keys, other_values = other._layers[layer]
            key_columns.join(other_keys)
            value_columns.join(other_values)

    def select(self, index_BS: Tensor) -> None:
        """Keep these own columns of each row, in this order, and forget the others."""
        self._positions_BS = self._positions_BS.gather(1, index_BS)
        for key_columns, value_columns in self._layers.values():
            key_columns.select(index_BS)
            value_columns.select(index_BS)

    def as_prefix(self) -> Prefix:
        """The columns of a single row without a prefix, to be shared by others."""
        assert self.num_rows == 1 and self.prefix.length == 0
        layers = [self._layers[index] for index in sorted(self._layers)]
        keys = tuple(key.filled[0].contiguous() for key, _ in layers)
        values = tuple(value.filled[0].contiguous() for _, value in layers)
        return Prefix(self._positions_BS.shape[1], keys, values)


def _padded(positions_BS: Tensor, width: int) -> Tensor:
    return torch.nn.functional.pad(positions_BS, (width - positions_BS.shape[1], 0))


def _as_bias(visible: Tensor) -> Tensor:
    # A finite number: a padding token sees nothing, and minus infinity would make it NaN.
    return torch.zeros(visible.shape, device=visible.device).masked_fill_(~visible, -1e9)
