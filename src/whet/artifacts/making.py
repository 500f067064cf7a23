"""One artifact: written where nobody sees it, proven, and only then put in its place."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from whet.artifacts.kinds import Finishing, Kind
from whet.artifacts.manifest import File, files_of, manifest_of, proof_values, write_manifest
from whet.artifacts.options import Options
from whet.artifacts.proof import Proof
from whet.artifacts.publishing import new_folder
from whet.artifacts.subject import Subject
from whet.progress import check_stop
from whet.rundir import write_json

Prover = Callable[[Kind, Path, str], Sequence[Proof]]
"""The proof of what a kind wrote into a folder, and in which precision."""


@dataclass(frozen=True, slots=True)
class Made:
    """What came of one kind: a folder, or a proof that failed and where it was written."""

    kind: str
    out: Path
    files: tuple[File, ...]
    proofs: tuple[Proof, ...]
    refused: Path | None = None
    notices: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.refused is None


class _Refused(Exception):
    """Rolls the folder back."""

    def __init__(self, proofs: Sequence[Proof]) -> None:
        self.proofs = tuple(proofs)


def make(subject: Subject, kind: Kind, out: Path, options: Options, prove: Prover) -> Made:
    """Writes, proves and publishes one kind. A proof that fails leaves only `OUT.refused.json`.

    Raises:
        ConfigError: `out` exists, or the kind cannot be made of this subject.
        ArtifactError: the disk refuses.
        ModelError: weights, adapter or tokenizer are not what they should be.
    """
    say, module = options.progress.say, kind.load()
    precision = module.precision(subject, options)
    try:
        with new_folder(out) as folder:
            say(f"writing {kind.name}")
            started = time.monotonic()
            notices = tuple(module.write(subject, folder, options) or ())
            check_stop(options.progress)
            say(f"written in {time.monotonic() - started:.1f} s; asking both for the proof")
            proofs = tuple(prove(kind, folder, precision))
            check_stop(options.progress)
            if not all(proof.passed for proof in proofs) or not proofs:
                raise _Refused(proofs)
            told = replace(subject, notices=(*subject.notices, *notices))
            if isinstance(module, Finishing):
                module.finish(told, folder, options, proofs)
            write_manifest(folder, manifest_of(told, kind.name, precision, folder, proofs))
            files = tuple(files_of(folder))
    except _Refused as refused:
        return Made(kind.name, out, (), refused.proofs, _write_refusal(kind, out, refused.proofs))
    _refusal(out).unlink(missing_ok=True)  # of an earlier try
    return Made(kind.name, out, files, proofs, notices=notices)


def _refusal(out: Path) -> Path:
    return out.with_name(f"{out.name}.refused.json")


def _write_refusal(kind: Kind, out: Path, proofs: Sequence[Proof]) -> Path:
    path = _refusal(out)
    about: dict[str, Any] = {"format": 1, "kind": kind.name, "proof": proof_values(proofs)}
    write_json(path, about)
    return path
