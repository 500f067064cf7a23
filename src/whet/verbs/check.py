"""`whet check`: every fault in the data, what it would train on, and what the test set can show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from whet.config import Config
from whet.data import Dataset, survey
from whet.errors import DataError
from whet.evals.looks import count
from whet.findings import Finding, Kind, Severity, worst_first
from whet.progress import Progress, Silent, check_stop
from whet.project import Project
from whet.stages.looking import looks_of_runs
from whet.stages.masks import masked
from whet.stats import look_level, smallest_gain
from whet.stats.power import DISCORDANCE
from whet.types import Example
from whet.verbs.checked import Checked
from whet.verbs.loose_files import project_or_files

PAGE_ROWS = 20
EMBEDDED_AT_ONCE = 512
ALIKE = 0.1
"""Share of items on which tuned and baseline differ where they are much alike."""


def check(
    files: Sequence[str | Path] = (),
    *,
    config: Config | str | Path = "whet.yaml",
    overrides: Sequence[str] = (),
    model: str | None = None,
    show_mask: int = 0,
    mask_html: str | Path | None = None,
    by_meaning: bool = True,
    root: str | Path | None = None,
    progress: Progress | None = None,
) -> Checked:
    """Reads and checks data: a project's, or files without a project.

    Args:
        files: data files, split by their names (train, dev, test); none: the project's.
        config: the project's file, for when no files are given.
        overrides: `key=value` strings that go over the project's file; for files, `data.` keys.
        model: the model whose template and length limit are used; the project's by default.
        show_mask: so many rows are shown as the model will be trained on them, token by token.
        mask_html: a file that gets them (20 without `show_mask`) as a page for the browser.
        by_meaning: compare rows by meaning too, where the embedder is installed.
        root: what paths of a `Config` are relative to.
        progress: what is told on the way.

    Raises:
        ConfigError, ModelError: what was asked for cannot be done.
    """
    project = project_or_files(files, config, overrides, model, root)
    notes: list[str] = []
    embed = embedder(progress or Silent()) if by_meaning else None
    if by_meaning and embed is None:
        notes.append(
            "Rows were compared by their words, not by meaning: pip install 'whet[rag,train]'"
        )
    try:
        dataset = survey(
            project.config.data,
            root=project.root,
            has_prompt=bool(project.config.prompt),
            objective=project.config.train.objective,
            embed=embed,
        )
    except DataError as error:
        unreadable = [Finding(Severity.ERROR, Kind.UNREADABLE, line) for line in error.faults]
        return _checked(unreadable)
    found = list(dataset.findings)
    shows = bool(show_mask or mask_html)
    tokens: dict[str, int] | None = None
    masks: list[str] = []
    if (shows or not files or model is not None) and _can_render(dataset):
        try:
            tokens, masks = _rendered(project, dataset, show_mask, mask_html)
        except DataError as error:
            found += [_mask_finding(line) for line in error.faults]
        except ImportError:
            if shows:
                raise
            notes.append("Lengths and masks were not checked: pip install 'whet[train]'")
    gain, note = _gain(project, dataset.test)
    return _checked(found, dataset, gain, tokens, masks, [*notes, note])


def _checked(
    findings: list[Finding],
    dataset: Dataset | None = None,
    gain: float | None = None,
    tokens: dict[str, int] | None = None,
    masks: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Checked:
    account: dict[str, Any] = {"read": 0, "kept": {}, "dropped": {}}
    if dataset:
        account = {key: dataset.ledger.to_json()[key] for key in account}
    return Checked(
        passed=not any(f.severity is Severity.ERROR for f in findings),
        files=list(dataset.files) if dataset else [],
        version=dataset.version if dataset else "",
        rows={name: len(rows) for name, rows in dataset.splits.items()} if dataset else {},
        findings=worst_first(findings),
        counts=dict(Counter(str(finding.kind) for finding in findings)),
        ledger=account,
        smallest_gain=gain,
        tokens=tokens,
        masks=list(masks),
        notes=list(notes),
    )


def embedder(progress: Progress) -> Callable[[Sequence[str]], Any] | None:
    """The embedder as a function, loaded at its first use; None where it is not installed.

    Each text is embedded once, however many checks ask for it.
    """
    from whet.retrieval.embedder import has_minilm, load_minilm

    if not has_minilm():
        return None
    import numpy as np

    load = cache(load_minilm)
    known: dict[str, Any] = {}

    def embed(texts: Sequence[str]) -> Any:
        model = load()
        assert model is not None, "it is installed"
        missing = list(dict.fromkeys(text for text in texts if text not in known))
        for start in range(0, len(missing), EMBEDDED_AT_ONCE):
            check_stop(progress)
            progress.advance("comparing by meaning", start, len(missing))
            some = missing[start : start + EMBEDDED_AT_ONCE]
            known.update(zip(some, model.embed(some), strict=True))
        return np.stack([known[text] for text in texts]) if texts else model.embed([])

    return embed


def _can_render(dataset: Dataset) -> bool:
    """Rows with errors, or that are no conversations to imitate, have no mask to look at."""
    kinds = {finding.kind for finding in dataset.findings}
    return not dataset.errors and Kind.OBJECTIVE not in kinds


def _mask_finding(fault: str) -> Finding:
    """A fault of the form `file:line: what is wrong` as a finding at that place."""
    if found := re.match(r"([^\n]*?):(\d+): (.*)", fault, re.DOTALL):
        file, line, message = found.groups()
        return Finding(Severity.ERROR, Kind.MASK, message, file, int(line))
    return Finding(Severity.ERROR, Kind.MASK, fault)


def _rendered(
    project: Project, dataset: Dataset, show_mask: int, mask_html: str | Path | None
) -> tuple[dict[str, int], list[str]]:
    """Counts of the training rows as rendered and proven, and the view of the first few."""
    found = masked(project, dataset)
    from whet.rows.mask_page import mask_page
    from whet.rows.mask_view import mask_view

    if mask_html is not None:
        page = mask_page(found.rows[: show_mask or PAGE_ROWS], found.tokenizer)
        Path(mask_html).write_text(page, encoding="utf-8")
    return found.counts(), [mask_view(row, found.tokenizer) for row in found.rows[:show_mask]]


def _gain(project: Project, test: Sequence[Example]) -> tuple[float | None, str]:
    """What the test set can show at the next look, for the first of the candidates to win.

    Candidates share the level (Holm), so one that has to win alone is read at its share.
    """
    ids = {item.id for item in test}
    if not ids:
        return None, "There is no test set: whet can train, and cannot say whether it helped."
    config, margin = project.config, project.config.eval.margin
    looks = count(project.root / "looks.jsonl", ids, looks_of_runs(project.root))
    level = look_level(looks + 1) / (2 if config.rag else 1)

    def shown(discordance: float) -> float | None:
        return smallest_gain(
            len(ids),
            margin=margin,
            level=level,
            discordance=discordance,
            num_baselines=_num_baselines(config),
        )

    gain, alike = shown(DISCORDANCE), shown(ALIKE)
    if gain is None or alike is None:
        return (
            None,
            f"{len(ids)} test items can show no gain at all over the margin of {margin:.1%}.",
        )
    return gain, (
        f"{len(ids)} test items show a true gain of {100 * gain:.1f} points or more over the best"
        f" baseline to exceed the margin of {100 * margin:g} points, with 90 % power, if the two"
        f" differ on {DISCORDANCE:.0%} of the items ({100 * alike:.1f} points if on {ALIKE:.0%};"
        f" right-or-wrong metric; look {looks + 1}{_shared(config)})."
    )


def _shared(config: Config) -> str:
    return ", its level shared by tuned and tuned_rag" if config.rag else ""


def _num_baselines(config: Config) -> int:
    """Prompt and few-shot, retrieval where there are documents, and the arms that were added."""
    return 1 + any(config.few_shot.counts) + bool(config.rag) + len(config.arms)
