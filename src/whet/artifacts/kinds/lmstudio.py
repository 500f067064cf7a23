"""Kind `lmstudio`: one GGUF where LM Studio looks for it, `publisher/model/file.gguf`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from whet.artifacts.card import write_card
from whet.artifacts.kinds import gguf
from whet.artifacts.kinds.gguf import gguf_file, open_engine, precision
from whet.artifacts.options import Options
from whet.artifacts.proof import Proof
from whet.artifacts.repository import owner_and_name
from whet.artifacts.subject import Subject

__all__ = ["finish", "open_engine", "precision", "write"]

MODELS = "~/.lmstudio/models"


def write(subject: Subject, folder: Path, options: Options) -> Sequence[str]:
    """Writes `PUBLISHER/MODEL/NAME-KIND.gguf`; LM Studio passes over files at the root unsaid.

    Raises:
        ConfigError: a repository name that is none.
        ModelError: a family that GGUF is not written for.
    """
    place = folder.joinpath(*owner_and_name(repository(subject, options)))
    place.mkdir(parents=True)
    notices = list(gguf.write(subject, place, options))
    if subject.system:
        notices.append("LM Studio takes no system prompt from a file: set the one in README.md.")
    return notices


def finish(subject: Subject, folder: Path, options: Options, proofs: Sequence[Proof]) -> None:
    """Writes the card, with the line that imports the file."""
    repo, file = repository(subject, options), gguf_file(folder).relative_to(folder)
    command = f"lms import {file} --user-repo {repo} -y -c"
    usage = (
        f"```sh\n{command}\n```\n\nor copy the folder `{repo.split('/')[0]}` into `{MODELS}`. LM"
        " Studio reads the chat template and the stop tokens from the file. Set the temperature"
        " and the system prompt below; turn off its other samplers (top-k 0, top-p 1, min-p 0,"
        " repeat penalty 1)."
    )
    write_card(subject, folder, proofs, usage, "gguf")


def repository(subject: Subject, options: Options) -> str:
    """PUBLISHER/MODEL: as asked for, or whet's own."""
    return options.repo or f"whet/{subject.name}"
