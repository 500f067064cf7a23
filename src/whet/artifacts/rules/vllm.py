"""What vLLM's adapter reader takes: `vllm/lora/peft_helper.py` and `lora_model.py` of 0.33.0.

The same cases are put to that reader itself in `tests/artifacts/rules/test_vllm_reader.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from whet.artifacts.rules.adapter import Adapter
from whet.artifacts.rules.finding import Finding, Level, refused
from whet.artifacts.rules.vllm_models import EMBEDDINGS, WITHOUT_LORA, linear_layers

MAX_LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
REQUIRED = ("r", "lora_alpha", "target_modules")
HEADS = ("classifier", "score")
PLAIN_STARTS = ("gaussian", "eva", "orthogonal", "mica", "lora_ga")
"""`init_lora_weights` that leave the base as it is; PiSSA, OLoRA, CorDA and LoftQ change it."""
UNSUPPORTED = {
    "use_dora": "DoRA",
    "lora_bias": "a bias in LoRA's layers",
    "alora_invocation_tokens": "activated LoRA",
    "layer_replication": "replicated layers",
    "use_bdlora": "block-diagonal LoRA",
    "use_qalora": "QALoRA",
    "trainable_token_indices": "single trained tokens",
}


def check(adapter: Adapter) -> list[Finding]:
    """What vLLM 0.33 has against an adapter, every rule that speaks."""
    return [finding for rule in RULES for finding in rule(adapter)]


def max_lora_rank(adapter: Adapter) -> int | None:
    """The smallest `--max-lora-rank` that fits; None: no rank that vLLM serves."""
    ranks = [rank for rank in adapter.ranks if isinstance(rank, int)]
    return next((most for most in MAX_LORA_RANKS if ranks and max(ranks) <= most), None)


def _required(adapter: Adapter) -> Iterator[Finding]:
    kind = adapter.config.get("peft_type", "LORA")
    if kind != "LORA":
        yield refused("peft_type", f"vLLM serves LORA adapters; this is {kind}.")
    missing = [key for key in REQUIRED if adapter.config.get(key) is None]
    if missing:
        yield refused("required", f"adapter_config.json lacks {', '.join(missing)}.")


def _rank(adapter: Adapter) -> Iterator[Finding]:
    odd = [r for r in adapter.ranks if r is not None and (not isinstance(r, int) or r <= 0)]
    if odd:
        yield refused("rank", f"a rank is {odd[0]!r}; vLLM wants positive whole numbers.")
    elif None not in adapter.ranks and max_lora_rank(adapter) is None:
        most = MAX_LORA_RANKS[-1]
        yield refused(
            "rank",
            f"rank {max(adapter.ranks)}, and vLLM serves adapters up to rank {most}"
            " (--max-lora-rank). Train with a lower rank, or serve merged weights.",
        )


def _features(adapter: Adapter) -> Iterator[Finding]:
    for key, name in UNSUPPORTED.items():
        if adapter.config.get(key):
            yield refused(key, f"vLLM serves no adapter with {name}. Serve merged weights.")
    if adapter.config.get("bias", "none") != "none":
        yield refused("bias", f"bias is {adapter.config['bias']!r}; vLLM takes only 'none'.")


def _start(adapter: Adapter) -> Iterator[Finding]:
    start = adapter.config.get("init_lora_weights", True)
    if isinstance(start, str) and start.lower() not in PLAIN_STARTS:
        yield refused(
            "init_lora_weights",
            f"{start!r} changes the base's weights when PEFT loads the adapter, and vLLM does not."
            " Convert it with PEFT's path_initial_model_for_weight_conversion.",
        )


def _modules_to_save(adapter: Adapter) -> Iterator[Finding]:
    saved = [m for m in adapter.config.get("modules_to_save") or () if m not in HEADS]
    if saved:
        yield refused(
            "modules_to_save",
            f"whole layers are saved beside LoRA ({', '.join(saved)}), and vLLM takes only"
            f" {' and '.join(HEADS)} of classifiers. Serve merged weights.",
        )


def _tensors(adapter: Adapter) -> Iterator[Finding]:
    saved = set(adapter.config.get("modules_to_save") or ())
    odd = [name for name in adapter.shapes or () if not _is_lora(name, saved)]
    if odd:
        yield refused(
            "tensors", f"{odd[0]} is no tensor of LoRA that vLLM knows ({len(odd)} such)."
        )
    if adapter.shapes is not None and not adapter.shapes:
        yield refused("tensors", "the adapter holds no tensors.")


def _is_lora(name: str, saved: set[str]) -> bool:
    parts = name.split(".")
    if name.endswith((".embed_tokens.base_layer.weight", ".lm_head.base_layer.weight")):
        return True  # vLLM passes over copies of the base's embeddings
    if len(parts) > 1 and parts[-2] in HEADS and parts[-2] in saved:
        return parts[-1] in ("weight", "bias")
    pair = len(parts) > 1 and parts[-2] in ("lora_A", "lora_B") and parts[-1] == "weight"
    return pair or parts[-1] in ("lora_embedding_A", "lora_embedding_B")


def _model(adapter: Adapter) -> Iterator[Finding]:
    name = adapter.architecture
    if name in WITHOUT_LORA:
        yield refused("model", f"vLLM serves {name} without adapters. Serve merged weights.")
        return
    layers = linear_layers(name)
    if name is None or layers is None:
        yield Finding(
            "model",
            Level.WARNING,
            f"whether vLLM serves adapters for {name or 'this base'} is not known here."
            " Look for SupportsLoRA in its list of models.",
        )
        return
    unknown = sorted(_targets(adapter) - layers)
    if unknown and unknown[0] in EMBEDDINGS:
        text = f"vLLM takes no adapter of {unknown[0]} for {name}. Train without it, or merge."
        yield refused("target_modules", text)
    elif unknown:
        yield refused("target_modules", f"vLLM's {name} has no layer {', '.join(unknown)}.")


def _targets(adapter: Adapter) -> set[str]:
    """Last names of the layers that are adapted: by the tensors, else by the configuration."""
    if adapter.shapes is not None:
        cuts = (".lora_A.weight", ".lora_B.weight", ".lora_embedding_A", ".lora_embedding_B")
        names = {n[: -len(cut)] for n in adapter.shapes for cut in cuts if n.endswith(cut)}
    else:
        named = adapter.config.get("target_modules") or ()
        names = {n for n in named if n != "all-linear"} if not isinstance(named, str) else set()
    return {name.rpartition(".")[2] for name in names}


def _judged_in_four_bits(adapter: Adapter) -> Iterator[Finding]:
    if adapter.four_bit:
        yield Finding(
            "qlora",
            Level.WARNING,
            "trained and judged on a base in NF4; on vLLM's 16-bit base answers differ a little."
            " The proof of the export measures it, or serve the base with"
            " --quantization bitsandbytes.",
        )


Rule = Callable[[Adapter], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    _required,
    _rank,
    _features,
    _start,
    _modules_to_save,
    _tensors,
    _model,
    _judged_in_four_bits,
)
