"""Attention of a batch to a shared prefix without writing the prefix's scores down (CPU).

All queries of the batch ask the same P keys, so this part is one flash-attention call over
[G, S R L, D] x [G, P, D]; each segment's own part is a small product. Two attentions over disjoint
keys are joined by their log-sum-exps (Dao et al. 2022, https://arxiv.org/abs/2205.14135):

    z = log(exp(z_shared) + exp(z_own))
    output = exp(z_shared - z) output_shared + exp(z_own - z) output_own

and the backward pass of each part is the usual one with the joined z and output. For 16 segments
of 48 tokens after 640, heads 8/4 x 32, one core: 17 ms instead of 31; 128 of 24: 68 instead of 235.
Shapes as in `attention_kernel`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from whet.rows.segments import Batch

Gradients = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
_flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_flash_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


def forward(
    batch: Batch, slots: Any, setting: Any, needs_grad: bool
) -> tuple[Tensor, list[Tensor]]:
    """(output [G, S, R L, D], what the backward pass wants kept)."""
    groups, segments, rows, width = slots.query.shape
    flat = slots.query.view(1, groups, -1, width)
    key, value = slots.shared_key[None], slots.shared_value[None]
    before, z_before = _flash(flat, key, value, 0.0, False, attn_mask=None, scale=setting.scale)
    scores = _own_scores(batch, slots, setting)
    z_own = torch.logsumexp(scores, -1)
    z = torch.logaddexp(z_own, z_before.reshape(z_own.shape))
    weights = scores.sub_(z[..., None]).exp_()
    share = (z_before.reshape(z.shape) - z).exp_()[..., None]
    output = before.reshape(-1, rows, width) * share
    output.baddbmm_(weights, slots.value)
    shaped = output.view(groups, segments, rows, width)
    return shaped, [shaped, z, weights] if needs_grad else []


def backward(batch: Batch, slots: Any, setting: Any, kept: list[Tensor], grad: Tensor) -> Gradients:
    """Gradients of query, own key and value, shared key and value."""
    output, z, weights = kept
    groups, _, rows, width = slots.query.shape
    own_grad, own_query = grad.view(-1, rows, width), slots.query.view(-1, rows, width)
    flat_query, flat_grad, flat_output = (
        x.view(1, groups, -1, width) for x in (slots.query, grad, output)
    )
    grad_query, shared_key, shared_value = _flash_backward(
        flat_grad, flat_query, slots.shared_key[None], slots.shared_value[None], flat_output,
        z.view(1, groups, -1), 0.0, False, attn_mask=None, scale=setting.scale,
    )  # fmt: skip
    inner = (grad * output).sum(-1).view(-1, rows, 1)
    grad_scores = torch.bmm(own_grad, slots.value.transpose(1, 2))
    grad_scores.sub_(inner).mul_(weights).mul_(setting.scale)
    own_query_grad = torch.bmm(grad_scores, slots.key).view(grad.shape)
    return (
        own_query_grad.add_(grad_query.reshape(grad.shape)),
        torch.bmm(grad_scores.transpose(1, 2), own_query),
        torch.bmm(weights.transpose(1, 2), own_grad),
        shared_key[0],
        shared_value[0],
    )


def _own_scores(batch: Batch, slots: Any, setting: Any) -> Tensor:
    """[G S, R L, L], masked."""
    rows, width = slots.query.shape[2:]
    mask = batch.mask(None, slots.query.dtype).repeat(rows // batch.length, 1)[None]
    own_query = slots.query.view(-1, rows, width)
    return torch.baddbmm(mask, own_query, slots.key.transpose(1, 2), alpha=setting.scale)
