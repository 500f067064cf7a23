"""Which data sets a file names, tool by tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from whet.migration.account import Fate
from whet.migration.axolotl import axolotl_datasets
from whet.migration.dataset_info import described
from whet.migration.datasets import Closing, DataSet, local_files
from whet.migration.recipe import Recipe


def find_datasets(recipe: Recipe) -> list[DataSet]:
    """Every data set that the file names, training and validation; its keys are closed.

    Data that are no examples to imitate become faults of the recipe.
    """
    found = _FINDERS[recipe.source.tool.name](recipe)
    if not any(data.split == "train" for data in found) and not recipe.faults:
        recipe.faults.append(
            f"{recipe.source.path}: names no training data. Is it a training configuration?"
        )
    return found


def _trl(recipe: Recipe) -> list[DataSet]:
    sets = []
    name = recipe.source.values.get("dataset_name")
    if name:
        sets.append(DataSet(str(name), local_files(recipe, str(name))))
        _close_all(recipe, "data.train", "dataset_name")
    items = recipe.source.values.get("datasets")
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if not isinstance(item, Mapping):
            continue
        closing = Closing(recipe, f"datasets[{index}]")
        place = str(item.get("path") or "")
        given = item.get("data_files")
        parts = given if isinstance(given, list) else [given or place]
        files = tuple(file for part in parts for file in local_files(recipe, str(part)))
        sets.append(DataSet(place, files))
        closing.translated("data.train", "path", "data_files")
    if recipe.source.values.get("dataset_text_field") not in (None, "", "text"):
        recipe.account.close("dataset_text_field", Fate.INSTEAD, "whet wants answers, not text.")
    return sets


def _unsloth(recipe: Recipe) -> list[DataSet]:
    data = recipe.source.values.get("data")
    data = data if isinstance(data, Mapping) else {}
    if str(data.get("format_type")).lower() == "raw":
        recipe.faults.append(
            f"{recipe.source.path}: data.format_type: raw: whet trains on questions and answers,"
            " not on running text."
        )
    given = data.get("local_dataset")
    names = [*(given if isinstance(given, list) else [given]), data.get("dataset")]
    sets = [DataSet(str(name), local_files(recipe, str(name))) for name in names if name]
    _close_all(recipe, "data.train", "data.local_dataset", "data.dataset")
    if recipe.account.is_open("data.format_type"):
        recipe.account.close("data.format_type", Fate.IRRELEVANT, "whet finds the format itself.")
    return sets


def _close_all(recipe: Recipe, ours: str, *keys: str) -> None:
    for key in keys:
        if recipe.account.is_open(key):
            recipe.account.close(key, Fate.TRANSLATED, ours)


def _llama_factory(recipe: Recipe) -> list[DataSet]:
    sets = []
    for key, split in (("dataset", "train"), ("eval_dataset", "validation")):
        given = recipe.source.values.get(key)
        names = given.split(",") if isinstance(given, str) else given
        for name in names if isinstance(names, list) else ():
            data = described(recipe, str(name).strip())
            sets.append(replace(data, split=split))
        _close_all(recipe, f"data.{split}", key)
    _close_all(recipe, "data.train", "dataset_dir")
    return sets


_FINDERS = {
    "Axolotl": axolotl_datasets, "LLaMA-Factory": _llama_factory, "TRL": _trl, "Unsloth": _unsloth,
}  # fmt: skip
