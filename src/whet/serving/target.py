"""What is to be served, told apart by content: a GGUF, a model folder, an adapter over its base."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.errors import ConfigError, ModelError

ENGINES = ("auto", "llama.cpp", "transformers", "vllm")


@dataclass(frozen=True, slots=True)
class Target:
    """One model: either `gguf`, or `model` (a folder or a name) with or without an `adapter`.

    `system` is the system prompt that it was judged with, where that is known.
    """

    name: str
    gguf: Path | None = None
    model: str | None = None
    adapter: Path | None = None
    template: Path | None = None
    four_bit: bool = False
    system: str | None = None


def find_target(what: str | Path) -> Target:
    """The target of a path or of a model's name; of an artifact after its files were checked.

    Raises:
        ConfigError: there is no such thing, or nothing in it that can be served.
        ArtifactError: files of an artifact are not what its manifest says.
    """
    path = Path(what).expanduser()
    if path.is_file():
        if path.suffix.lower() != ".gguf":
            raise ConfigError(f"{path}: expected a .gguf file, a folder, a run or a model's name.")
        return Target(path.stem, gguf=path.resolve())
    if not path.is_dir():
        return Target(str(what), model=str(what))
    manifest = _checked(path)
    name = str(manifest.get("name") or path.resolve().name)
    system = manifest.get("system")
    ggufs = sorted(path.rglob("*.gguf"))
    if len(ggufs) > 1:
        listed = ", ".join(str(file.relative_to(path)) for file in ggufs[:5])
        raise ConfigError(f"{path} holds {len(ggufs)} GGUF files ({listed}); name one of them.")
    if ggufs:
        return Target(name, gguf=ggufs[0].resolve(), system=system)
    folder = _only_one(path, "adapter_config.json")
    if folder is not None:
        return _adapter(folder, name, system, manifest)
    folder = _only_one(path, "config.json")
    if folder is None:
        raise ConfigError(
            f"{path} holds no model: no .gguf, no config.json, no adapter_config.json. Name a run,"
            " an artifact of `whet export`, a GGUF, a model folder or a model's name."
        )
    return Target(name, model=str(folder.resolve()), system=system)


def _only_one(path: Path, name: str) -> Path | None:
    """The folder that holds a file of that name: this one, or the only one in it."""
    if (path / name).is_file():
        return path
    found = sorted(path.glob(f"*/{name}"))
    return found[0].parent if len(found) == 1 else None


def _adapter(folder: Path, name: str, system: str | None, manifest: Mapping[str, Any]) -> Target:
    from whet.models.adapter import was_trained_in_four_bits

    try:
        config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        base = config.get("base_model_name_or_path")
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{folder}/adapter_config.json: cannot be read: {error}.") from None
    told = (manifest.get("base") or {}).get("name") or base
    if not isinstance(told, str) or not told:
        raise ModelError(f"{folder}: the adapter does not say which base model it needs.")
    return Target(
        name,
        model=told,
        adapter=folder.resolve(),
        four_bit=was_trained_in_four_bits(folder),
        system=system,
    )


def _checked(path: Path) -> Mapping[str, Any]:
    """The manifest of an artifact whose files are what it says; empty where there is none."""
    from whet.artifacts.manifest import files_of, read_manifest
    from whet.errors import ArtifactError

    manifest = read_manifest(path)
    if manifest is None:
        return {}
    told = {file["path"]: file["sha256"] for file in manifest["files"]}
    found = {file.path: file.sha256 for file in files_of(path)}
    wrong = sorted(name for name in told | found if told.get(name) != found.get(name))
    if wrong:
        raise ArtifactError(
            f"{path}: {wrong[0]} is not what was exported ({len(wrong)} of {len(told)} files"
            " differ, are missing or were added). It is not served; export it again."
        )
    return manifest
