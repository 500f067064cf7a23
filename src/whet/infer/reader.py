"""Forward passes of a causal model over rows that share a prefix.

    prompts    [ system prompt ........ | question 1 ]
               [ system prompt ........ | a longer question 2 ]
                 read once as a Prefix    read as a left-padded batch

`read` gives the rows' Past and the logits after their last tokens; `step` appends one token to
each row; `branch` appends tokens that see chosen columns only, which is how a tree of answers is
scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from whet.errors import ModelError
from whet.infer.past import NO_PREFIX, Past, Prefix

MIN_PREFIX = 8


class Reader:
    """A transformers causal language model, read through our own cache.

    Use it inside `attention.attention_of(model)` and `torch.inference_mode()`.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        config = model.config.get_text_config(decoder=True)
        self.vocab_size = int(config.vocab_size)
        self.length_bound = _rope_bound(config)
        if model.config.is_encoder_decoder or not model._supports_attention_backend:
            raise ModelError(
                f"{type(model).__name__} does not take its attention from transformers' "
                "attention interface, so whet cannot decode with it. Serve it and add it as an "
                "endpoint arm."
            )

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        device: torch.device = self.model.device
        return device

    @property
    def max_logits(self) -> int:
        """Logits to ask for in one forward pass: 64 MiB of float32 on a CPU, 1 GiB on a GPU.

        On two CPU cores 256 MiB took a third longer than 64, for the cache misses.
        """
        return 2**24 if self.device.type == "cpu" else 2**28

    def is_beyond(self, length: int) -> bool:
        """Whether a row so long is read apart: it would turn the positions of those beside it."""
        return self.length_bound is not None and length > self.length_bound

    def read_prefix(self, tokens: Sequence[int]) -> Prefix:
        """Keys and values of tokens that several rows begin with."""
        if not tokens:
            return NO_PREFIX
        return self.read(NO_PREFIX, [tokens])[0].as_prefix()

    def read(self, prefix: Prefix, suffixes: Sequence[Sequence[int]]) -> tuple[Past, Tensor]:
        """The rows' past, and the logits [B, V] after their last tokens. No suffix is empty."""
        width = max(map(len, suffixes))
        pads = [width - len(suffix) for suffix in suffixes]
        tokens = [[0] * pad + list(suffix) for pad, suffix in zip(pads, suffixes, strict=True)]
        padded = any(pads)
        pads_B1 = torch.tensor(pads, device=self.device)[:, None]
        columns_1S = torch.arange(width, device=self.device)[None]
        positions_BS = prefix.length + (columns_1S - pads_B1).clamp_(min=0)
        visible = None
        if padded:
            causal = columns_1S[:, :, None] >= columns_1S[:, None, :]
            visible = causal & (columns_1S[:, None, :] >= pads_B1[:, :, None])
        past = Past(len(suffixes), prefix, self.device)
        tokens_BS = torch.tensor(tokens, device=self.device)
        logits = self._forward(past, tokens_BS, positions_BS, visible, 1, causal=not padded)
        return past, logits[:, -1]

    def read_alone(self, tokens: Sequence[int], num_logits: int) -> Tensor:
        """Logits [num_logits, V] after the last tokens of one row, in one forward pass."""
        tokens_1S = torch.tensor([list(tokens)], device=self.device)
        positions_1S = torch.arange(len(tokens), device=self.device)[None]
        past = Past(1, NO_PREFIX, self.device)
        return self._forward(past, tokens_1S, positions_1S, None, num_logits, causal=True)[0]

    def step(self, past: Past, tokens_B: Tensor, positions_B: Tensor, pads_B: Tensor) -> Tensor:
        """Logits [B, V] after one more token in each row; `pads_B` is each row's padding."""
        columns_1S = torch.arange(past.num_columns + 1, device=self.device)[None]
        visible = (columns_1S >= pads_B[:, None])[:, None] if pads_B.any() else None
        logits = self._forward(past, tokens_B[:, None], positions_B[:, None], visible, 1)
        return logits[:, -1]

    def branch(self, past: Past, tokens: Tensor, positions: Tensor, visible: Tensor) -> Tensor:
        """Logits [B, T, V] after each of T tokens a row that see the columns `visible` names."""
        return self._forward(past, tokens, positions, visible, 0)

    def _forward(
        self,
        past: Past,
        tokens: Tensor,
        positions: Tensor,
        visible: Tensor | None,
        num_logits: int,
        *,
        causal: bool = False,
    ) -> Tensor:
        past.begin(positions, visible, causal=causal)
        output = self.model(
            input_ids=tokens,
            position_ids=positions,
            use_cache=False,
            logits_to_keep=num_logits,
            whet_past=past,
        )
        logits: Tensor = output.logits
        return logits.float()


def _rope_bound(config: object) -> int | None:
    """The length beyond which positions are turned by a rule that looks at the whole batch."""
    rope = getattr(config, "rope_parameters", None) or {}
    if rope.get("rope_type") not in ("longrope", "dynamic"):
        return None
    original = rope.get("original_max_position_embeddings")
    return int(original or config.max_position_embeddings)  # type: ignore[attr-defined]


def common_prefix(prompts: Sequence[Sequence[int]]) -> list[int]:
    """Tokens that all prompts begin with, at least one short of the shortest; else nothing."""
    if len(prompts) < 2:
        return []
    low, high = min(prompts, key=list), max(prompts, key=list)
    most = min(map(len, prompts)) - 1
    same = next((i for i in range(most) if low[i] != high[i]), most)
    return list(low[:same]) if same >= MIN_PREFIX else []


def batches(lengths: Sequence[int], max_tokens: int, max_rows: int) -> Iterator[list[int]]:
    """Indices in groups of like length, longest first, each at most `max_tokens` with padding.

    Longest first: what does not fit in memory fails at once, not after an hour.
    """
    order = sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))
    start = 0
    while start < len(order):
        num_rows = max(1, min(max_rows, max_tokens // max(1, lengths[order[start]])))
        yield order[start : start + num_rows]
        start += num_rows
