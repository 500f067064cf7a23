"""What a training run is told, under the names of the config's `train` section."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Method = Literal["lora", "qlora", "full"]
Optimizer = Literal["adamw", "adamw_8bit"]
Objective = Literal["sft", "dpo", "orpo", "kto", "distil"]
Schedule = Literal["cosine", "linear", "constant"]
Sharding = Literal["none", "full"]
Dtype = Literal["auto", "float32", "bfloat16", "float16"]


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """One training run.

    `patience` 0 never stops early; `clip_norm` 0 clips nothing. `tokens_per_micro_batch` None lets
    the engine choose, and so does `recompute` (see `whet.training.recompute`); they change speed
    and memory, never the loss. `share_prefixes` is on unless
    there is dropout, for which a shared prefix would share its noise.
    """

    objective: Objective = "sft"
    beta: float = 0.1
    teacher: str | None = None
    teacher_share: float = 0.5
    teacher_temperature: float = 1.0
    method: Method = "lora"
    rank: int = 16
    alpha: float = 16
    rslora: bool = False
    dora: bool = False
    dropout: float = 0.0
    target_modules: tuple[str, ...] = ("all-linear",)
    epochs: float = 3
    batch_size: int = 16
    learning_rate: float = 2e-4
    schedule: Schedule = "cosine"
    optimizer: Optimizer = "adamw"
    warmup_fraction: float = 0.03
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    evals_per_epoch: int = 3
    patience: int = 3
    max_length: int | None = None
    dtype: Dtype = "auto"
    sharding: Sharding = "none"
    seed: int = 0
    tokens_per_micro_batch: int | None = None
    recompute: Literal["none", "mlp", "full", "offload"] | None = None
    share_prefixes: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "target_modules": list(self.target_modules)}
