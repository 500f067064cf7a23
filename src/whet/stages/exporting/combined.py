"""Adapters that `whet export --combine` names, made one before anything is exported."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from whet.artifacts.combining import Parent, Recipe, combine
from whet.artifacts.subject import Subject
from whet.config import Config
from whet.errors import ConfigError
from whet.stages.exporting.named import Named, base_of, find_named
from whet.stages.exporting.subjects import subject_of


@contextmanager
def export_subject(
    source: Config | str | Path,
    overrides: Sequence[str],
    *,
    adapter: str | Path | None,
    model: str | None,
    root: str | Path | None,
    num_prompts: int,
    combine: str | None,
    recipe: Recipe,
) -> Iterator[Subject]:
    """What is exported: what was named, or a combination of adapters.

    Raises:
        ConfigError, ModelError: what was named cannot be exported.
    """
    if combine is None:
        if recipe != Recipe():
            raise ConfigError("--method and --density are of --combine A:0.5,B:0.5.")
        named = find_named(source, overrides, adapter=adapter, model=model, root=root)
        yield subject_of(named, num_prompts)
        return
    if adapter is not None:
        raise ConfigError("--combine names its adapters itself; leave --adapter out.")
    with combined_subject(
        parse_parents(combine),
        recipe,
        source,
        overrides,
        model=model,
        root=root,
        num_prompts=num_prompts,
    ) as subject:
        yield subject


def parse_parents(text: str) -> list[tuple[Path, float]]:
    """`A:0.5,B:0.5` as adapters and their weights; a run stands for its adapter.

    Raises:
        ConfigError: a part that is no adapter with a weight.
    """
    parents = []
    for part in text.split(","):
        name, _, number = part.strip().rpartition(":")
        try:
            weight = float(number)
        except ValueError:
            name, weight = "", 0.0
        if not name or not math.isfinite(weight):
            raise ConfigError(f"--combine: {part.strip()!r}; expected ADAPTER:WEIGHT, as A:0.5.")
        parents.append((_adapter(Path(name).expanduser()), weight))
    return parents


def _adapter(path: Path) -> Path:
    for folder in (path, path / "adapter"):
        if (folder / "adapter_config.json").is_file():
            return folder.resolve()
    raise ConfigError(f"--combine: {path}: no PEFT adapter, and no run with one.")


@contextmanager
def combined_subject(
    parents: Sequence[tuple[Path, float]],
    recipe: Recipe,
    source: Config | str | Path,
    overrides: Sequence[str],
    *,
    model: str | None,
    root: str | Path | None,
    num_prompts: int,
) -> Iterator[Subject]:
    """What is exported of a combination; its folder lasts as long as the block.

    Of a project it takes the prompts that its tuned model is asked with.

    Raises:
        ConfigError, ModelError: adapters that cannot be combined.
    """
    has_project = isinstance(source, Config) or Path(source).exists()
    base = model or (None if has_project else base_of(parents[0][0]))
    with TemporaryDirectory(prefix="whet-combine-") as place:
        folder = Path(place) / "combined"
        subjects = [
            subject_of(Named(adapter=path, model=model or base_of(path)), 1) for path, _ in parents
        ]
        told = combine(subjects, [weight for _, weight in parents], recipe, folder)
        named = find_named(source, overrides, adapter=folder, model=base, root=root)
        subject = subject_of(named, num_prompts)
        kept = [notice for notice in subject.notices if "this run" not in notice]
        notices = (*kept, _note(told, recipe))
        yield replace(subject, run=None, report=None, notices=notices)


def _note(parents: Sequence[Parent], recipe: Recipe) -> str:
    parts = " and ".join(f"{p.weight:g} x {p.path} ({p.digest})" for p in parents)
    density = "" if recipe.density is None else f", density {recipe.density:g}, seed {recipe.seed}"
    return (
        f"a combination of {parts} by {recipe.method}{density}; no run has judged it: whet eval"
        " --adapter"
    )
