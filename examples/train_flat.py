"""The training loop of whet, flat: one file, no abstractions, for reading.

    python examples/train_flat.py MODEL_FOLDER DATA.jsonl [TEMPLATE.jinja]

DATA.jsonl holds one {"messages": [{"role": ..., "content": ...}, ...]} a line. The losses printed
are those of `whet train` with the same settings, step by step (a test holds it). What the package
does beyond this file: many examples in one row, shared prefixes computed once, logits only where
something is learnt, validation, checkpoints, a check of itself. None of that changes the loss.
"""

import hashlib
import json
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from whet.types import content_id

EPOCHS, BATCH_SIZE, SEED = 3, 16, 0
LEARNING_RATE, WARMUP_FRACTION, WEIGHT_DECAY, CLIP_NORM = 2e-4, 0.03, 0.01, 1.0
RANK, ALPHA = 16, 16


class LoraLinear(nn.Module):
    """A linear layer with a low-rank update: W stays, A and B are learnt, B starts at zero."""

    def __init__(self, base: nn.Linear, name: str) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        key = hashlib.sha256(f"{SEED}:{name}".encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(key[:7], "little"))
        bound = 1 / math.sqrt(base.in_features)
        a = torch.empty(RANK, base.in_features).uniform_(-bound, bound, generator=generator)
        self.A, self.B = nn.Parameter(a), nn.Parameter(torch.zeros(base.out_features, RANK))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + ALPHA / RANK * F.linear(F.linear(x, self.A), self.B)


def main(model_folder: str, data_file: str, template_file: str | None = None) -> list[float]:
    """Trains and prints; returns the loss of every step."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(model_folder)
    if template_file:
        tokenizer.chat_template = Path(template_file).read_text()
    model = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32).eval()

    # Every linear layer but the output head gets an adapter; nothing else is trained.
    model.requires_grad_(False)
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear) and module is not model.get_output_embeddings():
            parent, _, leaf = name.rpartition(".")
            setattr(model.get_submodule(parent), leaf, LoraLinear(module, name))
    trained = [p for p in model.parameters() if p.requires_grad]

    # Tokens of each conversation, and where the answer begins: the prompt is what a server would
    # be sent, the answer is what the template writes after it, through the stop token. (The
    # package also takes several turns, and templates whose answers do not begin a new token.)
    rows = []
    for line in Path(data_file).read_text().splitlines():
        messages = json.loads(line)["messages"]
        prompt = tokenizer.apply_chat_template(
            messages[:-1], add_generation_prompt=True, return_dict=False
        )
        tokens = tokenizer.apply_chat_template(messages, return_dict=False)
        stop = max(i for i, token in enumerate(tokens) if token == tokenizer.eos_token_id)
        assert tokens[: len(prompt)] == prompt and stop >= len(prompt)
        name = content_id({"messages": messages, "tools": []})
        rows.append((name, torch.tensor(tokens[: stop + 1]), len(prompt)))

    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps_per_epoch = math.ceil(len(rows) / BATCH_SIZE)
    num_steps = EPOCHS * steps_per_epoch
    warmup = math.ceil(num_steps * WARMUP_FRACTION)
    losses = []
    for step in range(num_steps):
        # An epoch's order is a hash of seed, epoch and example.
        epoch, place = divmod(step, steps_per_epoch)
        keys = [f"{SEED}:{epoch}:{name}#0" for name, _, _ in rows]
        digests = [hashlib.blake2b(key.encode(), digest_size=16).digest() for key in keys]
        order = sorted(range(len(rows)), key=digests.__getitem__)
        batch = [rows[i] for i in order[place * BATCH_SIZE : (place + 1) * BATCH_SIZE]]

        # The mean is over all answer tokens of the step, not over examples or micro-batches.
        num_answer_tokens = sum(len(tokens) - start for _, tokens, start in batch)
        loss = 0.0
        for _, tokens, start in batch:
            logits = model(input_ids=tokens[None], use_cache=False).logits[0]
            part = F.cross_entropy(logits[start - 1 : -1], tokens[start:], reduction="sum")
            (part / num_answer_tokens).backward()
            loss += float(part.detach()) / num_answer_tokens

        # Warm-up, then a cosine.
        rate = LEARNING_RATE * (step + 1) / max(1, warmup)
        if step >= warmup:
            done = (step - warmup) / max(1, num_steps - warmup)
            rate = LEARNING_RATE * (1 + math.cos(math.pi * done)) / 2
        optimizer.param_groups[0]["lr"] = rate

        nn.utils.clip_grad_norm_(trained, CLIP_NORM)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss)
        print(f"step {step + 1:4d}  loss {loss:.4f}  learning rate {rate:.2e}")
    return losses


if __name__ == "__main__":
    main(*sys.argv[1:])
