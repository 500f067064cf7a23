"""The engines and settings that are compared. The first of a list is whet, the rest its peers.

TRL's own defaults are gradient checkpointing and micro-batches of 8 examples; the setting `TRL`
computes nothing again, which is less work. `grouped` gives it the examples of each step in the
order of their length, which no sampler of its own would (it groups over the whole epoch, and then
the steps hold other examples); it is the strongest padded peer that trains the same steps.
Preference pairs go four at a time: eight need more than 24 GiB.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MODULE = "benchmarks.training.workers"
TRL = {"micro_batch": 8, "gradient_checkpointing": False}


@dataclass(frozen=True, slots=True)
class Setting:
    """An engine as it is run. `dtype` empty: that of the comparison."""

    name: str
    worker: str
    options: dict[str, Any] = field(default_factory=dict)
    dtype: str = ""
    module: str = MODULE


WHET = Setting("whet", "whet_worker")
WHET_BF16 = Setting("whet bfloat16", "whet_worker", dtype="bfloat16")
TRL_BEST = Setting("TRL", "trl_worker", TRL)
TRL_DEFAULT = Setting(
    "TRL defaults", "trl_worker", {"micro_batch": 8, "gradient_checkpointing": True}
)
TRL_PAIRS = Setting("TRL", "trl_worker", {**TRL, "micro_batch": 4})
TRL_GROUPED = Setting("TRL grouped by length", "trl_worker", {**TRL, "grouped": True})
TRL_BF16 = Setting("TRL bfloat16", "trl_worker", TRL, dtype="bfloat16")
TRL_AUTOCAST = Setting(
    "TRL bfloat16 autocast", "trl_worker", {**TRL, "autocast": True}, dtype="bfloat16"
)
PLAIN = Setting("transformers + PEFT", "plain_worker", TRL)
ABLATION = (
    Setting("whet, no shared prefixes", "whet_worker", {"share_prefixes": False}),
    Setting("whet, logits everywhere", "whet_worker", {"without": ["loss_head"]}),
    Setting("whet, plain LoRA", "whet_worker", {"without": ["lora"]}),
    Setting("whet, dense mask", "whet_worker", {"without": ["attention"]}),
    Setting("whet, one example a row", "whet_worker", {"without": ["packing"]}),
)

CPU: dict[str, tuple[Setting, ...]] = {
    "labels": (WHET, TRL_BEST),
    "alpaca": (WHET, TRL_BEST, TRL_GROUPED),
    "dpo": (WHET, TRL_PAIRS),
    "short": (WHET, TRL_BEST),
    "document": (WHET, TRL_BEST),
}
MORE: dict[str, dict[str, tuple[Setting, ...]]] = {
    "defaults": dict.fromkeys(("labels", "alpaca"), (WHET, TRL_DEFAULT)),
    "dtypes": {"alpaca": (WHET, WHET_BF16, TRL_BF16, TRL_AUTOCAST)},
    "ablation": dict.fromkeys(("labels", "alpaca"), (WHET, *ABLATION)),
}
"""Further tables: the peer at its defaults, other dtypes, whet with one part off at a time."""
