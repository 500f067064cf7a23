"""What an artifact says of itself: its files by digest, what it was made of, and its proof.

whet-manifest.json
    format, kind, precision, name, whet  what it is, and what wrote it
    files                                [{path, sha256, bytes}], every file but this one
    base                                 {name, identity}: of what it was made, or what it needs;
                                     no identity where a model was trained in full
identity                             of the model that was judged, its adapter left out
    adapter                              digest of the adapter, or null
    run                                  {name, created}: the run that trained it, or null
    created                              when this was exported
    template_sha256, stop_ids, system    what a server must use
    proof                                the lines of `whet.artifacts.proof`
    notices                              what a user should know
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.artifacts.proof import Proof
from whet.artifacts.subject import Subject
from whet.errors import ArtifactError
from whet.rundir import RunDir
from whet.version import __version__

MANIFEST = "whet-manifest.json"
FORMAT = 1
MAX_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class File:
    """One file of an artifact; `path` is relative to its folder, with `/`."""

    path: str
    sha256: str
    bytes: int


def manifest_of(
    subject: Subject, kind: str, precision: str, folder: Path, proofs: Sequence[Proof]
) -> dict[str, Any]:
    """The manifest of a folder that is otherwise complete."""
    return {
        "format": FORMAT,
        "kind": kind,
        "precision": precision,
        "name": subject.name,
        "whet": __version__,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "files": [
            {"path": file.path, "sha256": file.sha256, "bytes": file.bytes}
            for file in files_of(folder)
        ],
        "base": {
            "name": subject.model,
            "identity": subject.identity if subject.is_base_here else None,
        },
        "identity": subject.identity,
        "adapter": subject.adapter_digest,
        "run": run_of(subject.run),
        "template_sha256": text_digest(subject.template),
        "stop_ids": list(subject.stop_ids),
        "system": subject.system,
        "proof": proof_values(proofs),
        "notices": list(subject.notices),
    }


def run_of(run: Path | None) -> dict[str, str] | None:
    """What a manifest says of a run: nothing of the machine that it lies on."""
    if run is None:
        return None
    return {
        "name": f"{run.parent.name}/{run.name}",
        "created": str(RunDir(run).record()["created"]),
    }


def proof_values(proofs: Sequence[Proof]) -> list[dict[str, Any]]:
    """The lines of a proof as JSON, in which a number that is none is null."""
    return [_finite(proof.to_json()) for proof in proofs]


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def files_of(folder: Path) -> list[File]:
    """Every file of a folder but its manifest, with its digest, in the order of their paths."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if name != MANIFEST:
            found.append(File(name, file_digest(path), path.stat().st_size))
    return found


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Writes it into the folder that it is about."""
    text = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with (folder / MANIFEST).open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """What an artifact's folder says of itself; None where it has no manifest.

    Raises:
        ArtifactError: it is damaged, or of a newer format.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES:,} bytes")
        manifest = json.loads(path.read_text(encoding="utf-8"))
        _check_shape(manifest)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArtifactError(f"{path}: damaged: {type(error).__name__}: {error}.") from None
    if manifest["format"] > FORMAT:
        raise ArtifactError(
            f"{path}: format {manifest['format']}, and this whet reads {FORMAT}. Upgrade whet."
        )
    return dict(manifest)


def _check_shape(manifest: Any) -> None:
    if not isinstance(manifest["format"], int) or not isinstance(manifest["kind"], str):
        raise TypeError("format or kind is of another type")
    for file in manifest["files"]:
        path = Path(file["path"])
        if path.is_absolute() or ".." in path.parts or "\\" in file["path"]:
            raise ValueError(f"names a file outside its folder: {file['path'][:80]!r}")
        if not isinstance(file["sha256"], str) or not isinstance(file["bytes"], int):
            raise TypeError("a file without digest or size")
    if not isinstance(manifest["base"]["name"], str):
        raise TypeError("no name of a base")
