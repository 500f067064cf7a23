"""Softmax attention of a whole row, forward and backward.

The row's table (`whet.rows.segments`) cuts it into batches of segments. For each batch tokens are
gathered into padded slots, attended, and scattered back; gradients go the same way:

    query  [G, S, R L, D]    own key, value  [G S, L, D]    shared key, value  [G, P, D]

with S segments of at most L tokens, P tokens shared before them, G key heads, R query heads for
each, width D. Two ways of attending share this frame: `attention_joined`, which writes the scores
down, and `attention_shared`, which never does for the shared keys. On a CPU 16-bit inputs are
widened: PyTorch's own kernels are three to ten times slower there in bfloat16.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from whet.rows import attention_joined, attention_shared
from whet.rows.segments import Batch, SegmentTable


class Slots(NamedTuple):
    """A batch's tensors in slots, or their gradients; see the module's text for shapes."""

    query: Tensor
    key: Tensor
    value: Tensor
    shared_key: Tensor | None
    shared_value: Tensor | None


class Setting(NamedTuple):
    """The score's scale, its soft cap, and the sliding window in positions."""

    scale: float
    softcap: float | None
    window: int | None


class SegmentAttention(torch.autograd.Function):
    """Attention of a whole row. Query [H, T, D], key and value [G, T, D]; output [T, H, D].

    `before` are keys and values [G, B, D] of the rows before, key and value by turns.
    """

    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        table: SegmentTable,
        scale: float,
        softcap: float | None,
        window: int | None,
        *before: Tensor,
    ) -> Tensor:
        """Output for each token, in the query's dtype."""
        rows = _token_major(query, key, value, before)
        output = torch.empty_like(rows[0])
        needs_grad = any(ctx.needs_input_grad)
        ctx.setting = Setting(scale, softcap, window)
        ctx.table, ctx.counts, ctx.num_before = table, [], len(before)
        saved: list[Tensor] = []
        for batch in table.batches:
            setting = _without_idle_window(ctx.setting, batch)
            slots = _gather(batch, rows, key.shape[0])
            found, keep = _way(batch, setting, query).forward(batch, slots, setting, needs_grad)
            _scatter(output, batch, found)
            ctx.counts.append(len(keep))
            saved += keep
        ctx.save_for_backward(query, key, value, *before, *saved)
        return output.to(query.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of query, key and value, and of those before."""
        query, key, value, *saved = ctx.saved_tensors
        before, saved = saved[: ctx.num_before], saved[ctx.num_before :]
        rows = _token_major(query, key, value, before)
        grad_output = grads[0].to(rows[0].dtype)
        totals = [torch.zeros_like(x) for x in rows]
        for batch, count in zip(ctx.table.batches, ctx.counts, strict=True):
            keep, saved = saved[:count], saved[count:]
            setting = _without_idle_window(ctx.setting, batch)
            slots = _gather(batch, rows, key.shape[0])
            grad = _gather_gradient(batch, grad_output, key.shape[0])
            found = Slots(*_way(batch, setting, query).backward(batch, slots, setting, keep, grad))
            _scatter_gradients(totals, batch, found)
        (grad_query,) = _parts(totals[0], [query])
        grad_keys = _parts(totals[1], [key, *before[::2]])
        grad_values = _parts(totals[2], [value, *before[1::2]])
        pairs = zip(grad_keys[1:], grad_values[1:], strict=True)
        earlier = [grad for pair in pairs for grad in pair]
        return grad_query, grad_keys[0], grad_values[0], None, None, None, None, *earlier


def _way(batch: Batch, setting: Setting, query: Tensor) -> Any:
    """The module that attends this batch."""
    plain = setting.softcap is None and setting.window is None
    fused = batch.num_shared and plain and query.device.type == "cpu"
    return attention_shared if fused else attention_joined


def _without_idle_window(setting: Setting, batch: Batch) -> Setting:
    """The setting without a window that reaches beyond all keys."""
    if setting.window is not None and setting.window >= batch.num_shared + batch.length:
        return setting._replace(window=None)
    return setting


def _working_dtype(tensor: Tensor) -> torch.dtype:
    return torch.float32 if tensor.device.type == "cpu" and tensor.itemsize == 2 else tensor.dtype


def _token_major(
    query: Tensor, key: Tensor, value: Tensor, before: Sequence[Tensor]
) -> list[Tensor]:
    """Query [T, H, D], key and value [T + B, G, D], contiguous, in the working dtype."""
    dtype = _working_dtype(query)
    return [
        torch.cat([part.transpose(0, 1) for part in parts]).to(dtype).contiguous()
        if len(parts) > 1
        else parts[0].transpose(0, 1).to(dtype).contiguous()
        for parts in ([query], [key, *before[::2]], [value, *before[1::2]])
    ]


def _parts(total: Tensor, tensors: Sequence[Tensor]) -> list[Tensor]:
    """A gradient [T + B, heads, D] as those of the tensors [heads, T, D] that it was put from."""
    parts: tuple[Tensor, ...] = torch.split(total, [tensor.shape[1] for tensor in tensors])
    return [part.transpose(0, 1).to(x.dtype) for part, x in zip(parts, tensors, strict=True)]


def _gather(batch: Batch, rows: list[Tensor], groups: int) -> Slots:
    query, key, value = rows
    return Slots(
        _by_group(batch, query.index_select(0, batch.gather), groups),
        _own(batch, key.index_select(0, batch.gather)),
        _own(batch, value.index_select(0, batch.gather)),
        _shared(batch, key) if batch.num_shared else None,
        _shared(batch, value) if batch.num_shared else None,
    )


def _by_group(batch: Batch, slots: Tensor, groups: int) -> Tensor:
    """[S L, H, D] -> [G, S, R L, D], contiguous (with one query head a key head, a view is not)."""
    _, heads, width = slots.shape
    split = slots.view(batch.num_segments, batch.length, groups, heads // groups, width)
    grouped = split.permute(2, 0, 3, 1, 4).contiguous()
    return grouped.view(groups, batch.num_segments, -1, width)


def _own(batch: Batch, slots: Tensor) -> Tensor:
    """[S L, G, D] -> [G S, L, D]."""
    split = slots.view(batch.num_segments, batch.length, *slots.shape[1:])
    return split.permute(2, 0, 1, 3).reshape(-1, batch.length, slots.shape[-1])


def _shared(batch: Batch, tokens: Tensor) -> Tensor:
    """[G, P, D], a view where the shared tokens are one range."""
    ranges = [tokens[start:end] for start, end in batch.shared]
    return (ranges[0] if len(ranges) == 1 else torch.cat(ranges)).transpose(0, 1)


def _gather_gradient(batch: Batch, grad_output: Tensor, groups: int) -> Tensor:
    """The output's gradient as [G, S, R L, D], zero in padded slots."""
    picked = grad_output.index_select(0, batch.tokens)
    if batch.filled is not None:
        slots = picked.new_zeros(len(batch.gather), *picked.shape[1:])
        picked = slots.index_copy_(0, batch.filled, picked)
    return _by_group(batch, picked, groups)


def _scatter(target: Tensor, batch: Batch, slots: Tensor) -> None:
    """Writes [G, S, R L, D] into [T, H, D] at the batch's tokens, leaving padding out."""
    groups, segments, _, width = slots.shape
    split = slots.view(groups, segments, -1, batch.length, width)
    tokens = split.permute(1, 3, 0, 2, 4).reshape(-1, target.shape[1], width)
    target.index_copy_(0, batch.tokens, tokens if batch.filled is None else tokens[batch.filled])


def _scatter_gradients(totals: list[Tensor], batch: Batch, found: Slots) -> None:
    query, key, value = totals
    _scatter(query, batch, found.query)
    _scatter_own(key, batch, found.key)
    _scatter_own(value, batch, found.value)
    if found.shared_key is not None and found.shared_value is not None:
        _add_shared(key, batch, found.shared_key)
        _add_shared(value, batch, found.shared_value)


def _scatter_own(target: Tensor, batch: Batch, slots: Tensor) -> None:
    """Writes [G S, L, D] into [T, G, D] at the batch's tokens.

    A token is an own key in one batch only, and that batch stands before those of its descendants,
    which add to it: writing is enough (`index_add_` takes a microsecond a token on a CPU).
    """
    width = slots.shape[-1]
    split = slots.view(-1, batch.num_segments, batch.length, width).permute(1, 2, 0, 3)
    tokens = split.reshape(-1, target.shape[1], width)
    target.index_copy_(0, batch.tokens, tokens if batch.filled is None else tokens[batch.filled])


def _add_shared(target: Tensor, batch: Batch, grad: Tensor) -> None:
    """Adds [G, P, D] to [T, G, D] at the shared ranges."""
    offset = 0
    for start, end in batch.shared:
        target[start:end] += grad[:, offset : offset + end - start].transpose(0, 1)
        offset += end - start
