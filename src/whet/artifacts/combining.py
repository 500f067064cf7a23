"""Several adapters of one base made one, through PEFT.

`linear` is the weighted sum of what the adapters change, exactly: PEFT's `cat`, whose rank is the
sum of theirs. (PEFT's own `linear` adds the factors and so mixes every A with every B; PEFT calls
it a very rough approximation.) `ties`, `dare_linear` and `dare_ties` are PEFT's of these names:
they prune the factors to `density`, DARE at random by `seed`.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, get_args

from whet.artifacts.merging.companions import write_json, write_tokenizer
from whet.artifacts.subject import Subject
from whet.errors import ConfigError, ModelError
from whet.models.adapter import FORMAT, ORIGIN, WEIGHTS, adapter_digest
from whet.models.peft_config import CONFIG, read_adapter_config

Method = Literal["linear", "ties", "dare_linear", "dare_ties"]
METHODS: tuple[str, ...] = get_args(Method)
IN_PEFT = {"linear": "cat"}


@dataclass(frozen=True, slots=True)
class Parent:
    """An adapter that goes into a combination, and how much of it."""

    path: str
    digest: str
    weight: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """How adapters are combined. `density` is the share that is kept; None: all (`linear`)."""

    method: str = "linear"
    density: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ConfigError(f"--method: {self.method!r}; there are {', '.join(METHODS)}.")
        if self.method == "linear" and self.density is not None:
            raise ConfigError("--density: `linear` prunes nothing. Leave it out, or choose `ties`.")
        if self.method != "linear" and not 0 < (self.density or 0) <= 1:
            raise ConfigError(
                f"--density: {self.method} wants the share of weights to keep, above 0 and at"
                " most 1 (0.5 is usual)."
            )


def combine(
    parents: Sequence[Subject], weights: Sequence[float], recipe: Recipe, folder: Path
) -> tuple[Parent, ...]:
    """Writes the combination of the parents' adapters into a new folder; returns what went in.

    Raises:
        ConfigError: fewer than two parents, or a weight of 0.
        ModelError: adapters of different bases, or of kinds that PEFT does not combine.
    """
    if len(parents) < 2:
        raise ConfigError("--combine: name two adapters or more, with commas between them.")
    if any(weight == 0 for weight in weights):
        raise ConfigError("--combine: a weight of 0 leaves its adapter out; do not name it.")
    _require_one_base(parents)
    folders = [_plain(parent) for parent in parents]
    told = tuple(
        Parent(str(path), adapter_digest(path), weight)
        for path, weight in zip(folders, weights, strict=True)
    )
    folder.mkdir(parents=True)
    _combined_by_peft(parents[0], folders, weights, recipe, folder)
    write_tokenizer(parents[0], folder)
    write_json(folder / ORIGIN, _origin(parents[0], recipe, told))
    return told


def _require_one_base(parents: Sequence[Subject]) -> None:
    first = parents[0]
    for other in parents[1:]:
        if (other.identity, other.four_bit) != (first.identity, first.four_bit):
            raise ModelError(
                f"{other.adapter} is of {other.model} ({_base(other)}) and {first.adapter} of"
                f" {first.model} ({_base(first)}): weights, tokenizer or template differ."
                " Adapters of different bases cannot be combined."
            )


def _base(subject: Subject) -> str:
    return subject.identity + "-nf4" * subject.four_bit


def _plain(parent: Subject) -> Path:
    """The folder of an adapter that can be combined.

    Raises:
        ModelError: it has no adapter, or one with more than plain LoRA.
    """
    if parent.adapter is None:
        raise ModelError(f"{parent.folder} is a whole model, not an adapter.")
    if read_adapter_config(parent.adapter).get("use_dora"):
        raise ModelError(
            f"{parent.adapter}: a DoRA adapter, whose lengths PEFT does not combine. Train"
            " without train.dora."
        )
    return parent.adapter


def _combined_by_peft(
    subject: Subject,
    folders: Sequence[Path],
    weights: Sequence[float],
    recipe: Recipe,
    folder: Path,
) -> None:
    import torch

    from whet.engines.peft_reference import peft_model_class
    from whet.models.load import load_model

    base = load_model(subject.folder, dtype="float32", device="cpu").model
    with TemporaryDirectory(dir=folder.parent) as place, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # PEFT asks for a name to be dropped
        copies = [_without_rslora(f, Path(place) / f"in{i}") for i, f in enumerate(folders)]
        names = [f"parent{number}" for number in range(len(copies))]
        try:
            model = peft_model_class().from_pretrained(base, str(copies[0]), names[0])
            for name, copy in zip(names[1:], copies[1:], strict=True):
                model.load_adapter(str(copy), name)
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(recipe.seed)
                model.add_weighted_adapter(
                    names,
                    list(weights),
                    "combined",
                    combination_type=IN_PEFT.get(recipe.method, recipe.method),
                    density=recipe.density,
                )
            model.save_pretrained(  # "auto" would look the base up on the hub
                place, selected_adapters=["combined"], save_embedding_layers=False
            )
        except (ValueError, KeyError, RuntimeError) as error:
            raise ModelError(f"PEFT does not combine these adapters: {error}") from None
        shutil.copyfile(Path(place) / "combined" / WEIGHTS, folder / WEIGHTS)
        config = json.loads((Path(place) / "combined" / CONFIG).read_text(encoding="utf-8"))
    write_json(folder / CONFIG, {**config, "base_model_name_or_path": subject.model})


def _without_rslora(adapter: Path, copy: Path) -> Path:
    """The adapter with alpha such that the plain scale, alpha / r, is the one of rsLoRA.

    PEFT gives a combination its first parent's `use_rslora` and an alpha meant for the plain scale.
    """
    copy.mkdir()
    shutil.copyfile(adapter / WEIGHTS, copy / WEIGHTS)
    config = read_adapter_config(adapter)
    if config.get("use_rslora"):
        config |= _plain_scale(config)
    write_json(copy / CONFIG, config)
    return copy


def _plain_scale(config: Mapping[str, Any]) -> dict[str, Any]:
    ranks, alphas = config.get("rank_pattern") or {}, config.get("alpha_pattern") or {}
    if set(ranks) != set(alphas) and (ranks or alphas):
        raise ModelError("rsLoRA with ranks that differ by layer is not combined here.")
    pattern = {name: alpha * ranks[name] ** 0.5 for name, alpha in alphas.items()}
    alpha = config["lora_alpha"] * config["r"] ** 0.5
    return {"use_rslora": False, "lora_alpha": alpha, "alpha_pattern": pattern}


def _origin(subject: Subject, recipe: Recipe, parents: Sequence[Parent]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "base": subject.model,
        "base_identity": _base(subject),
        "combined": {**asdict(recipe), "parents": [asdict(parent) for parent in parents]},
    }
