"""Kind `vllm`: the adapter held against vLLM's rules, with the command that serves it.

A model without an adapter, or an adapter asked for in a `--dtype`, is written as merged weights.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from whet.artifacts.card import write_card
from whet.artifacts.kinds import adapter, merged
from whet.artifacts.merging.companions import GENERATION, generation_of, write_json
from whet.artifacts.options import Options
from whet.artifacts.proof import Proof
from whet.artifacts.rules.adapter import read_adapter
from whet.artifacts.rules.lint import require_servable
from whet.artifacts.rules.vllm import max_lora_rank
from whet.artifacts.subject import Subject
from whet.errors import ModelError
from whet.models.peft_config import CONFIG

if TYPE_CHECKING:
    from whet.artifacts.kinds import KindModule
    from whet.engines.engine import Engine

LAUNCH = "vllm.json"


def write(subject: Subject, folder: Path, options: Options) -> Sequence[str]:
    """Writes the adapter with tokenizer, template and stop tokens, and `vllm.json`.

    Raises:
        ModelError: vLLM does not serve this adapter; every reason is told.
    """
    if not _is_adapter(subject, options):
        merged.write(subject, folder, options)
        _write_launch(subject, folder, serving_name(subject), None)
        return []
    assert subject.adapter is not None
    try:
        findings = require_servable(subject.adapter, "vllm", subject.folder)
    except ModelError as error:
        raise ModelError(f"{error}\nMerged weights are served: add --dtype bfloat16.") from None
    adapter.write(subject, folder, options)
    write_json(folder / GENERATION, generation_of(subject))
    rank = max_lora_rank(read_adapter(subject.adapter))
    _write_launch(subject, folder, serving_name(subject), rank)
    return [str(finding) for finding in findings]


def open_engine(subject: Subject, folder: Path, options: Options) -> Engine:
    """Base and adapter as PEFT puts them together, or the merged model, by what lies there."""
    written: KindModule = adapter if (folder / CONFIG).is_file() else merged
    return written.open_engine(subject, folder, options)


def precision(subject: Subject, options: Options) -> str:
    """An adapter is not rounded; merged weights are in their dtype."""
    return _kind(subject, options).precision(subject, options)


def finish(subject: Subject, folder: Path, options: Options, proofs: Sequence[Proof]) -> None:
    """Writes the card, with the command."""
    launch = json.loads((folder / LAUNCH).read_text(encoding="utf-8"))
    text = f"From this folder:\n\n```sh\n{shlex.join(launch['command'])}\n```\n\n"
    text += f"Ask for the model `{launch['name']}`."
    if launch["max_lora_rank"]:
        text += (
            " Its name holds the adapter's digest: vLLM keeps what it computed under a name, so"
            " another adapter never goes under this one."
        )
    library = "peft" if launch["max_lora_rank"] else "transformers"
    write_card(subject, folder, proofs, text, library)


def serving_name(subject: Subject) -> str:
    """A name of this version alone."""
    return f"{subject.name}-{(subject.adapter_digest or subject.identity)[:8]}"


def command(subject: Subject, name: str, rank: int | None) -> list[str]:
    """What starts vLLM, run in the artifact's folder."""
    asked = ["--chat-template", "chat_template.jinja", "--generation-config", "."]
    if rank is None:
        return ["vllm", "serve", ".", "--served-model-name", name, *asked]
    lora = ["--enable-lora", "--max-lora-rank", str(rank), "--lora-modules", f"{name}=."]
    return ["vllm", "serve", base_to_serve(subject), *lora, *asked]


def base_to_serve(subject: Subject) -> str:
    """The base as vLLM finds it: a hub id, or a folder of this machine."""
    is_id = subject.model.count("/") == 1 and not Path(subject.model).exists()
    return subject.model if is_id else str(subject.folder)


def _write_launch(subject: Subject, folder: Path, name: str, rank: int | None) -> None:
    about = {
        "name": name,
        "base": {"name": subject.model, "identity": subject.identity} if rank else None,
        "max_lora_rank": rank,
        "command": command(subject, name, rank),
    }
    write_json(folder / LAUNCH, about)


def _is_adapter(subject: Subject, options: Options) -> bool:
    return subject.adapter is not None and options.dtype is None


def _kind(subject: Subject, options: Options) -> KindModule:
    """Of which kind the weights are written."""
    if _is_adapter(subject, options):
        return adapter
    return merged
