"""transformers + PEFT in a page: padded batches, the model's own loss, torch's AdamW.

The peer that is always there. Options: `micro_batch`, `gradient_checkpointing`, `attention`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.training.job import Job, Talk, serve
from benchmarks.training.shapes import random_model


def build(job: Job) -> Callable[[Talk], Iterator[dict[str, Any]]]:
    """A session of plain steps."""
    import torch
    from peft import PeftModel

    torch.set_num_threads(job.options["num_threads"])
    base = random_model(job.shape, getattr(torch, job.dtype), job.device)
    base.set_attn_implementation(job.options.get("attention", "sdpa"))
    model = PeftModel.from_pretrained(base, job.adapter, is_trainable=True)
    if job.options["gradient_checkpointing"]:
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable({"use_reentrant": False})
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=job.learning_rate, weight_decay=0.0)
    micro = job.options["micro_batch"]

    def session(talk: Talk) -> Iterator[dict[str, Any]]:
        for step in job.steps:
            talk.wait()
            learnt = sum(sum(path[1]) for example in step for path in example)
            total, executed = 0.0, 0
            for start in range(0, len(step), micro):
                ids, labels, mask = _padded(step[start : start + micro], job.device)
                logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
                loss = torch.nn.functional.cross_entropy(
                    logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(), reduction="sum"
                )
                torch.autograd.backward(loss / learnt)
                total += float(loss.detach()) / learnt
                executed += ids.numel()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            yield {"loss": total, "loss_tokens": learnt, "executed_tokens": executed}

    return session


def _padded(examples: list[Any], device: str) -> tuple[Any, Any, Any]:
    """Ids, labels (-100 where nothing is learnt) and attention mask, [B, T]."""
    import torch

    width = max(len(example[0][0]) for example in examples)
    ids = torch.zeros(len(examples), width, dtype=torch.long)
    labels, mask = torch.full_like(ids, -100), torch.zeros_like(ids)
    for i, example in enumerate(examples):
        tokens, trained = (torch.tensor(part) for part in example[0])
        ids[i, : len(tokens)], mask[i, : len(tokens)] = tokens, 1
        labels[i, : len(tokens)] = torch.where(trained, tokens, -100)
    return ids.to(device), labels.to(device), mask.to(device)


if __name__ == "__main__":
    serve(build)
