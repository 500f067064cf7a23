"""Kind `ollama`: one GGUF, and a Modelfile that asks it as it was judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from whet.artifacts.card import write_card
from whet.artifacts.gguf_summary import read_summary
from whet.artifacts.kinds import gguf
from whet.artifacts.kinds.gguf import gguf_file, open_engine, precision
from whet.artifacts.ollama.modelfile import Modelfile, can_hold, stop_parameters
from whet.artifacts.ollama.template import ollama_template
from whet.artifacts.options import Options
from whet.artifacts.proof import Proof
from whet.artifacts.subject import Subject
from whet.errors import ArtifactError
from whet.rows.render import render_prompt

__all__ = ["finish", "open_engine", "precision", "write"]

SMALLEST_CONTEXT, LARGEST_CONTEXT = 4096, 131_072


def write(subject: Subject, folder: Path, options: Options) -> Sequence[str]:
    """Writes `NAME-KIND.gguf` and `Modelfile`.

    Raises:
        ModelError: a family that GGUF is not written for, or a chat template that Ollama's
            templates cannot say.
    """
    notices = gguf.write(subject, folder, options)
    file = gguf_file(folder)
    in_template = subject.system if subject.system and not can_hold(subject.system) else None
    template = ollama_template(
        subject.tokenizer, bos=bos_before(file, subject), prompts=subject.prompts,
        system=in_template,
    )  # fmt: skip
    modelfile = Modelfile(
        file=file.name,
        template=template.source,
        parameters=tuple(parameters(subject)),
        system=None if in_template else subject.system,
        remarks=(f"ollama create {subject.name} -f Modelfile",),
    )
    (folder / "Modelfile").write_text(modelfile.text(), encoding="utf-8", newline="\n")
    return [*notices, *template.notices]


def finish(subject: Subject, folder: Path, options: Options, proofs: Sequence[Proof]) -> None:
    """Writes the card."""
    usage = f"```sh\nollama create {subject.name} -f Modelfile\nollama run {subject.name}\n```"
    write_card(subject, folder, proofs, usage, "gguf")


def bos_before(file: Path, subject: Subject) -> str | None:
    """The text of the token that llama.cpp puts before a prompt of this file; None for none.

    Raises:
        ArtifactError: the file does not say whether it does.
    """
    keys = read_summary(file).keys
    if "tokenizer.ggml.add_bos_token" not in keys:
        raise ArtifactError(f"{file}: does not say whether a BOS goes before prompts.")
    if not keys["tokenizer.ggml.add_bos_token"]:
        return None
    number = keys["tokenizer.ggml.bos_token_id"]
    return str(subject.tokenizer.convert_ids_to_tokens(int(number)))


def parameters(subject: Subject) -> list[tuple[str, str]]:
    """Decoding as it was judged: Ollama's own defaults are sampling, top-k 40 and top-p 0.9."""
    decoding = subject.decoding
    ends = subject.tokenizer.convert_ids_to_tokens(list(subject.stop_ids))
    chosen = [
        ("temperature", f"{decoding.temperature:g}"),
        ("top_k", "0"),
        ("top_p", "1"),
        ("min_p", "0"),
        ("repeat_penalty", "1"),
        ("num_ctx", str(context(subject))),
    ]
    if subject.run is not None:
        chosen.append(("num_predict", str(decoding.max_new_tokens)))
    return [*chosen, *stop_parameters([*ends, *decoding.stop])]


def context(subject: Subject) -> int:
    """Tokens of the window: room for the longest prompt and its answer, 4,096 at least.

    Ollama leaves out the oldest messages of what is longer.
    """
    most = _positions(subject)
    longest = max((len(render_prompt(p, subject.tokenizer)) for p in subject.prompts), default=0)
    wanted = longest + subject.decoding.max_new_tokens
    size = SMALLEST_CONTEXT
    while size < wanted:
        size *= 2
    return min(size, most)


def _positions(subject: Subject) -> int:
    from whet.models.files import read_config

    return int(read_config(subject.folder).get("max_position_embeddings") or LARGEST_CONTEXT)
