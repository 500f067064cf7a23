"""Parts of the engine replaced by plain code, one at a time, so that each claim has a cause.

    lora        the update as two linear layers under autograd, which keeps what it likes
    loss_head   logits at every position of the row, then the loss
    attention   one dense mask over the whole row, through PyTorch's own attention
    packing     one example a micro-batch

Prefix sharing is a setting of the engine and needs no replacement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

PARTS = ("lora", "loss_head", "attention", "packing")


@contextmanager
def replaced(parts: Sequence[str]) -> Iterator[None]:
    """Within it these parts are plain code."""
    with ExitStack() as stack:
        for part in parts:
            stack.enter_context({
                "lora": _plain_lora, "loss_head": _all_logits, "attention": _dense_attention,
                "packing": _one_by_one,
            }[part]())  # fmt: skip
        yield


@contextmanager
def _plain_lora() -> Iterator[None]:
    import torch.nn.functional as F

    from whet.models.lora_layer import LoraProduct

    def apply(x: Any, read: Any, bias: Any, a: Any, b: Any, scale: float) -> Any:
        down = F.linear(x, a.to(x.dtype))
        return F.linear(x, read(x.dtype), bias) + F.linear(down, b.to(x.dtype)) * scale

    with mock.patch.object(LoraProduct, "apply", apply):
        yield


@contextmanager
def _all_logits() -> Iterator[None]:
    import torch

    from whet.training import forward

    def row_loss(model: Any, row: Any) -> Any:
        hidden = model.get_decoder()(
            input_ids=row.tokens, position_ids=row.positions, segments=row.table, use_cache=False
        ).last_hidden_state
        logits = model.get_output_embeddings()(hidden)[0].float()
        picked = logits[row.loss.positions][row.loss.index]
        losses = torch.nn.functional.cross_entropy(picked, row.loss.targets, reduction="none")
        return (losses * row.loss.weights).sum(), losses.detach()

    with (
        mock.patch("whet.training.step.row_loss", row_loss),
        mock.patch.object(forward, "row_loss", row_loss),
    ):
        yield


@contextmanager
def _dense_attention() -> Iterator[None]:
    import torch

    from whet.rows.attention_kernel import SegmentAttention

    last: list[Any] = [None, None]

    def apply(
        query: Any, key: Any, value: Any, table: Any, scale: float, softcap: Any, window: Any,
        *before: Any,
    ) -> Any:  # fmt: skip
        assert softcap is None and window is None, "the benchmark's models have neither"
        if last[0] is not table:
            last[:] = [table, _dense_mask(table, query.device)]
        groups = query.shape[0] // key.shape[0]
        output = torch.nn.functional.scaled_dot_product_attention(
            query[None],
            torch.cat([key, *before[::2]], 1).repeat_interleave(groups, 0)[None],
            torch.cat([value, *before[1::2]], 1).repeat_interleave(groups, 0)[None],
            attn_mask=last[1], scale=scale,
        )  # fmt: skip
        return output[0].transpose(0, 1).contiguous()

    with mock.patch.object(SegmentAttention, "apply", apply):
        yield


def _dense_mask(table: Any, device: Any) -> Any:
    """[T, T + tokens of rows before], true where a token is seen, from the table's batches."""
    import torch

    width = table.num_tokens + table.num_before
    seen = torch.zeros(table.num_tokens, width, dtype=torch.bool, device=device)
    for batch in table.batches:
        filled = range(len(batch.gather)) if batch.filled is None else batch.filled.tolist()
        places: dict[int, list[int]] = {}
        for slot in filled:
            places.setdefault(slot // batch.length, []).append(int(batch.gather[slot]))
        for own in places.values():
            index = torch.tensor(own, device=device)
            for start, end in batch.shared:
                seen[index, start:end] = True
            seen[index[:, None], index[None]] = torch.ones(
                len(own), len(own), dtype=torch.bool, device=device
            ).tril()
    return seen


@contextmanager
def _one_by_one() -> Iterator[None]:
    from whet.rows import packing

    def pack(sequences: Any, max_tokens: int, **keywords: Any) -> Any:
        return packing.pack(sequences, 1, **{**keywords, "share_prefixes": False})

    with mock.patch("whet.training.step.pack", pack):
        yield
