"""The model card: what it is, what it scored, on which data, how far it is what was judged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from whet.artifacts.card.licence import licence_of
from whet.artifacts.card.markdown import bullets, fenced, plain
from whet.artifacts.card.scores import proof_section, score_sections
from whet.artifacts.proof import Proof
from whet.artifacts.subject import Subject

CARD = "README.md"
LIMITS = (
    "Scores are of this model on these items; they say nothing of other tasks.",
    "It was judged with the system prompt and chat template given here; asked otherwise it is"
    " another model.",
)


def write_card(
    subject: Subject, folder: Path, proofs: Sequence[Proof], usage: str, library: str
) -> None:
    """Writes README.md into an artifact's folder."""
    text = card_text(subject, proofs, usage, library)
    (folder / CARD).write_text(text, encoding="utf-8", newline="\n")


def card_text(subject: Subject, proofs: Sequence[Proof], usage: str, library: str) -> str:
    """The card. `usage` is Markdown that says how the files are run, `library` what loads them."""
    return "\n\n".join([_front(subject, library), *_sections(subject, proofs, usage)]) + "\n"


def _front(subject: Subject, library: str) -> str:
    """The hub's metadata: YAML, whose strings JSON writes."""
    lines = ["---", f"library_name: {library}", "pipeline_tag: text-generation"]
    licence = licence_of(subject.folder) if subject.is_base_here else None
    if licence:
        lines.append(f"license: {licence}")
    if subject.model.count("/") == 1 and not Path(subject.model).exists():
        lines.append(f"base_model: {json.dumps(subject.model)}")
    tags = ["whet", *(["lora"] if library == "peft" else [])]
    return "\n".join([*lines, f"tags: [{', '.join(tags)}]", "---"])


def _sections(subject: Subject, proofs: Sequence[Proof], usage: str) -> Iterator[str]:
    report = subject.report
    yield f"# {plain(subject.name)}"
    task = plain(report["task"]) if report and report.get("task") else ""
    how = "LoRA on" if subject.adapter else "trained in full from"
    yield f"{task}\n\n{_origin(subject, how)}".strip()
    yield f"## Use\n\n{usage}"
    yield f"## How it is asked\n\n{_asked(subject)}"
    if report:
        yield from score_sections(report)
    else:
        yield "## Scores\n\nNone: it was exported without a run, so nothing was judged."
    settings = _settings(subject.run)
    if settings:
        yield f"## Training\n\n{fenced(settings, 'yaml')}"
    yield proof_section(proofs)
    yield f"## Limits\n\n{bullets([*LIMITS, *_licence_limit(subject), *subject.notices])}"


def _origin(subject: Subject, how: str) -> str:
    if subject.adapter is None and subject.run is None:
        how = "The model"
    return (
        f"{how} `{subject.model}` (identity `{subject.identity}`"
        + (f", adapter `{subject.adapter_digest}`" if subject.adapter_digest else "")
        + "). Made by whet."
    )


def _asked(subject: Subject) -> str:
    decoding = subject.decoding
    lines = [f"Temperature {decoding.temperature:g}, at most {decoding.max_new_tokens} tokens."]
    if decoding.stop:
        lines.append(f"Stop strings: {', '.join(map(repr, decoding.stop))}.")
    if subject.system:
        lines.append(f"System prompt:\n\n{fenced(subject.system)}")
    else:
        lines.append("Without a system prompt.")
    return "\n\n".join(lines)


def _settings(run: Path | None) -> str:
    """The part of the run's configuration that is about training."""
    if run is None or not (run / "config.yaml").is_file():
        return ""
    lines = (run / "config.yaml").read_text(encoding="utf-8").splitlines()
    begin = next((i for i, line in enumerate(lines) if line.startswith("train:")), None)
    if begin is None:
        return ""
    rest = lines[begin + 1 :]
    end = next((i for i, line in enumerate(rest) if line and not line[0].isspace()), len(rest))
    return "\n".join([lines[begin], *rest[:end]])


def _licence_limit(subject: Subject) -> list[str]:
    if subject.is_base_here and licence_of(subject.folder):
        return []
    return [f"The licence of {subject.model} is not known here, and binds this model too."]
