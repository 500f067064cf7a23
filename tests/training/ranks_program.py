"""What test_distributed.py starts, alone or by torchrun: tiny runs whose results it compares.

ranks_program.py FOLDER VARIANT...      writes FOLDER/VARIANT.RANK.safetensors and .json
"""

from __future__ import annotations

import copy
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from safetensors.torch import save_file

from whet.errors import WhetError
from whet.models.load import LoadedModel
from whet.progress import Silent
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.training import loop, optimizer, step
from whet.training.distributed import Ranks, joined
from whet.training.settings import TrainSettings

SHAPE: dict[str, Any] = {
    "vocab_size": 97, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512,
    "initializer_range": 0.3,
}  # fmt: skip
TIED = transformers.LlamaConfig(**SHAPE, tie_word_embeddings=True)
CAPPED = transformers.Gemma2Config(
    **SHAPE, head_dim=8, sliding_window=7, query_pre_attn_scalar=8, final_logit_softcapping=3.0
)
UNEVEN = transformers.Qwen2Config(**SHAPE | {"intermediate_size": 45, "vocab_size": 91})
PLAIN = TrainSettings(
    epochs=2, batch_size=4, learning_rate=3e-3, rank=4, dtype="float32", tokens_per_micro_batch=160
)
FULL = replace(PLAIN, method="full", learning_rate=1e-3)
SHARDED = "full" if "RANK" in os.environ else "none"
VARIANTS: dict[str, tuple[Any, TrainSettings]] = {
    "lora": (TIED, PLAIN),
    "lora-of-a-sharded-base": (CAPPED, replace(PLAIN, sharding=SHARDED)),
    "full": (TIED, FULL),
    "full-sharded": (TIED, replace(FULL, sharding=SHARDED)),
    "full-sharded-uneven": (UNEVEN, replace(FULL, sharding=SHARDED, learning_rate=5e-3)),
    "full-sharded-bfloat16": (TIED, replace(FULL, sharding=SHARDED, dtype="bfloat16")),
    "dropout": (TIED, replace(PLAIN, dropout=0.2)),
}


def loaded(config: Any) -> LoadedModel:
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(copy.deepcopy(config)).eval()
    return LoadedModel(model, None, "tiny", Path(), "tiny", "", (2,), 512)


def rows(num: int = 17, seed: int = 5) -> list[RenderedExample]:
    """Rows of which half share a prefix of 40 tokens; an epoch ends with a step of one row."""
    rng = np.random.default_rng(seed)
    prefix = rng.integers(1, 90, 40).tolist()
    examples = []
    for number in range(num):
        length = int(rng.integers(8, 40))
        tokens = (prefix if number % 2 else []) + rng.integers(1, 90, length).tolist()
        trained = [i >= len(tokens) - length // 3 for i in range(len(tokens))]
        sequence = TokenSequence.of(tokens, trained)
        examples.append(RenderedExample(f"id{number}", f"file:{number + 1}", (sequence,)))
    return examples


class Heard(Silent):
    """Collects what is said; asks to stop after so many questions."""

    def __init__(self, stop_after: float = 1e9) -> None:
        self.said: list[str] = []
        self.asked, self.stop_after = 0, stop_after

    def say(self, text: str) -> None:
        self.said.append(text)

    def should_stop(self) -> bool:
        self.asked += 1
        return self.asked > self.stop_after


def weights(model: Any) -> dict[str, torch.Tensor]:
    whole = {}
    for name, parameter in model.named_parameters():
        value = parameter.detach()
        whole[name] = (value.full_tensor() if hasattr(value, "full_tensor") else value).clone()
    return whole


def train(ranks: Ranks, folder: Path, name: str, **options: Any) -> tuple[Any, Any, list[Any]]:
    config, settings = VARIANTS[name]
    model, metrics = loaded(config), []
    options.setdefault("progress", Heard())
    # One row is too few for two ranks; rows of another seed are soon worse, so the best step is
    # not the last.
    validation = rows()[: 1 if settings.method == "full" else 5]
    if config is UNEVEN:
        validation = rows(seed=6)[:3]
    result = loop.train(
        model, rows(), validation, settings,
        folder=folder / "checkpoints" / name, log=metrics.append, ranks=ranks, **options,
    )  # fmt: skip
    return result, weights(model.model), metrics


def record(folder: Path, name: str, ranks: Ranks, values: Any, tensors: Any = None) -> None:
    place = folder / f"{name}.{ranks.number}"
    if tensors:
        save_file({k: v.contiguous() for k, v in tensors.items()}, f"{place}.safetensors")
    Path(f"{place}.json").write_text(json.dumps(values))


def plain(ranks: Ranks, folder: Path, name: str) -> None:
    progress = Heard()
    result, tensors, metrics = train(ranks, folder, name, progress=progress)
    values = asdict(result) | {"metrics": metrics, "said": progress.said}
    record(folder, name, ranks, values, tensors)


def stopped_and_resumed(ranks: Ranks, folder: Path, name: str) -> None:
    """The last rank alone is asked to stop, twice; then the run goes on to its end."""
    folder = folder / "stopped"
    folder.mkdir(exist_ok=True)
    for stop_after in (5, 3):
        progress = Heard(stop_after if ranks.number == ranks.count - 1 else 1e9)
        try:
            train(ranks, folder, name, progress=progress, resume=True)
        except WhetError as error:
            assert "saved in" in str(error), error
        else:
            raise AssertionError("it was not stopped")
    result, tensors, metrics = train(ranks, folder, name, resume=True)
    record(folder, name, ranks, asdict(result) | {"metrics": metrics, "said": []}, tensors)


def refused(ranks: Ranks, folder: Path, name: str) -> None:
    """What every rank must raise: another number of ranks, other settings or weights."""
    found = []
    for other in (Ranks(), None):
        try:
            if other is not None:  # as one process, in the folder of two
                train(other, folder, name, resume=True)
            else:
                VARIANTS["other"] = (TIED, replace(PLAIN, seed=ranks.number))
                train(ranks, folder, "other")
        except WhetError as error:
            found.append(str(error))
    place = folder / "checkpoints" / "nowhere"
    place.parent.mkdir(exist_ok=True)
    place.write_text("a file where the folder should be") if ranks.is_first else None
    VARIANTS["nowhere"] = (TIED, PLAIN)
    try:
        train(ranks, folder, "nowhere")
    except WhetError as error:
        found.append(str(error))
    honest = optimizer.AdamW.step

    def drifting(self: Any, rate: float) -> None:
        honest(self, rate)
        self.flat.values[0] += 1e-7 * (not ranks.is_first)

    optimizer.AdamW.step = drifting
    try:
        train(ranks, folder, "nowhere")
    except WhetError as error:
        found.append(str(error))
    finally:
        optimizer.AdamW.step = honest
    record(folder, "refused", ranks, found)


def poisoned(ranks: Ranks, folder: Path, name: str) -> None:
    """Rows that are not finite, and memory that is too small, on one rank only."""
    honest, settings = step.row_loss, VARIANTS[name][1]
    needle, steps = torch.as_tensor(rows()[4].sequences[0].tokens[:6]), {"memory": 0}

    def row_loss(model: Any, row: Any) -> Any:
        total, losses = honest(model, row)
        windows = row.tokens[0].unfold(0, len(needle), 1)
        if bool((windows == needle).all(1).any()):
            return total * float("nan"), losses * float("nan")
        if ranks.number == ranks.count - 1 and row.tokens.shape[1] > 70 and len(row.owners) > 14:
            steps["memory"] += 1
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return total, losses

    step.row_loss = row_loss
    introduced = loop._introduce
    loop._introduce = lambda run, progress: 0.0  # the check of itself would meet the bad row
    VARIANTS["poisoned"] = (TIED, replace(settings, tokens_per_micro_batch=512))
    progress = Heard()
    try:
        result, tensors, _ = train(ranks, folder, "poisoned", progress=progress)
    finally:
        step.row_loss, loop._introduce = honest, introduced
    values = asdict(result) | {"said": progress.said, "memory": steps["memory"], "metrics": []}
    record(folder, "poisoned", ranks, values, tensors)


def endless(ranks: Ranks, folder: Path, name: str) -> None:
    """Says its process id after the first checkpoint, and trains on until something happens."""
    VARIANTS["endless"] = (VARIANTS[name][0], replace(VARIANTS[name][1], epochs=1000, patience=0))

    class Told(Heard):
        def should_stop(self) -> bool:
            if any((folder / "checkpoints" / "endless").glob("step-*")):
                (folder / f"pid.{ranks.number}").write_text(str(os.getpid()))
            return stopped

    stopped = False

    def stop(*_: Any) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGTERM, stop)
    train(ranks, folder, "endless", progress=Told())


TASKS: dict[str, Callable[..., None]] = {
    "plain": plain, "stopped": stopped_and_resumed, "refused": refused, "poisoned": poisoned,
    "endless": endless,
}  # fmt: skip


def main() -> int:
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    timeout_s = float(os.environ.get("RANKS_TIMEOUT_S", "60"))
    started = time.monotonic()
    try:
        with joined(timeout_s) as ranks:
            for argument in sys.argv[2:]:
                task, _, name = argument.partition(":")
                TASKS[task](ranks, folder, name or "lora")
    except WhetError as error:
        print(f"{error} [after {time.monotonic() - started:.1f} s]", file=sys.stderr, flush=True)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
