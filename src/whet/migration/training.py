"""The `train` section from another tool's settings."""

from __future__ import annotations

import math

from whet.migration.account import Fate
from whet.migration.batch import Lengths, packed_share
from whet.migration.recipe import Recipe
from whet.migration.tools import TRL

_SCHEDULES = {
    "cosine": "cosine", "linear": "linear", "constant": "constant",
    "constant_with_warmup": "constant",
}  # fmt: skip
_TOO_LONG = {
    "drop": ("drop", ""),
    "raise": ("error", ""),
    "truncate": ("truncate_right", "whet cuts the end of the prompt and never an answer"),
    "cut_end": ("truncate_right", "whet cuts the end of the prompt and never an answer"),
    "keep_start": ("truncate_right", "whet cuts the end of the prompt and never an answer"),
    "keep_end": ("truncate_left", "whet cuts the beginning of the prompt and never an answer"),
}
_MAX_EPOCHS = 1000.0
_OWN_PACE = "validation is measured three times an epoch, or as train.evals_per_epoch says."


def translate_training(recipe: Recipe, lengths: Lengths | None) -> None:
    """Fills in `train`, `data.on_too_long` and what belongs to them.

    Without `lengths` (the data are not here) what has to be measured on them is left at whet's
    own default, and said.
    """
    _method(recipe)
    if recipe.ours["train.method"] != "full":
        _adapter(recipe)
    else:
        for concept in ("rank", "lora_alpha", "lora_dropout", "targets", "target_linear", "rslora"):
            recipe.close(concept, Fate.IRRELEVANT, "all weights are trained, without an adapter.")
    _plain(recipe)
    _lengths(recipe)
    _batch(recipe, lengths)
    _steps(recipe, lengths)
    _evaluation(recipe, lengths)


def _method(recipe: Recipe) -> None:
    asked = recipe.get("adapter")
    name = str(asked).lower()
    bits = recipe.get("four_bit")  # LLaMA-Factory's quantization_bit may be 8
    adapter = "qlora" if name == "qlora" or bits not in (None, False, 0, 8) else "lora"
    if name in ("lora", "qlora") or asked is True:
        recipe.put("train.method", adapter, "adapter")
    elif asked is None or asked is False or name in ("full", "none"):
        recipe.put("train.method", "full", "adapter")
    else:
        recipe.put("train.method", adapter)
        recipe.instead("adapter", "LoRA on every linear layer is trained.")
    _bits(recipe)
    if recipe.ours["train.method"] != "full" and recipe.has("dora"):
        recipe.put("train.dora", bool(recipe.get("dora")), "dora")
    else:
        recipe.close("dora", Fate.IRRELEVANT, "no adapter is trained.")


def _bits(recipe: Recipe) -> None:
    method = recipe.ours["train.method"]
    for concept in ("four_bit", "eight_bit"):
        value = recipe.get(concept)
        if value in (None, False, 0):
            recipe.close(concept, Fate.IRRELEVANT, "off.")
        elif concept == "four_bit" and method == "qlora":
            recipe.put("train.method", method, concept)
        else:
            recipe.instead(concept, "the base weights stay in 16 bit, which takes more memory.")


def _adapter(recipe: Recipe) -> None:
    rank = recipe.count("rank", 16)
    recipe.put("train.rank", rank, "rank")
    alpha = recipe.number("lora_alpha")
    if alpha is None:
        alpha = 2 * rank if recipe.source.tool.name == "LLaMA-Factory" else rank
    recipe.put("train.alpha", alpha, "lora_alpha")
    recipe.put("train.dropout", recipe.number("lora_dropout", 0.0), "lora_dropout")
    if recipe.has("rslora"):
        recipe.put("train.rslora", bool(recipe.get("rslora")), "rslora")
    _targets(recipe)


def _targets(recipe: Recipe) -> None:
    asked = recipe.get("targets")
    if recipe.has("target_linear"):
        linear = bool(recipe.get("target_linear"))
        recipe.close("target_linear", Fate.TRANSLATED, "train.target_modules" if linear else "off")
        asked = "all" if linear else asked
    if asked in (None, "all", "all-linear"):
        comment = "" if asked else f"{recipe.source.tool.name} names none: every linear layer"
        recipe.put("train.target_modules", "all-linear", "targets", comment=comment)
        return
    names = asked.split(",") if isinstance(asked, str) else asked
    names = names if isinstance(names, list) else []
    names = [str(name).strip() for name in names if str(name).strip()]
    plain = all(name.replace("_", "").replace(".", "").isalnum() for name in names)
    if names and plain:
        recipe.put("train.target_modules", names, "targets")
    else:
        recipe.put("train.target_modules", "all-linear")
        recipe.instead("targets", "patterns of names are not read: every linear layer is adapted.")


def _plain(recipe: Recipe) -> None:
    """Settings that are one number or word on both sides."""
    rate = recipe.number("learning_rate")
    if rate is not None:
        recipe.put("train.learning_rate", rate, "learning_rate")
    recipe.put("train.weight_decay", recipe.number("weight_decay", 0.0), "weight_decay")
    recipe.put("train.clip_norm", recipe.number("clip_norm", 1.0), "clip_norm")
    seed = recipe.number("seed", 0)
    recipe.put("train.seed", max(0, int(seed or 0)), "seed")
    schedule = str(recipe.get("schedule"))
    if schedule in _SCHEDULES:
        recipe.put("train.schedule", _SCHEDULES[schedule], "schedule")
    else:
        recipe.put("train.schedule", "cosine")
        recipe.instead("schedule", "the learning rate falls along a cosine.")
    optimizer = str(recipe.get("optimizer") or "adamw").lower()
    if optimizer.startswith("adamw") and "8bit" not in optimizer:
        recipe.close("optimizer", Fate.IRRELEVANT, "whet trains with AdamW too.")
    else:
        recipe.instead("optimizer", "AdamW in full precision; look at the learning rate again.")
    asked = [recipe.get(name) for name in ("bf16", "fp16") if recipe.has(name)]
    if asked and all(value is False for value in asked):
        recipe.put("train.dtype", "float32", "bf16", "fp16")
    elif asked:
        recipe.put("train.dtype", "auto", "bf16", "fp16", comment="16 bit where that is faster")


def _lengths(recipe: Recipe) -> None:
    unlimited = recipe.source.tool is TRL and recipe.source.keys.get("max_length", 0) is None
    longest = None if unlimited else recipe.number("max_length")
    if longest is not None:
        recipe.put("train.max_length", int(longest), "max_length")
    else:
        recipe.close("max_length", Fate.TRANSLATED, "no limit: the longest row decides")
    if unlimited:
        recipe.notes.append("max_length is empty, which TRL reads as no limit, and so does whet.")
    policy, comment = _TOO_LONG.get(str(recipe.get("too_long")), ("error", ""))
    recipe.put("data.on_too_long", policy, "too_long", comment=comment)


def _batch(recipe: Recipe, lengths: Lengths | None) -> None:
    """Examples in an optimizer step: rows in a step times examples in a row."""
    micro = recipe.count("micro_batch", 1)
    accumulation = recipe.count("accumulation", 1)
    if recipe.has("batch_of_device") and not recipe.has("accumulation"):
        total = recipe.count("batch_of_device", micro)
        accumulation = max(1, total // micro)
    concepts = ("micro_batch", "accumulation", "packing", "batch_of_device")
    per_step = f"{micro} rows x {accumulation} accumulated"
    if not recipe.get("packing"):
        recipe.put("train.batch_size", micro * accumulation, *concepts, comment=per_step)
    elif lengths is None or not lengths.tokens:
        recipe.put("train.batch_size", micro * accumulation, *concepts,
                   comment=f"{per_step}, packed: NOT MEASURED, the data are not here")  # fmt: skip
        recipe.notes.append("train.batch_size counts packed rows as single examples: the data are"
                            " not here to be measured. Repeat with --data FILE.")  # fmt: skip
    else:
        longest = recipe.count("max_length", 2048)
        share = packed_share(lengths.tokens, longest)
        size = max(1, round(micro * accumulation * share))
        said = f"{per_step} x {share:.1f} examples in {longest} tokens, by {lengths.measure}"
        recipe.put("train.batch_size", size, *concepts, comment=said)
        recipe.notes.append(f"train.batch_size: {size}, from {said}.")
    recipe.notes.append("batch_size is for one device; multiply it if you trained on several.")


def _steps(recipe: Recipe, lengths: Lengths | None) -> None:
    """Epochs and warm-up, from shares or from counts of optimizer steps."""
    num_rows = lengths.num_rows * (1 - _held_out(recipe, lengths)) if lengths else 0
    per_epoch = num_rows / recipe.ours["train.batch_size"]
    epochs = recipe.number("epochs", 3.0) or 3.0
    limit = recipe.number("max_steps", 0) or 0
    if limit > 0 and per_epoch:
        epochs = min(_MAX_EPOCHS, limit / per_epoch)
        shown_epochs = float(f"{epochs:.3g}")
        comment = f"{limit:g} steps of {recipe.ours['train.batch_size']} examples"
        recipe.put("train.epochs", shown_epochs, "max_steps", comment=comment)
        recipe.close("epochs", Fate.IRRELEVANT, "max_steps goes before it.")
    else:
        recipe.put("train.epochs", min(_MAX_EPOCHS, epochs), "epochs")
        if limit > 0:
            recipe.instead("max_steps", "the data are not here to turn steps into epochs.")
        recipe.close("max_steps", Fate.IRRELEVANT, "off.")
    steps = recipe.number("warmup_steps", 0) or 0
    share = recipe.number("warmup_ratio", 0.0) or 0.0
    if steps >= 1 and per_epoch:
        share = min(0.5, steps / max(1.0, per_epoch * epochs))
        comment = f"{steps:g} of {per_epoch * epochs:.0f} steps"
        recipe.put("train.warmup_fraction", float(f"{share:.2g}"), "warmup_steps", comment=comment)
        recipe.close("warmup_ratio", Fate.IRRELEVANT, "warmup_steps goes before it.")
        return
    if steps >= 1:
        recipe.instead("warmup_steps", "3 % of the steps: the data are not here to count steps.")
        share = share or 0.03
    share = steps if 0 < steps < 1 else share
    recipe.put("train.warmup_fraction", min(0.99, share), "warmup_ratio")
    if steps < 1:
        recipe.close("warmup_steps", Fate.TRANSLATED, f"train.warmup_fraction: {share:g}")


def _held_out(recipe: Recipe, lengths: Lengths | None) -> float:
    """The share of the rows that the other tool kept from training."""
    share = recipe.number("validation", 0.0) or 0.0
    return min(0.9, share / max(1, lengths.num_rows) if share >= 1 and lengths else share)


def _evaluation(recipe: Recipe, lengths: Lengths | None) -> None:
    per_epoch = recipe.number("evals_per_epoch", 0) or 0
    every = recipe.number("eval_steps", 0) or 0
    strategy = str(recipe.get("eval_strategy") or "").lower()
    if per_epoch >= 1:
        recipe.put("train.evals_per_epoch", int(per_epoch), "evals_per_epoch")
    elif 0 < every < 1:
        times = every * float(recipe.ours["train.epochs"])
        recipe.put("train.evals_per_epoch", max(1, round(1 / max(times, 1e-9))), "eval_steps")
    elif every >= 1 and lengths and lengths.num_rows:
        steps = math.ceil(lengths.num_rows / recipe.ours["train.batch_size"])
        recipe.put("train.evals_per_epoch", max(1, round(steps / every)), "eval_steps")
    elif strategy == "epoch":
        recipe.put("train.evals_per_epoch", 1, "eval_strategy")
    for concept in ("evals_per_epoch", "eval_steps", "eval_strategy"):
        for key in recipe.given.get(concept, ()):
            if recipe.account.is_open(key):
                recipe.account.close(key, Fate.IRRELEVANT, _OWN_PACE)
    if recipe.has("patience"):
        recipe.put("train.patience", int(recipe.number("patience", 3) or 0), "patience")
