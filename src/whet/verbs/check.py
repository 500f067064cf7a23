"""`whet check`: every fault in the data, what it would train on, and what the test set can show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from whet.config import Config, DataConfig
from whet.data import Dataset, survey
from whet.errors import ConfigError, DataError, ModelError
from whet.findings import Finding, Kind, Severity
from whet.progress import Progress, Silent
from whet.project import Project, open_project
from whet.stages.preparing import prepare, prompts, require_models, tuned_prompt, with_system
from whet.stats import look_level, smallest_gain

MAX_SHOWN = 40
PAGE_ROWS = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found. `passed` is False with an error-level finding.

    `smallest_gain` is the smallest true gain, over the margin, that the test set would show with
    90 % power; None without a test set, or where no gain could be shown.
    """

    passed: bool
    format: str
    reason: str
    version: str
    rows: dict[str, int]
    findings: list[Finding]
    smallest_gain: float | None
    tokens: dict[str, Any] | None
    masks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """What a person reads on the terminal: worst first, long lists cut with a count."""
        lines = [f"{self.format}: {self.reason}"] if self.format else []
        rows = ", ".join(f"{count} {name}" for name, count in self.rows.items() if count)
        lines.append(f"{rows or 'no rows'}; content version {self.version or '(none)'}")
        if self.tokens:
            lines.append(
                f"{self.tokens['total']:,} training tokens, {self.tokens['learnt']:,} of them"
                f" learnt; longest row {self.tokens['longest']:,}"
            )
        for level in Severity:
            found = [str(f) for f in self.findings if f.severity is level]
            lines += [f"{level.value}: {text}" for text in found[:MAX_SHOWN]]
            if len(found) > MAX_SHOWN:
                more = len(found) - MAX_SHOWN
                lines.append(f"... and {more} more of level {level.value}; --json has all.")
        lines += self.notes
        lines += ["", *self.masks] if self.masks else []
        errors = sum(f.severity is Severity.ERROR for f in self.findings)
        lines.append("no errors" if self.passed else f"{errors} errors")
        return "\n".join(lines)


def check(
    files: Sequence[str | Path] = (),
    *,
    config: Config | str | Path = "whet.yaml",
    overrides: Sequence[str] = (),
    model: str | None = None,
    show_mask: int = 0,
    mask_html: str | Path | None = None,
    root: str | Path | None = None,
    progress: Progress | None = None,
) -> Checked:
    """Reads and checks data: a project's, or files without a project.

    Args:
        files: data files; without any, the project's.
        config: the project's file, for when no files are given.
        overrides: `key=value` strings that go over the project's file.
        model: the model whose template and length limit are used; the project's by default.
        show_mask: so many rows are shown as the model will be trained on them, token by token.
        mask_html: a file that gets them (20 without `show_mask`) as a page for the browser.
        root: what paths of a `Config` are relative to.
        progress: what is told on the way.

    Raises:
        ConfigError, ModelError: what was asked for cannot be done.
    """
    progress = progress or Silent()
    project = _project(files, config, overrides, model, root)
    found: list[Finding] = []
    try:
        dataset = survey(
            project.config.data,
            root=project.root,
            has_prompt=bool(project.config.prompt),
        )
    except DataError as error:
        found = [Finding(Severity.ERROR, Kind.UNREADABLE, line) for line in error.faults]
        return Checked(False, "", "", "", {}, found, None, None)
    found = list(dataset.findings)
    tokens: dict[str, Any] | None = None
    masks: list[str] = []
    notes: list[str] = []
    shows = bool(show_mask or mask_html)
    wants_tokens = shows or not files or model is not None
    if wants_tokens and not dataset.errors:
        try:
            tokens, masks = _tokens(project, dataset, show_mask, mask_html)
        except DataError as error:
            found += [_mask_finding(line) for line in error.faults]
        except ImportError:
            if shows:
                raise
            notes.append("Lengths were not checked: pip install 'whet[train]'")
    gain, note = _gain(project.config, len(dataset.test))
    return Checked(
        not any(f.severity is Severity.ERROR for f in found),
        dataset.format,
        dataset.reason,
        dataset.version,
        {name: len(rows) for name, rows in dataset.splits.items()},
        found,
        gain,
        tokens,
        masks,
        [*notes, note],
    )


def _project(
    files: Sequence[str | Path],
    config: Config | str | Path,
    overrides: Sequence[str],
    model: str | None,
    root: str | Path | None,
) -> Project:
    if not files:
        asked = [*overrides, *([f"model={model}"] if model else [])]
        return open_project(config, asked, root)
    if overrides:
        raise ConfigError("overrides go with a project; files are checked as they are.")
    data = DataConfig(train=tuple(str(file) for file in files))
    return Project(Config(model=model or "whet-nano", data=data), Path.cwd())


def _mask_finding(fault: str) -> Finding:
    """A fault of the form `file:line: what is wrong` as a finding at that place."""
    if found := re.match(r"([^\n]*?):(\d+): (.*)", fault, re.DOTALL):
        file, line, message = found.groups()
        return Finding(Severity.ERROR, Kind.MASK, message, file, int(line))
    return Finding(Severity.ERROR, Kind.MASK, fault)


def _tokens(
    project: Project, dataset: Dataset, show_mask: int, mask_html: str | Path | None
) -> tuple[dict[str, Any], list[str]]:
    """Counts of the training rows as rendered and proven, and the view of the first few.

    Raises:
        DataError: rows are too long, or the template refuses them.
        ModelError: the model or its template cannot be used.
    """
    require_models()
    from whet.models.load import load_tokenizer
    from whet.rows.mask_page import mask_page
    from whet.rows.mask_view import mask_view
    from whet.rows.proven import proven_examples
    from whet.rows.render import find_stop_ids
    from whet.stages.preparing import tokenizer_folder

    fitted = prepare(project, masks=False)
    text = tuned_prompt(project, next(iter(prompts(project, dataset).values())))
    template = project.path(project.config.template) if project.config.template else None
    tokenizer = load_tokenizer(tokenizer_folder(project), template=template)
    if not tokenizer.chat_template:
        raise ModelError(
            f"{project.config.model}: no chat template. Name one: template: FILE.jinja"
        )
    stop_ids, turns = find_stop_ids(tokenizer), project.config.train.turns
    rendered, _ = (
        proven_examples(
            [replace(e, messages=with_system(text, e)) for e in examples],
            tokenizer,
            stop_ids,
            turns=turns,
        )
        for examples in (fitted.train, fitted.validation)
    )
    counts = {
        "total": sum(row.num_tokens for row in rendered),
        "learnt": sum(row.num_loss_tokens for row in rendered),
        "longest": max((row.longest for row in rendered), default=0),
    }
    if mask_html is not None:
        page = mask_page(rendered[: show_mask or PAGE_ROWS], tokenizer)
        Path(mask_html).write_text(page, encoding="utf-8")
    return counts, [mask_view(row, tokenizer) for row in rendered[:show_mask]]


def _gain(config: Config, num_items: int) -> tuple[float | None, str]:
    if not num_items:
        return None, "There is no test set: whet can train, and cannot say whether it helped."
    margin = config.eval.margin
    gain = smallest_gain(num_items, margin=margin, level=look_level(1))
    if gain is None:
        return (
            None,
            f"{num_items} test items can show no gain at all over the margin of {margin:.1%}.",
        )
    return gain, (
        f"{num_items} test items show a true gain of {100 * gain:.1f} points or more to exceed"
        f" the margin of {100 * margin:g} points, with 90 % power (right-or-wrong metric)."
    )
