"""Rows or padded batches: which way a model's tokens go through it.

A row needs a model that takes its attention from transformers' interface and its positions from
`position_ids`, and that mixes tokens nowhere else. State-space and convolution layers, ALiBi and
attention code of a model's own do not allow it. What the interface allows is tried: a small row
goes through the model, and through it sequence by sequence, and the hidden states must agree.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from whet.rows.attention import NAME, PADDED, pads_rows, row_attention
from whet.rows.packing import pack
from whet.rows.sequence import TokenSequence
from whet.training.forward import RowTensors, evaluation_mode, hidden_states
from whet.training.padded import padded_hidden

TOLERANCE = {torch.float32: 1e-3, torch.float64: 1e-3, torch.bfloat16: 5e-2, torch.float16: 5e-2}
SHARED, ENDINGS = 33, (5, 9)


def choose_path(model: Any) -> str | None:
    """None where the model takes rows, else the reason why it does not; the model is marked so.

    Tried once for each model; its weights, mode and gradients are left alone. One that is attending
    by rows already takes them, by the word of whoever made it do so.
    """
    if not hasattr(model, PADDED) and model.config._attn_implementation == NAME:
        return None
    if not hasattr(model, PADDED):
        with evaluation_mode(model), torch.no_grad():
            setattr(model, PADDED, _reason(model))
    reason: str | None = getattr(model, PADDED)
    return reason


def path_name(model: Any) -> str:
    """`rows` or `padded batches`."""
    return "padded batches" if pads_rows(model) else "rows"


def _reason(model: Any) -> str | None:
    if not getattr(model, "_supports_attention_backend", False):
        return f"{type(model).__name__} does not take its attention from transformers' interface"
    vocabulary = model.get_input_embeddings().weight.shape[0]
    ids = np.arange(1, SHARED + sum(ENDINGS) + 1) * 7919 % vocabulary
    shared, first, second = np.split(ids, np.cumsum([SHARED, ENDINGS[0]]))
    joined = (np.concatenate([shared, first]), np.concatenate([shared, second]), second)
    sequences = [TokenSequence(t.astype(np.int32), np.arange(len(t)) > 0) for t in joined]
    (row,) = pack(sequences, 4 * len(ids))
    tensors = RowTensors.of(row, model.device)
    plain = padded_hidden(model, tensors.tokens[0], row.segments)
    try:
        with row_attention(model):
            found = hidden_states(model, tensors)
    except torch.OutOfMemoryError:
        raise
    except (TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
        told = str(error).strip().splitlines() or [type(error).__name__]
        return f"{type(model).__name__} refuses a row: {told[0]}"
    difference = float((found - plain).norm() / plain.norm().clamp_min(1e-30))
    # A comparison with NaN is false: only finite differences within bounds pass.
    if difference <= TOLERANCE[plain.dtype] or not bool(plain.isfinite().all()):
        return None
    return f"{type(model).__name__} computes a row otherwise than its sequences ({difference:.0%})"
