"""An artifact, running: whichever engine its files are for, found by what is in the folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from whet.artifacts.gguf_summary import read_summary
from whet.artifacts.manifest import MANIFEST
from whet.artifacts.verifying import (
    Artifact,
    check_artifact,
    check_need,
    need_of,
    open_artifact_folder,
)
from whet.engines.engine import Engine
from whet.errors import ArtifactError
from whet.types import Outcome

CONFIG, ADAPTER, TEMPLATE = "config.json", "adapter_config.json", "chat_template.jinja"


@dataclass(frozen=True, slots=True)
class Opened:
    """A running artifact, its name, and the system prompt that it was judged with."""

    engine: Engine
    name: str
    system: str | None


def is_artifact(path: Path) -> bool:
    """Whether a path is a GGUF file or a folder that `whet export` wrote."""
    return (path.is_file() and path.suffix == ".gguf") or (path / MANIFEST).is_file()


def open_artifact(path: Path) -> Opened:
    """The artifact behind the engine of its kind, once its files are known to be as written.

    Raises:
        ArtifactError: files are not as they were written, or there is nothing to run.
        ModelError: what is there cannot be loaded.
    """
    artifact = open_artifact_folder(path)
    faults = [
        f"{check.name}: {check.told}"
        for check in check_artifact(artifact, whole=path.is_dir())
        if check.result is Outcome.FAIL
    ]
    if faults:
        raise ArtifactError("\n".join([f"{path}: is not what it was when it was proven.", *faults]))
    about = artifact.manifest or {}
    name = str(about.get("name") or (path.stem if path.is_file() else path.name))
    return Opened(_engine(artifact, path), name, about.get("system"))


def _engine(artifact: Artifact, path: Path) -> Engine:
    files = [file for file in artifact.files if file.suffix == ".gguf"]
    if files:
        return _llama_cpp(files, path)
    folder = next((f.parent for f in artifact.files if f.name == ADAPTER), None)
    if folder is not None:
        return _adapted(artifact, folder)
    if not (artifact.root / CONFIG).is_file():
        raise ArtifactError(f"{path}: holds no model: no GGUF, no {CONFIG}, no {ADAPTER}.")
    from whet.engines.reference import open_shipped

    return open_shipped(artifact.root)


def _llama_cpp(files: list[Path], path: Path) -> Engine:
    from whet.engines.llama_cpp import LlamaCpp

    if len(files) > 1:
        raise ArtifactError(f"{path}: holds {len(files)} GGUF files; name one of them.")
    if read_summary(files[0]).is_adapter:
        raise ArtifactError(
            f"{files[0]}: is an adapter, and llama.cpp wants a GGUF of its base with it. Name the"
            " run, or export --to gguf."
        )
    return LlamaCpp(files[0])


def _adapted(artifact: Artifact, folder: Path) -> Engine:
    from whet.engines.reference import open_judged

    need = need_of(artifact)
    if need is None or need.here is None:
        name = need.name if need else "its base"
        raise ArtifactError(f"{folder}: needs {name}, which is not on this machine.")
    faults = [c.told for c in check_need(artifact, need) if c.result is Outcome.FAIL]
    if faults:
        raise ArtifactError("\n".join([f"{folder}: its base is another one.", *faults]))
    own = folder / TEMPLATE
    template = own if own.is_file() else None
    return open_judged(need.here, adapter=folder, template=template)
