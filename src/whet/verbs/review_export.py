"""`whet review --data --export`: the data with what people decided about its training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from whet.config import Config
from whet.data import Dataset, survey
from whet.data.cleaned import Cleaned, sources_of, write_cleaned
from whet.data.writers import claim
from whet.errors import DataError
from whet.project import Project
from whet.reviewing.rows.applying import Reviewed
from whet.reviewing.rows.decisions import REVIEW, standing
from whet.reviewing.rows.fixing import NAME
from whet.reviewing.store import read_history
from whet.verbs.loose_files import project_or_files
from whet.verbs.review_data import stem, store_folder

MAX_FAULTS = 8


@dataclass(frozen=True, slots=True)
class ReviewedData:
    """The folder that was written, and what became of the training rows."""

    folder: Path
    version: str
    versions: dict[str, str]
    rows: dict[str, int]
    read: int
    outcomes: dict[str, int]
    dropped: dict[str, int]
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """What a person reads on the terminal."""
        rows = ", ".join(f"{count:,} {name}" for name, count in self.rows.items() if count)
        said = " + ".join(
            f"{count:,} {name.replace('_', ' ')}" for name, count in self.outcomes.items()
        )
        return "\n".join(
            [
                f"{self.folder}: {rows}; content version {self.version}",
                f"{sum(self.outcomes.values()):,} training rows = {said}",
                *self.notes,
            ]
        )


def export_rows(
    files: Sequence[str | Path] = (),
    *,
    out: str | Path | None = None,
    config: Config | str | Path = "whet.yaml",
    overrides: Sequence[str] = (),
    model: str | None = None,
    store: str | Path | None = None,
    root: str | Path | None = None,
) -> ReviewedData:
    """Writes the data with the decisions done: as `whet clean` writes it, and `review.json`.

    The files that were read are left as they are; every row stays on its side. Equal data and
    equal decisions give equal bytes.

    Raises:
        ConfigError: what was asked for cannot be done.
        DataError: the data has errors, or would have some with the fixes.
        StoreError: nobody has decided anything yet.
    """
    project = project_or_files(files, config, overrides, model, root)
    data = project.config.data
    history = read_history(store_folder(project, files, store), REVIEW)
    try:
        reviewed = Reviewed(standing(history.events()))
    finally:
        history.close()
    folder = _folder(project, files, out)
    sources = sources_of(data, project.root)
    claim(folder, [source.file.path for source in sources])
    dataset = survey(data, root=project.root, mend=reviewed)
    _refuse(dataset, reviewed)
    changed = reviewed.changed(dataset.train)
    ledger = replace(dataset.ledger, changed=changed)
    ledger.check()
    dataset = replace(dataset, ledger=ledger)
    beside = {"review.json": reviewed.account()}
    written = write_cleaned(
        folder, Cleaned(dataset, ledger, {}, sources, data, [NAME], beside=beside)
    )
    return ReviewedData(
        folder, written.version, written.versions,
        {name: len(part) for name, part in dataset.splits.items()},
        ledger.num_read, reviewed.counts, ledger.by_reason, _notes(reviewed),
    )  # fmt: skip


def _notes(reviewed: Reviewed) -> list[str]:
    notes = []
    disputed = [row.source for row, outcome, _ in reviewed.outcomes if outcome == "disputed"]
    if disputed:
        notes.append(
            f"{len(disputed):,} rows are kept as they were, because raters disagree: "
            f"{', '.join(disputed[:5])}{' ...' if len(disputed) > 5 else ''}."
        )
    if reviewed.unknown:
        notes.append(
            f"{len(reviewed.unknown):,} decisions are about rows that are not in the data any more."
        )
    return notes


def _refuse(dataset: Dataset, reviewed: Reviewed) -> None:
    """Refuses data with errors, and fixes that made a row the copy of a held-out one."""
    errors = [str(finding) for finding in dataset.errors]
    kept = {row.source for row in dataset.train}
    for row, outcome, _ in reviewed.outcomes:
        if outcome == "fix" and row.source not in kept:
            errors.append(
                f"{row.source}: as it was fixed it is, word for word or nearly so, a held-out row. "
                "Fix it otherwise, or drop it."
            )
    if errors:
        more = len(errors) - MAX_FAULTS
        rest = [f"... and {more} more. `whet check` lists them all."] if more > 0 else []
        raise DataError([*errors[:MAX_FAULTS], *rest, "Nothing was written."])
    bare = [row.source for part in dataset.splits.values() for row in part if not row.prompt]
    if bare:
        raise DataError(
            f"{bare[0]}: bare text ({len(bare):,} such rows); what is written here are "
            "conversations, questions with their answers. Nothing was written."
        )
    if not dataset.train:
        raise DataError("Every training row was dropped; there is nothing to write.")


def _folder(project: Project, files: Sequence[str | Path], out: str | Path | None) -> Path:
    if out is not None:
        return Path(out).expanduser().resolve()
    if not files:
        return (project.root / "data" / "reviewed").resolve()
    return (project.root / f"{stem(files)}-reviewed").resolve()
