"""Attention over a row, as the one attention function that transformers is given.

The row's table travels as `segments=` of `model(...)`, which transformers hands to the attention
function of every layer; there is no global state, and recomputation sees the same table. No mask
is ever built by transformers. The mathematics is in `whet.rows.attention_kernel`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from whet.rows.attention_kernel import SegmentAttention
from whet.rows.segments import SegmentTable

NAME = "whet_rows"
PADDED = "_whet_padded"  # an attribute of a model: why it cannot take rows, or None
KNOWN_OPTIONS = frozenset(
    {"position_ids", "use_cache", "cache_position", "output_attentions", "is_causal"}
    | {"output_hidden_states", "return_dict", "past_key_values", "position_embeddings"}
)


def attend_row(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    dropout: float = 0.0,
    softcap: float | None = None,
    sliding_window: int | None = None,
    segments: SegmentTable | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    """Attention output [1, T, H, D] for query [1, H, T, D], key and value [1, G, T, D].

    Raises:
        ValueError: no segment table, no keys of the rows before, an attention mask, dropout, or an
            option not known here: each would silently change what is computed.
    """
    if segments is None:
        raise ValueError("row attention was called without `segments=`; a plain call needs sdpa.")
    unknown = {n for n, v in options.items() if v is not None and n not in KNOWN_OPTIONS}
    if attention_mask is not None or dropout or unknown:
        raise ValueError(f"row attention knows no mask, no dropout and no {sorted(unknown)}")
    if query.shape[0] != 1 or query.shape[2] != segments.num_tokens:
        raise ValueError(f"the table is for {segments.num_tokens} tokens, not {query.shape}")
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    layer: int = module.layer_idx  # type: ignore[assignment]
    if segments.kept is not None and (kept := segments.kept()) is not None:
        # Recomputation comes here again: the first tensors are those that the graph knows.
        kept.setdefault(layer, (key[0], value[0]))
    before = [tensor for row in segments.before for tensor in row[layer]]
    if sum(tensor.shape[1] for tensor in before) != 2 * segments.num_before:
        raise ValueError(f"the row comes after {segments.num_before} tokens that are not at hand")
    output = SegmentAttention.apply(  # type: ignore[no-untyped-call]
        query[0], key[0], value[0], segments, scale, softcap, sliding_window, *before
    )
    return output[None], None


def no_mask(*_: Any, **__: Any) -> None:
    """No mask: the segment table says who sees whom."""


def register() -> None:
    """Makes `whet_rows` known to transformers; calling it again changes nothing."""
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(NAME, attend_row)
    AttentionMaskInterface.register(NAME, no_mask)


def pads_rows(model: Any) -> bool:
    """Whether the model was found unable to take rows, so that they become padded batches."""
    return getattr(model, PADDED, None) is not None


@contextmanager
def row_attention(model: Any) -> Iterator[None]:
    """Within it the model attends by rows and must be called with `segments=`.

    One that cannot take rows (see `whet.training.path`) is left as it is.
    """
    if pads_rows(model):
        yield
        return
    register()
    before = model.config._attn_implementation
    model.set_attn_implementation(NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(before)
