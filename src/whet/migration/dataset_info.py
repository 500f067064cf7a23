"""LLaMA-Factory's `dataset_info.json`: which file a name means, its columns and its roles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whet.data.reading.strict_json import InvalidJSON, parse
from whet.errors import ConfigError
from whet.migration.account import shown
from whet.migration.datasets import DataSet, foreign_roles, turn_keys
from whet.migration.recipe import Recipe

FILE = "dataset_info.json"
MAX_BYTES = 10_000_000
_PAIRS = {
    "prompt": "instruction", "query": "input", "response": "output",
    "history": "history", "system": "system", "tools": "tools",
}  # fmt: skip
_TAGS = {
    "user_tag": ("human", "user"), "assistant_tag": ("gpt", "assistant"),
    "observation_tag": ("observation", "tool"), "system_tag": ("system", "system"),
}  # fmt: skip
_MEDIA = ("images", "videos", "audios")


def described(recipe: Recipe, name: str) -> DataSet:
    """The data set of that name. Without `dataset_info.json` it has no files.

    What cannot be trained on (preference pairs, images) becomes a fault of the recipe.
    """
    folder, table = _table(recipe)
    entry = table.get(name)
    if not isinstance(entry, Mapping):
        if folder is not None:
            known = ", ".join(list(map(str, table))[:8])
            recipe.faults.append(f"{folder / FILE}: has no data set {name!r}. It has {known}.")
        return DataSet(name)
    assert folder is not None
    _refuse(recipe, name, entry)
    _tell_left(recipe, name, entry)
    file = entry.get("file_name")
    files: tuple[Path, ...] = ()
    if isinstance(file, str) and not entry.get("hf_hub_url"):
        files = _data_files(folder / file)
    given = entry.get("columns")
    columns = {str(k): str(v) for k, v in given.items()} if isinstance(given, Mapping) else {}
    if entry.get("formatting") == "sharegpt":
        return _sharegpt(name, files, columns, entry.get("tags"))
    ours = {_PAIRS[key]: column for key, column in columns.items() if key in _PAIRS}
    if {"instruction", "output"} & ours.keys():
        ours = {"instruction": "instruction", "output": "output"} | ours
    return DataSet(name, files, columns=_without_defaults(ours))


def _table(recipe: Recipe) -> tuple[Path | None, Mapping[str, Any]]:
    place = str(recipe.source.values.get("dataset_dir") or "data")
    found = recipe.source.locate(str(Path(place) / FILE))
    if found is None:
        return None, {}
    if found.stat().st_size > MAX_BYTES:
        raise ConfigError(f"{found}: more than {MAX_BYTES} bytes; that is no list of data sets.")
    try:
        value = parse(found.read_text(encoding="utf-8-sig"))
    except (InvalidJSON, UnicodeDecodeError) as error:
        raise ConfigError(f"{found}: not valid JSON: {error}. Mend it.") from None
    if not isinstance(value, Mapping):
        raise ConfigError(f"{found}: expected an object of data sets.")
    return found.parent, value


def _data_files(place: Path) -> tuple[Path, ...]:
    if place.is_dir():
        return tuple(sorted(entry for entry in place.iterdir() if entry.is_file()))
    return (place.resolve(),) if place.is_file() else ()


def _refuse(recipe: Recipe, name: str, entry: Mapping[str, Any]) -> None:
    given = entry.get("columns")
    columns = given if isinstance(given, Mapping) else {}
    if entry.get("ranking") or {"chosen", "rejected", "kto_tag"} & columns.keys():
        recipe.faults.append(
            f"{recipe.source.path}: dataset: {name}: holds preference pairs, not answers to"
            " imitate, and only imitation is translated. Write a whet.yaml with train.objective:"
            " dpo, orpo or kto by hand."
        )
    for medium in _MEDIA:
        if medium in columns:
            recipe.faults.append(
                f"{recipe.source.path}: dataset: {name}: has {medium}; whet trains on text."
            )


def _tell_left(recipe: Recipe, name: str, entry: Mapping[str, Any]) -> None:
    for key in ("num_samples", "subset", "split", "folder"):
        if entry.get(key) not in (None, "", "train"):
            recipe.notes.append(f"{FILE}: {name}.{key} is not read: the whole file is used.")
    tags = entry.get("tags")
    tag = tags.get("function_tag", "function_call") if isinstance(tags, Mapping) else None
    if tag not in (None, "function_call"):
        recipe.notes.append(f"{FILE}: {name}: turns of {shown('tag', tag)} are not read as calls.")


def _sharegpt(name: str, files: tuple[Path, ...], columns: dict[str, str], tags: Any) -> DataSet:
    tags = tags if isinstance(tags, Mapping) else {}
    role = str(tags.get("role_tag") or "from")
    content = str(tags.get("content_tag") or "value")
    roles = {str(tags.get(tag) or default): ours for tag, (default, ours) in _TAGS.items()}
    ours = {"messages": columns.get("messages", "conversations")}
    ours |= {key: columns[key] for key in ("system", "tools") if key in columns}
    named = {str(value) for key, value in tags.items() if key in _TAGS}
    wanted = {r: to for r, to in foreign_roles(role, roles).items() if role == "from" or r in named}
    return DataSet(
        name, files, "train", _without_defaults(ours), wanted, turn_keys(role, content)
    )  # fmt: skip


def _without_defaults(columns: Mapping[str, str]) -> dict[str, str]:
    """Nothing where every column has a name that is understood anyway."""
    plain = {**{v: v for v in _PAIRS.values()}, "messages": "conversations"}
    same = all(plain.get(key) == name or key == name for key, name in columns.items())
    return {} if same else dict(columns)
