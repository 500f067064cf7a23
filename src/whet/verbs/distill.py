"""`whet distill`: a teacher's answers, or served traffic, become a data set with its origin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from whet.configfile import read_config
from whet.distilling import (
    Asking,
    Distillation,
    EndpointTeacher,
    Job,
    Keeping,
    LocalTeacher,
    Outcome,
    Question,
    Sieve,
    Spending,
    State,
    Teacher,
    check_settings,
    make_sieve,
    read_questions,
    read_traffic,
    write_traffic,
)
from whet.errors import ConfigError, Interrupted
from whet.infer import EndpointCompleter
from whet.progress import Progress, Silent
from whet.stages.base_model import require_models

RETRY_BUDGET_S = 120.0


@dataclass(frozen=True, slots=True)
class Distilled:
    """What came out. wanted = kept + rejected + failed + open; for traffic read = kept + dropped.

    `spent` counts everything that was ever paid in this folder.
    """

    file: Path
    state: str
    wanted: int
    kept: int
    rejected: dict[str, int]
    failed: dict[str, int] = field(default_factory=dict)
    open: int = 0
    spent: float = 0.0
    budget: float | None = None
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """What a person reads on the terminal."""
        lines = [f"{self.state}: of {self.wanted} answers {self.kept} kept"]
        for word, reasons in (("rejected", self.rejected), ("failed", self.failed)):
            lines += [f"{count} {word}: {reason[:300]}" for reason, count in reasons.items()]
        if self.open:
            lines.append(f"{self.open} not asked yet: the same command goes on")
        if self.spent or self.budget is not None:
            limit = f" of {self.budget:g}" if self.budget is not None else ""
            lines.append(f"spent at most {self.spent:.4f}{limit}")
        lines += self.notes
        lines.append(f"{self.file}")
        if self.kept:
            lines.append(f"Next: whet check {self.file}")
        return "\n".join(lines)


def distill(
    files: Sequence[str | Path],
    out: str | Path,
    asking: Asking | None = None,
    *,
    spending: Spending | None = None,
    keeping: Keeping | None = None,
    consent: str | None = None,
    progress: Progress | None = None,
) -> Distilled:
    """Has a teacher answer every input, and keeps what passes; or takes in served traffic.

    The same call on the same folder goes on where it was stopped; answers that are there are not
    asked for again, failed ones are.

    Args:
        files: data files (known answers are kept for `keep_if`), prompts alone, or lines of text.
        out: a new folder, or one of a distillation that goes on.
        asking: the teacher and its settings. Without one the files are logs in OpenAI's form,
            whose answers are taken, redacted.
        spending: prices and the budget.
        keeping: what is kept.
        consent: for logs: the field of a row that has to be true, or `everyone`.
        progress: what is told on the way.

    Raises:
        ConfigError, DataError, ModelError, EndpointError: what is asked for cannot be done.
        Interrupted: asked to stop; everything answered so far is on disk.
    """
    if asking is None:
        return _import(files, Path(out), consent or "")
    progress = progress or Silent()
    spending, keeping = spending or Spending(), keeping or Keeping()
    check_settings(asking, spending)
    questions = read_questions([Path(file) for file in files])
    sieve = _sieve(keeping, questions.items)
    folder = _folder(Path(out))
    work = Distillation(questions, asking, spending, sieve, folder, progress)
    outcome = work.run(lambda lost: _teacher(asking, lost, progress))
    if outcome.state is State.INTERRUPTED:
        raise Interrupted(
            f"stopped as asked; {outcome.found.num_open} answers are open, and the same command"
            " goes on."
        )
    return _distilled(outcome, spending.budget, questions.notes)


def _sieve(keeping: Keeping, questions: Sequence[Question]) -> Sieve:
    regex, keys = keeping.regex, keeping.json_keys
    if keeping.config is not None:
        form = read_config(Path(keeping.config)).gates.format
        if form is None:
            raise ConfigError(
                f"{keeping.config}: gates.format is not named; answers are kept by it."
            )
        if regex is not None or keys is not None:
            raise ConfigError(
                "name the form by --config, by --regex or by --json-keys: one of them."
            )
        regex, keys = form.regex, form.json_keys or None
    return make_sieve(regex=regex, json_keys=keys, keep_if=keeping.keep_if, questions=questions)


def _folder(out: Path) -> Path:
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out}: is a file. Name a folder with --out.")
    if out.is_dir() and any(out.iterdir()) and not (out / "record").is_dir():
        raise ConfigError(f"{out}: not empty, and no distillation. Name a new folder with --out.")
    return out


def _teacher(asking: Asking, lost: Callable[[Job], bool], progress: Progress) -> Teacher:
    if asking.endpoint:
        completer = EndpointCompleter(
            asking.endpoint,
            asking.model,
            asking.api_key_env,
            timeout_s=asking.timeout_s,
            retry_budget_s=max(asking.timeout_s, RETRY_BUDGET_S),
            concurrency=asking.concurrency,
        )
        return EndpointTeacher(completer, asking.concurrency, lost)
    require_models()
    from whet.models.files import find_folder

    find_folder(asking.model)  # before torch is imported, which takes seconds
    from whet.infer import LocalCompleter
    from whet.models.load import load_model

    progress.say(f"loading {asking.model}")
    loaded = load_model(asking.model)
    local = LocalCompleter(
        loaded.model,
        loaded.tokenizer,
        stop_ids=loaded.stop_ids,
        identity=f"{asking.model}#{loaded.identity}/{loaded.dtype}",
        max_positions=loaded.max_positions,
    )
    return LocalTeacher(local)


def _distilled(outcome: Outcome, budget: float | None, notes: list[str]) -> Distilled:
    found = outcome.found
    if outcome.state is State.BUDGET:
        notes = [*notes, "The next answer could have passed the budget. Raise it to go on."]
    return Distilled(
        outcome.file,
        outcome.state.value,
        found.num_wanted,
        len(found.kept),
        found.reasons(found.rejected),
        found.reasons(found.failed),
        found.num_open,
        outcome.spent,
        budget,
        notes,
    )


def _import(files: Sequence[str | Path], out: Path, consent: str) -> Distilled:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"{out}: exists and is not empty. Name a new folder with --out.")
    paths = [Path(file) for file in files]
    traffic = read_traffic(paths, consent)
    data = write_traffic(traffic, out, paths, consent)
    notes = [f"redacted: {count} x {kind}" for kind, count in traffic.redacted.most_common()]
    if traffic.left_out:
        notes.append(f"fields left out: {', '.join(sorted(traffic.left_out))}")
    notes.append("Names and addresses have no fixed shape and are not redacted: read the rows.")
    kept = len(traffic.kept)
    return Distilled(data, "imported", traffic.num_read, kept, traffic.by_reason, notes=notes)
