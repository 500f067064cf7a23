"""What llama.cpp takes: any merged model of a family it knows, and plain LoRA as a GGUF adapter.

Its adapter file holds pairs of matrices and one alpha (`llama-adapter.cpp`); its own converter
ignores `use_rslora`, so that such an adapter is mis-scaled without a word. whet writes alpha so
that the scale is right.
"""

from __future__ import annotations

from collections.abc import Iterator

from whet.artifacts.rules.adapter import Adapter
from whet.artifacts.rules.finding import Finding, Level, refused

NOT_IN_A_FILE = {
    "use_dora": "DoRA",
    "lora_bias": "a bias in LoRA's layers",
    "alora_invocation_tokens": "activated LoRA",
    "layer_replication": "replicated layers",
    "modules_to_save": "whole layers beside LoRA",
    "trainable_token_indices": "single trained tokens",
    "target_parameters": "LoRA on parameters that are no layers",
}


def check(adapter: Adapter) -> list[Finding]:
    """What to know before serving with llama.cpp: what cannot be an adapter is merged."""
    return [
        Finding(
            f.rule,
            Level.WARNING,
            f"{f.text} It is served merged (--to gguf), not beside other adapters.",
        )
        for f in check_file(adapter)
    ]


def check_file(adapter: Adapter) -> list[Finding]:
    """What keeps an adapter from being a GGUF adapter of llama.cpp."""
    return [*_kind(adapter), *_features(adapter), *_start(adapter), *_tensors(adapter)]


def _kind(adapter: Adapter) -> Iterator[Finding]:
    kind = adapter.config.get("peft_type", "LORA")
    if kind != "LORA":
        yield refused("peft_type", f"llama.cpp loads LoRA adapters; this is {kind}.")


def _features(adapter: Adapter) -> Iterator[Finding]:
    for key, name in NOT_IN_A_FILE.items():
        if adapter.config.get(key):
            yield refused(key, f"llama.cpp's adapter file cannot hold {name}.")
    if adapter.config.get("bias", "none") not in ("none", None):
        yield refused("bias", f"llama.cpp's adapter file holds no bias ({adapter.config['bias']}).")


def _start(adapter: Adapter) -> Iterator[Finding]:
    start = adapter.config.get("init_lora_weights", True)
    if isinstance(start, str) and start.lower().startswith(("pissa", "olora", "corda", "loftq")):
        yield refused("init_lora_weights", f"{start!r} changes the base, which llama.cpp does not.")


def _tensors(adapter: Adapter) -> Iterator[Finding]:
    ends = (".lora_A.weight", ".lora_B.weight")
    odd = [name for name in adapter.shapes or () if not name.endswith(ends)]
    if odd:
        yield refused("tensors", f"{odd[0]} is no pair of LoRA matrices ({len(odd)} such).")
