"""`whet init`: a project from a bundled example, from your own file, or from another tool's."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from whet.configfile import read_config
from whet.data import Reading, read
from whet.errors import ConfigError, DataError
from whet.evals.choices import closed_set
from whet.findings import Kind, Severity
from whet.migration import (
    Draft,
    Entry,
    Fate,
    Placed,
    Translation,
    config_text,
    place_datasets,
    translate,
)
from whet.types import Example
from whet.verbs.measuring import measure

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
LONG_ANSWER_WORDS = 12
TOKENS_PER_WORD = 4


@dataclass(frozen=True, slots=True)
class Made:
    """The new project: its folder, its files, and what was guessed.

    `keys` says what became of every key of another tool's file; `ready` is False where its data
    have to be fetched first.
    """

    folder: Path
    files: list[str]
    notes: list[str]
    keys: list[Entry] = field(default_factory=list)
    ready: bool = True

    def text(self) -> str:
        """What a person reads on the terminal."""
        lines = [f"{self.folder}: {', '.join(self.files)}", *self.notes]
        for fate in (Fate.INSTEAD, Fate.UNKNOWN):
            found = [entry for entry in self.keys if entry.fate is fate]
            lines += [f"{fate.value}: {entry}" for entry in found]
        if self.keys:
            counts = Counter(entry.fate for entry in self.keys)
            told = ", ".join(f"{counts[fate]} {fate.value}" for fate in Fate if counts[fate])
            lines.append(f"{len(self.keys)} keys: {told}. whet.yaml lists them all at its end.")
        first = "" if self.ready else "put the data there (see data.train in whet.yaml), then "
        lines.append(f"Next: {first}cd {self.folder} && whet check && whet run")
        return "\n".join(lines)


def init(
    folder: str | Path,
    *,
    example: str | None = None,
    data: str | Path | None = None,
    from_file: str | Path | None = None,
    model: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Made:
    """Makes a project in a new or empty folder.

    Args:
        folder: where to make it.
        example: the name of a bundled example.
        data: a file of examples; its columns are guessed, and what was guessed is said. With
            `from_file` it stands in for the data that the file names.
        from_file: a training configuration of Axolotl, LLaMA-Factory, TRL or Unsloth.
        model: the base model to write into `whet.yaml`; by default whet-nano, or the file's own.
        columns: which column of `data` is what (`data.columns`), where it cannot be guessed.

    Raises:
        ConfigError: the folder is not empty, no such example, or a configuration that cannot be
            translated.
        DataError: the data cannot be read or their columns cannot be guessed.
    """
    folder = Path(folder)
    if example is not None and (data is not None or from_file is not None):
        raise ConfigError("give --example, or --data and --from, not both.")
    if model is not None and data is None and from_file is None:
        raise ConfigError("--model goes with --data or --from; an example has its own model.")
    if columns and (data is None or from_file is not None):
        raise ConfigError("--columns says what the columns of --data FILE are.")
    names = example_names()
    if example is not None and example not in names:
        raise ConfigError(f"{example!r} is no bundled example. There are: {', '.join(names)}.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder}: exists and is not empty. Name a new folder.")
    if from_file is not None:
        return _from_peer(folder, Path(from_file), Path(data) if data else None, model)
    if data is not None:
        _require_model(model)
        return _from_data(folder, Path(data), model or "whet-nano", columns or {})
    return _from_example(folder, example or names[0])


def example_names() -> list[str]:
    """The bundled examples, the first one to try first."""
    order = json.loads((EXAMPLES / "index.json").read_text(encoding="utf-8"))
    return list(order)


def _from_example(folder: Path, name: str) -> Made:
    shutil.copytree(
        EXAMPLES / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    index = json.loads((EXAMPLES / "index.json").read_text(encoding="utf-8"))
    return Made(folder, _listing(folder), [f"{name}: {index[name]}"])


def _listing(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def _require_model(model: str | None) -> None:
    """Refuses a path that holds no model; a hub id is believed."""
    if model is None:
        return
    path = Path(model).expanduser()
    if path.is_dir() and not (path / "config.json").is_file():
        raise ConfigError(f"--model {model}: no model there (no config.json).")
    if not path.exists() and (model.startswith((".", "~")) or path.is_absolute()):
        raise ConfigError(f"--model {model}: no such folder.")


def _from_data(folder: Path, file: Path, model: str, columns: Mapping[str, str]) -> Made:
    reading = read([file], columns)
    objective = "dpo" if reading.format == "preference" else "sft"
    faults = [
        str(f)
        for f in reading.findings
        if f.severity is Severity.ERROR or (f.kind is Kind.OBJECTIVE and objective == "sft")
    ]
    if faults:
        told = "Columns are named to init by --columns input=COLUMN,output=COLUMN. Else mend"
        raise DataError([*faults, f"{told} {file}, or look at all of it: whet check {file}"])
    labels = closed_set(reading.examples)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir()
    shutil.copyfile(file, folder / "data" / file.name)
    (folder / "prompts").mkdir()
    has_system = any(e.system for e in reading.examples)
    if not has_system:
        prompt = _prompt(reading.examples, labels)
        (folder / "prompts" / "prompt.txt").write_text(prompt, encoding="utf-8")
    named = str(Path(model).resolve()) if Path(model).exists() else model
    text = _yaml(file.name, named, reading, labels, has_system, objective)
    if columns:
        places = f"  columns: {json.dumps(dict(columns), ensure_ascii=False)}\n"
        text = text.replace("data:\n", f"data:\n{places}", 1)
    (folder / "whet.yaml").write_text(text, encoding="utf-8")
    notes = [f"{file.name}: {len(reading.examples)} rows, {reading.format}: {reading.reason}"]
    if objective == "dpo":
        notes.append("The rows are preference pairs, so the preference is learnt (DPO).")
    if labels:
        notes.append(f"The answers form a closed set of {len(labels)}; they are ranked, not spelt.")
    if not has_system:
        notes.append("prompts/prompt.txt is a draft: make it your best prompt. It is the baseline.")
    return Made(folder, _listing(folder), notes)


def _from_peer(folder: Path, file: Path, data: Path | None, model: str | None) -> Made:
    named = str(Path(model).resolve()) if model and Path(model).is_dir() else model
    found = translate(file, measure, data=data, model=named)
    draft = _draft(found)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        placed = _write_peer(made, found, draft)
        _require_sound(made / "whet.yaml", file)
        made.chmod(0o755)
        made.replace(folder)
    except BaseException:
        shutil.rmtree(made)
        raise
    notes = [f"{file.name}: a configuration of {found.tool}."]
    notes += [
        f"{one.data.name}: {len(one.examples)} rows, {one.reading.format}: {one.reading.reason}"
        for one in found.loaded
        if one.reading is not None
    ]
    notes += [
        f"{one.name}: not on this machine; whet reads files. Save it as {folder}/data/train.jsonl"
        " (or .parquet, .csv: then change data.train), or begin again with --data FILE."
        for one in found.missing
    ]
    notes += [*placed.notes, *found.notes]
    if draft.has_prompt and found.prompt is None:
        notes.append("prompts/prompt.txt is a draft: make it your best prompt. It is the baseline.")
    return Made(folder, _listing(folder), notes, list(found.entries), bool(placed.train))


def _write_peer(folder: Path, found: Translation, draft: Draft) -> Placed:
    """The files of a translated project."""
    placed = place_datasets(found.loaded, folder)
    if draft.has_prompt:
        (folder / "prompts").mkdir()
        prompt = found.prompt or _prompt(found.examples, closed_set(found.examples))
        (folder / "prompts" / "prompt.txt").write_text(prompt.rstrip() + "\n", encoding="utf-8")
    if found.template is not None:
        (folder / "template.jinja").write_text(found.template, encoding="utf-8")
    text = config_text(found, placed, draft)
    (folder / "whet.yaml").write_text(text, encoding="utf-8")
    return placed


def _require_sound(ours: Path, theirs: Path) -> None:
    """Refuses values of the other tool's file that whet cannot take, such as a rate above 1."""
    try:
        read_config(ours)
    except ConfigError as error:
        said = [fault.partition(": ")[2] for fault in error.faults]
        head = f"{theirs}: its values cannot be used as they are. By whet's own names:"
        raise ConfigError([head, *said]) from None


def _draft(found: Translation) -> Draft:
    """How answers are judged, which no trainer's file says: guessed from the rows."""
    if not found.examples:
        return Draft()
    labels = closed_set(found.examples)
    longest = max(len(example.answer.split()) for example in found.examples)
    return Draft(
        metrics=("exact_match", "accuracy") if labels else ("exact_match", "token_f1"),
        primary="exact_match" if labels or longest <= LONG_ANSWER_WORDS else "token_f1",
        choices="auto" if labels else "none",
        max_new_tokens=32 if labels else max(16, min(1024, TOKENS_PER_WORD * longest)),
        has_prompt=not any(example.system for example in found.examples),
    )


def _prompt(examples: Sequence[Example], labels: Sequence[str] | None) -> str:
    if labels:
        return "Classify the message. Answer with one of: " + ", ".join(labels) + ".\n"
    if not examples:
        return "Answer the message as a helpful expert would.\n"
    shown = Counter(len(e.answer.split()) for e in examples).most_common(1)[0][0]
    length = "in a few words" if shown <= LONG_ANSWER_WORDS else "as a helpful expert would"
    return f"Answer the message {length}.\n"


def _yaml(
    file: str,
    model: str,
    reading: Reading,
    labels: Sequence[str] | None,
    has_system: bool,
    objective: str,
) -> str:
    longest = max(len(example.answer.split()) for example in reading.examples)
    primary = "exact_match" if labels or longest <= LONG_ANSWER_WORDS else "token_f1"
    metrics = "[exact_match, accuracy]" if labels else "[exact_match, token_f1]"
    prompt = (
        "# prompt: prompts/prompt.txt  # your rows have a system message of their own"
        if has_system
        else "prompt: prompts/prompt.txt  # your best prompt; name several, the best one counts"
    )
    choices = "auto" if labels else "none"
    rate, ten_times = ("2e-4", "2e-3") if objective == "sft" else ("2e-5", "2e-4")
    if model == "whet-nano":
        rate = f"{ten_times}  # a very small model likes ten times {rate}"
    learnt = "" if objective == "sft" else "  objective: dpo  # from pairs; or orpo\n"
    tokens = 32 if labels else max(16, min(1024, TOKENS_PER_WORD * longest))
    return f"""\
task: Say here in one sentence what the model is for.
model: {json.dumps(model)}
data:
  train: {json.dumps("data/" + file)}
  # found: {reading.format} ({reading.reason})
  split: {{validation: 0.15, test: 0.25}}  # by content; group_by: COLUMN keeps groups together
  on_leak: error  # or drop_train, drop_test
  on_too_long: error  # or drop, truncate_left, truncate_right
{prompt}
tuned_prompt: same  # or none, or a shorter file
# rag: {{documents: docs/}}  # a folder of .md or .txt adds the retrieval arms
train:
{learnt}  method: lora  # or qlora, full
  epochs: 3
  learning_rate: {rate}
eval:
  metrics: {metrics}
  primary: {primary}  # the one number that decides
  margin: 0.02  # a smaller gain is not worth shipping
generate:
  choices: {choices}  # auto: rank the closed set of answers instead of spelling them
  max_new_tokens: {tokens}
"""
