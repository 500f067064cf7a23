"""Softmax attention of segments, forward and backward, by plain matrix products.

For one batch of S segments padded to L, G key heads with R query heads each, width D, P shared
keys (see `whet.rows.segments`):

    scores  [G, S, R L, P + L] = scale * query . [shared keys | own keys] + mask
    weights = softmax(scores)         output = weights . [shared values | own values]

    d_scores = weights * (d_weights - sum(weights * d_weights))      (softmax, backward)

The product with the shared keys is one [S R L, D] x [D, P] product a key head: the shared keys are
neither copied nor read once a segment. On two cores (AVX-512, fp32, heads 8/4 x 32) this takes
3.2 ms forward and backward for 16 segments of 100 tokens where PyTorch's flash kernel takes 9.7 ms
(28 ms in bfloat16, so on a CPU 16-bit inputs are widened). Weights are kept for the backward pass
while they are small and computed again where they are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from whet.rows.segments import Batch, SegmentTable

KEPT_ELEMENTS = 4_000_000


class SegmentAttention(torch.autograd.Function):
    """Attention of a whole row. Query [H, T, D], key and value [G, T, D]; output [T, H, D]."""

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
    ) -> Tensor:
        """Output for each token, in the query's dtype."""
        width = _working_dtype(query)
        rows = [_token_major(x, width) for x in (query, key, value)]
        groups = key.shape[0]
        output = torch.empty_like(rows[0])
        kept: list[Tensor | None] = []
        for batch in table.batches:
            parts = _Parts(batch, rows, groups)
            weights, _ = _weights(batch, parts, scale, softcap, window)
            _scatter(output, batch, _weighted_values(batch, weights, parts), groups)
            small = weights.numel() <= KEPT_ELEMENTS and softcap is None
            kept.append(weights if small and any(ctx.needs_input_grad[:3]) else None)
        ctx.save_for_backward(query, key, value, *[w for w in kept if w is not None])
        ctx.kept = [w is not None for w in kept]
        ctx.setting = (table, scale, softcap, window)
        return output.to(query.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of query, key and value."""
        query, key, value, *saved = ctx.saved_tensors
        table, scale, softcap, window = ctx.setting
        width, groups = _working_dtype(query), key.shape[0]
        rows = [_token_major(x, width) for x in (query, key, value)]
        grad_output = grads[0].to(width)
        grad_rows = [torch.zeros_like(x) for x in rows]
        weights_left = iter(saved)
        for batch, kept in zip(table.batches, ctx.kept, strict=True):
            parts = _Parts(batch, rows, groups)
            if kept:
                weights, slope = next(weights_left), None
            else:
                weights, slope = _weights(batch, parts, scale, softcap, window)
            grad_out = _padded_query_grad(batch, grad_output, groups)
            _backward_batch(batch, parts, weights, slope, scale, grad_out, grad_rows, groups)
        grad_query, grad_key, grad_value = (
            grad.transpose(0, 1).to(x.dtype)
            for grad, x in zip(grad_rows, (query, key, value), strict=True)
        )
        return grad_query, grad_key, grad_value, None, None, None, None


def _working_dtype(tensor: Tensor) -> torch.dtype:
    return torch.float32 if tensor.device.type == "cpu" and tensor.itemsize == 2 else tensor.dtype


def _token_major(heads: Tensor, dtype: torch.dtype) -> Tensor:
    """[T, heads, D], contiguous, from [heads, T, D]."""
    return heads.transpose(0, 1).to(dtype).contiguous()


class _Parts:
    """A batch's tensors: query [G, S, R L, D], own key and value [G S, L, D], shared [G, P, D]."""

    __slots__ = ("key", "query", "shared_key", "shared_value", "value")

    def __init__(self, batch: Batch, rows: Sequence[Tensor], groups: int):
        query, key, value = rows
        self.query = _by_group(batch, query.index_select(0, batch.gather), groups)
        self.key = _own(batch, key.index_select(0, batch.gather))
        self.value = _own(batch, value.index_select(0, batch.gather))
        self.shared_key = _shared(batch, key) if batch.num_shared else None
        self.shared_value = _shared(batch, value) if batch.num_shared else None


def _by_group(batch: Batch, slots: Tensor, groups: int) -> Tensor:
    """[S L, H, D] -> [G, S, R L, D]."""
    _, heads, width = slots.shape
    split = slots.view(batch.num_segments, batch.length, groups, heads // groups, width)
    return split.permute(2, 0, 3, 1, 4).reshape(groups, batch.num_segments, -1, width)


def _own(batch: Batch, slots: Tensor) -> Tensor:
    """[S L, G, D] -> [G S, L, D]."""
    split = slots.view(batch.num_segments, batch.length, *slots.shape[1:])
    return split.permute(2, 0, 1, 3).reshape(-1, batch.length, slots.shape[-1])


def _shared(batch: Batch, tokens: Tensor) -> Tensor:
    """[G, P, D], a view where the shared tokens are one range."""
    ranges = [tokens[start:end] for start, end in batch.shared]
    return (ranges[0] if len(ranges) == 1 else torch.cat(ranges)).transpose(0, 1)


def _weights(
    batch: Batch, parts: _Parts, scale: float, softcap: float | None, window: int | None
) -> tuple[Tensor, Tensor | None]:
    """Attention weights [G, S, R L, P + L] and, with a softcap, its derivative there."""
    groups, segments, rows, width = parts.query.shape
    length, past = batch.length, batch.num_shared
    own_query = parts.query.view(-1, rows, width)
    mask = batch.mask(window, parts.query.dtype)
    own_keys = parts.key.transpose(1, 2)
    if past == 0 and softcap is None:
        tiled = mask.repeat(rows // length, 1)[None]
        scores = torch.baddbmm(tiled, own_query, own_keys, alpha=scale)
        return torch.softmax(scores, -1).view(groups, segments, rows, length), None
    scores = torch.bmm(own_query, own_keys).view(groups, segments, rows, length)
    if parts.shared_key is not None:
        flat = parts.query.view(groups, -1, width)
        before = torch.bmm(flat, parts.shared_key.transpose(1, 2))
        scores = torch.cat([before.view(groups, segments, rows, past), scores], -1)
    scores.mul_(scale)
    slope = None
    if softcap is not None:
        capped = scores.div_(softcap).tanh_()
        slope = 1 - capped.square()
        scores = capped * softcap
    scores.view(-1, rows // length, length, past + length).add_(mask)
    return torch.softmax(scores, -1), slope


def _weighted_values(batch: Batch, weights: Tensor, parts: _Parts) -> Tensor:
    """[G, S, R L, D]."""
    groups, segments, rows, width = parts.query.shape
    past = batch.num_shared
    own = weights[..., past:].reshape(groups * segments, rows, batch.length)
    output = torch.bmm(own, parts.value)
    if parts.shared_value is not None:
        before = weights[..., :past].reshape(groups, segments * rows, past)
        output.view(groups, -1, width).baddbmm_(before, parts.shared_value)
    return output.view(groups, segments, rows, width)


def _scatter(target: Tensor, batch: Batch, slots: Tensor, groups: int) -> None:
    """Writes [G, S, R L, D] into [T, H, D] at the batch's tokens, leaving padding out."""
    width = slots.shape[-1]
    split = slots.view(groups, batch.num_segments, -1, batch.length, width)
    tokens = split.permute(1, 3, 0, 2, 4).reshape(-1, target.shape[1], width)
    target.index_copy_(0, batch.tokens, tokens if batch.filled is None else tokens[batch.filled])


def _padded_query_grad(batch: Batch, grad_output: Tensor, groups: int) -> Tensor:
    """The output's gradient as [G, S, R L, D], zero in padded slots."""
    picked = grad_output.index_select(0, batch.tokens)
    if batch.filled is not None:
        slots = picked.new_zeros(len(batch.gather), *picked.shape[1:])
        picked = slots.index_copy_(0, batch.filled, picked)
    return _by_group(batch, picked, groups)


def _backward_batch(
    batch: Batch,
    parts: _Parts,
    weights: Tensor,
    slope: Tensor | None,
    scale: float,
    grad_out: Tensor,
    grad_rows: list[Tensor],
    groups: int,
) -> None:
    """Adds one batch's gradients to those of query, key and value, each [T, heads, D]."""
    _, segments, rows, width = parts.query.shape
    past, length = batch.num_shared, batch.length
    own_grad = grad_out.view(-1, rows, width)
    flat_grad, flat_query = (x.view(groups, -1, width) for x in (grad_out, parts.query))
    grad_weights = torch.bmm(own_grad, parts.value.transpose(1, 2))
    grad_weights = grad_weights.view(groups, segments, rows, length)
    if parts.shared_value is not None:
        before = torch.bmm(flat_grad, parts.shared_value.transpose(1, 2))
        grad_weights = torch.cat([before.view(groups, segments, rows, past), grad_weights], -1)
    grad_scores = torch._softmax_backward_data(grad_weights, weights, -1, weights.dtype)
    grad_scores.mul_(scale)
    if slope is not None:
        grad_scores.mul_(slope)
    own_scores = grad_scores[..., past:].reshape(-1, rows, length)
    own_weights = weights[..., past:].reshape(-1, rows, length)
    grad_query = torch.bmm(own_scores, parts.key)
    own_query = parts.query.view(-1, rows, width)
    _scatter_own(grad_rows[1], batch, torch.bmm(own_scores.transpose(1, 2), own_query))
    _scatter_own(grad_rows[2], batch, torch.bmm(own_weights.transpose(1, 2), own_grad))
    if parts.shared_key is not None:
        before_scores = grad_scores[..., :past].reshape(groups, -1, past)
        before_weights = weights[..., :past].reshape(groups, -1, past)
        grad_query.view(groups, -1, width).baddbmm_(before_scores, parts.shared_key)
        _add_shared(grad_rows[1], batch, torch.bmm(before_scores.transpose(1, 2), flat_query))
        _add_shared(grad_rows[2], batch, torch.bmm(before_weights.transpose(1, 2), flat_grad))
    _scatter(grad_rows[0], batch, grad_query.view(groups, segments, rows, width), groups)


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
