"""Folders that `datasets` wrote with `save_to_disk`: Arrow files beside their description.

state.json          names the .arrow files, in order
dataset_dict.json   names the splits, each a folder of that kind
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from whet.data.places import listed, printable
from whet.data.reading.strict_json import InvalidJSON, parse
from whet.errors import DataError

DESCRIPTIONS = frozenset((
    "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json",
))  # fmt: skip
"""Files in which `datasets` and LLaMA-Factory describe the data beside them."""


def saved_files(folder: Path, name: str) -> list[Path] | None:
    """The Arrow files of a saved data set in their order; None for any other folder.

    Raises:
        DataError: the folder holds several splits, or lacks a file that it names.
    """
    if (folder / "dataset_dict.json").is_file():
        splits = [str(split) for split in _value(folder / "dataset_dict.json", name, "splits")]
        hint = f"Name one, as in {name}/{splits[0]}" if splits else "It has none."
        raise DataError(f"{name}: a saved set with the splits {listed(splits)}. {hint}")
    if not ((folder / "state.json").is_file() and (folder / "dataset_info.json").is_file()):
        return None
    entries = _value(folder / "state.json", name, "_data_files")
    names = [entry.get("filename") if isinstance(entry, dict) else None for entry in entries]
    files = [folder / Path(str(file)).name for file in names]
    lacking = [file.name for file in files if not file.is_file()]
    if lacking:
        raise DataError(f"{name}: state.json names {listed(lacking)}, which the folder lacks.")
    return files


def _value(file: Path, folder: str, key: str) -> list[Any]:
    try:
        described = parse(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, InvalidJSON) as error:
        raise DataError(f"{folder}/{file.name}: cannot be read: {printable(str(error))}") from None
    found = described.get(key) if isinstance(described, dict) else None
    if not isinstance(found, list):
        raise DataError(f"{folder}/{file.name}: lacks the list {key!r}. Save the set again.")
    return found
