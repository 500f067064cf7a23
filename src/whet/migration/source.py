"""Another tool's file: read as strictly as our own, and recognised by its keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.configfile import read_values
from whet.data.places import listed, printable
from whet.errors import ConfigError
from whet.migration.tools import TOOLS, TRL, UNSLOTH, Tool

MIN_KEYS = 2
_ITEMS = ("datasets", "test_datasets", "pretraining_dataset")


@dataclass(frozen=True, slots=True)
class Source:
    """The file of another tool. `values` is the file; `keys` are its keys as flat paths."""

    path: Path
    tool: Tool
    values: Mapping[str, Any]
    keys: Mapping[str, Any]

    def locate(self, name: str) -> Path | None:
        """A file or folder that the file names, or None where there is none of that name.

        Tools take paths from where they were started, which the file does not say: looked at are
        the current folder, the file's own, and the four above that.
        """
        own = self.path.resolve().parent
        for base in (Path.cwd(), own, *list(own.parents)[:4]):
            try:
                found = base / Path(name).expanduser()
                if found.exists():
                    return found.resolve()
            except (OSError, ValueError, RuntimeError):
                return None
        return None


def read_source(path: Path) -> Source:
    """The file with the tool that it belongs to.

    Raises:
        ConfigError: it cannot be read, or belongs to no tool that is known.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such file. Name the configuration to translate.")
    values = read_values(path)
    tool = _tool(path, values)
    return Source(path, tool, values, dict(_flat(values, tool)))


def _tool(path: Path, values: Mapping[str, Any]) -> Tool:
    data = values.get("data")
    if isinstance(data, Mapping) and "train" in data:
        raise ConfigError(f"{path}: this is a whet.yaml already. Use it: whet check --config FILE")
    counts = {tool.name: _score(tool, values) for tool in TOOLS}
    best = max(TOOLS, key=lambda tool: counts[tool.name])
    if counts[best.name] < MIN_KEYS:
        seen = listed([str(key) for key in values], 8) or "no keys"
        names = ", ".join(tool.name for tool in TOOLS)
        raise ConfigError(
            f"{path}: not recognised as a training configuration of {names}. It has {seen}."
        )
    return best


def _score(tool: Tool, values: Mapping[str, Any]) -> int:
    """How many keys speak for a tool; a key that several have counts for each."""
    if tool is UNSLOTH:
        parts = [values[name] for name in ("data", *tool.signature) if name in values]
        sections = [part for part in parts if isinstance(part, Mapping)]
        return 2 * len(sections) if "model" in values or len(sections) > 1 else 0
    count = len(tool.signature & values.keys())
    # `datasets` beside `model_name_or_path` is a mixture of TRL; beside `base_model` Axolotl's.
    if "datasets" in values and ("model_name_or_path" in values) != (tool is TRL):
        count -= "datasets" in tool.signature
    return count


def _flat(values: Mapping[str, Any], tool: Tool) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = printable(str(key))
        if tool is UNSLOTH and isinstance(value, Mapping) and value:
            yield from ((f"{name}.{printable(str(k))}", v) for k, v in value.items())
        elif key in _ITEMS and isinstance(value, list) and value:
            for index, item in enumerate(value):
                yield from _item(f"{name}[{index}]", item)
        else:
            yield name, value


def _item(place: str, item: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(item, Mapping) or not item:
        yield place, item
        return
    for key, value in item.items():
        name = f"{place}.{printable(str(key))}"
        if key == "type" and isinstance(value, Mapping) and value:
            yield from ((f"{name}.{printable(str(k))}", v) for k, v in value.items())
        else:
            yield name, value
