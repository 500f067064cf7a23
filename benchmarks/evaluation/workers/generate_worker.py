"""transformers' `generate` in a plain loop: left padding, key/value cache, greedy.

Options: `batch`, rows of a call; `copied_prefix`, whether the tokens that all prompts of a slice
begin with are read once and their cache copied for every row, as transformers' documentation on
"prefill a cache" shows. The plain loop does not.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from benchmarks.evaluation.job import Answers, Engine, Job, Prompts, serve


def build(job: Job, model: Any, tokenizer: Any, stop_ids: tuple[int, ...]) -> Engine:
    """Prompts to answers."""
    import torch

    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else stop_ids[0]
    asked: dict[str, Any] = {
        "do_sample": False,
        "max_new_tokens": job.max_new_tokens,
        "eos_token_id": list(stop_ids),
        "pad_token_id": pad,
    }

    def answer(prompts: Prompts) -> Answers:
        texts = tokenizer.apply_chat_template(
            list(prompts), tokenize=False, add_generation_prompt=True
        )
        rows = tokenizer(texts, add_special_tokens=False)["input_ids"]
        prefix = _Copied(model, rows) if job.options.get("copied_prefix") else None
        answers: Answers = []
        for start in range(0, len(rows), job.options["batch"]):
            batch = rows[start : start + job.options["batch"]]
            extra = {} if prefix is None else {"past_key_values": prefix.rows(len(batch))}
            ids, mask = _padded(batch, pad, 0 if prefix is None else prefix.length)
            whole = model.generate(ids, attention_mask=mask, **asked, **extra)
            answers += [_cut(row, stop_ids, tokenizer) for row in whole[:, ids.shape[1] :].tolist()]
        return answers

    def without_gradients(prompts: Prompts) -> Answers:
        with torch.inference_mode():
            return answer(prompts)

    return without_gradients


class _Copied:
    """The cache of what all rows begin with."""

    def __init__(self, model: Any, rows: Sequence[Sequence[int]]) -> None:
        import torch
        from transformers import DynamicCache

        low, high = min(map(list, rows)), max(map(list, rows))
        most = min(map(len, rows)) - 1
        self.length = next((i for i in range(most) if low[i] != high[i]), most)
        self._cache = DynamicCache(config=model.config)
        ids = torch.tensor([list(low[: self.length])])
        model(ids, past_key_values=self._cache, use_cache=True, logits_to_keep=1)

    def rows(self, count: int) -> Any:
        """A copy for so many rows, which `generate` appends to."""
        cache = copy.deepcopy(self._cache)
        cache.batch_repeat_interleave(count)
        return cache


def _padded(rows: Sequence[Sequence[int]], pad: int, shared: int) -> tuple[Any, Any]:
    """Ids and attention mask [B, T], padded on the left of what is not shared."""
    import torch

    width = max(map(len, rows))
    ids = [[*row[:shared], *[pad] * (width - len(row)), *row[shared:]] for row in rows]
    mask = [[*[1] * shared, *[0] * (width - len(row)), *[1] * (len(row) - shared)] for row in rows]
    return torch.tensor(ids), torch.tensor(mask)


def _cut(row: list[int], stop_ids: tuple[int, ...], tokenizer: Any) -> tuple[str, list[int]]:
    """The answer up to its stop token."""
    end = next((i for i, token in enumerate(row) if token in stop_ids), len(row))
    tokens = row[:end]
    text = tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return text, tokens


if __name__ == "__main__":
    serve(build)
