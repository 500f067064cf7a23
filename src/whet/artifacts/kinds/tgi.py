"""Kind `tgi`: plain safetensors, which is all that TGI needs. TGI is archived."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from whet.artifacts.card import write_card
from whet.artifacts.kinds import merged
from whet.artifacts.kinds.merged import open_engine, precision
from whet.artifacts.options import Options
from whet.artifacts.proof import Proof
from whet.artifacts.subject import Subject

__all__ = ["finish", "open_engine", "precision", "write"]

IMAGE = "ghcr.io/huggingface/text-generation-inference:3.3.5"
NOTICE = "TGI is archived: nothing is mended there any more. vLLM serves the same files."


def write(subject: Subject, folder: Path, options: Options) -> Sequence[str]:
    """Writes merged weights, configuration, tokenizer and template."""
    merged.write(subject, folder, options)
    return [NOTICE]


def finish(subject: Subject, folder: Path, options: Options, proofs: Sequence[Proof]) -> None:
    """Writes the card."""
    usage = (
        f"```sh\ndocker run --gpus all --shm-size 1g -p 8080:80 -v $PWD:/data/{subject.name} \\\n"
        f"  {IMAGE} --model-id /data/{subject.name}\n```\n\n{NOTICE}"
    )
    write_card(subject, folder, proofs, usage, "transformers")
