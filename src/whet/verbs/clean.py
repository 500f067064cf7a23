"""`whet clean`: the repaired, split, versioned data set, and an account of every row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from whet.config import Config, DataConfig
from whet.data import Dataset, Ledger, survey
from whet.data.accounts import Account
from whet.data.bundles import Clusters
from whet.data.clean import Cleaner
from whet.data.cleaned import Cleaned, earlier_split, sources_of, write_cleaned
from whet.data.near_clusters import linked, near_copies
from whet.data.refusals import is_refusal
from whet.data.repairs import Repair
from whet.data.splits import Earlier
from whet.data.writers import claim
from whet.errors import ConfigError, DataError
from whet.findings import Finding, Kind, Severity
from whet.progress import Progress, Silent
from whet.project import Project
from whet.stages.preparing import prompts, tuned_prompt
from whet.stages.tokens import token_counter
from whet.verbs.clean_result import Clean, Offer, counted
from whet.verbs.loose_files import project_or_files

MAX_FAULTS = 8
_LEAKS = (Kind.LEAK_EXACT, Kind.LEAK_NEAR, Kind.LEAK_PARAPHRASE)
NEAR: Clusters | None = near_copies
"""Rows so alike that all but one may be dropped. None knows exact copies only."""
LINKED: Clusters | None = linked
"""Rows that a split must not part: whatever near duplicates join, however long the chain."""


def clean(
    files: Sequence[str | Path] = (),
    *,
    out: str | Path | None = None,
    repair: Sequence[str] = (),
    tokens: bool = False,
    config: Config | str | Path = "whet.yaml",
    overrides: Sequence[str] = (),
    model: str | None = None,
    root: str | Path | None = None,
    progress: Progress | None = None,
) -> Clean:
    """Writes a project's data, or files without a project, repaired, divided and accounted for.

    Args:
        files: data files; without any, the project's.
        out: the folder to write; the project's `data/clean`, or `NAME-clean` for loose files.
        repair: names of repairs, beside those of the configuration.
        tokens: count tokens; rows that are too long are then dealt with by `data.on_too_long`.
        config: the project's file, for when no files are given.
        overrides: `key=value` strings that go over the configuration.
        model: the model whose tokens and length limit count.
        root: what paths of a `Config` are relative to.
        progress: what is told on the way.

    Raises:
        ConfigError: what was asked for cannot be done.
        DataError: faults that no repair was asked for, or the folder cannot be written.
        MissingExtraError: a repair needs a package that is not installed.
    """
    project = project_or_files(files, config, overrides, model, root)
    chosen, data = _chosen(project, repair)
    folder = _folder(project, files, out)
    (progress or Silent()).say(f"reading {', '.join(data.train)}")
    sources = sources_of(data, project.root)
    before = claim(folder, [source.file.path for source in sources])
    earlier, notes = earlier_split(folder, before, data)
    repaired = _repaired(project, data, chosen, earlier)
    dataset, ledger = repaired.dataset, repaired.ledger
    notes += repaired.unknown
    if tokens or project.config.train.max_length or data.on_too_long != "error":
        dataset, ledger = _with_tokens(project, dataset, ledger, repaired.account)
    else:
        notes.append("Lengths were not checked; --tokens counts them.")
    ledger.check()
    _require_rows(data, dataset, ledger)
    cleaned = Cleaned(dataset, ledger, repaired.broken, sources, data, sorted(chosen), earlier)
    written = write_cleaned(folder, cleaned)
    notes.append(_use(folder, project, dataset))
    return Clean(
        folder, written.version, written.versions,
        {name: len(rows) for name, rows in dataset.splits.items()},
        ledger.num_read, ledger.by_reason, ledger.by_repair, ledger.to_json()["tokens"],
        dict(dataset.made.boundaries), repaired.offers, repaired.findings, notes,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Repaired:
    """The data after the repairs, and what there is to say about them; lengths come later."""

    dataset: Dataset
    ledger: Ledger
    account: Account
    broken: dict[str, list[str]]
    offers: list[Offer]
    findings: list[Finding]
    unknown: list[str]


def _repaired(
    project: Project, data: DataConfig, chosen: set[Repair], earlier: Earlier
) -> _Repaired:
    """The data divided and repaired as asked.

    Raises:
        DataError: faults that no repair was asked for, or rows that are no conversations.
    """
    cleaner = Cleaner(chosen, is_refusal, NEAR)
    dataset = survey(
        data, root=project.root, clusters=LINKED, earlier=earlier, mend=cleaner,
        set_aside=Repair.BROKEN in chosen,
    )  # fmt: skip
    offers = _offers(dataset, cleaner)
    broken, findings = _settled(dataset, chosen)
    _refuse(findings, offers)
    _require_conversations(dataset)
    account = Account(cleaner.origins, dataset)
    ledger = replace(dataset.ledger, changed=cleaner.changed(dataset.splits))
    return _Repaired(dataset, ledger, account, broken, offers, findings, cleaner.unknown)


def _use(folder: Path, project: Project, dataset: Dataset) -> str:
    """What to write into whet.yaml so that the other verbs read what was written."""
    inside = folder.is_relative_to(project.root)
    shown = folder.relative_to(project.root) if inside else folder
    files = [f"{name}: {shown}/{name}.jsonl" for name, rows in dataset.splits.items() if rows]
    return f"To use it, in whet.yaml, without split and columns: data: {{{', '.join(files)}}}"


def _chosen(project: Project, repair: Sequence[str]) -> tuple[set[Repair], DataConfig]:
    """The repairs that were asked for, and the data settings with what they say about leaks."""
    known = {name.value: name for name in Repair}
    unknown = [name for name in repair if name not in known]
    if unknown:
        raise ConfigError(f"--repair: {unknown[0]!r} is none of {', '.join(known)}.")
    chosen = {known[name] for name in (*project.config.clean.repair, *repair)}
    data = project.config.data
    sides = {Repair.LEAKS_TRAIN: "drop_train", Repair.LEAKS_TEST: "drop_test"}
    asked = [policy for name, policy in sides.items() if name in chosen]
    if len(asked) > 1:
        raise ConfigError("leaks_train and leaks_test drop the same leaks; name one of them.")
    return chosen, data.model_copy(update={"on_leak": asked[0]}) if asked else data


def _folder(project: Project, files: Sequence[str | Path], out: str | Path | None) -> Path:
    if out is not None:
        return Path(out).expanduser().resolve()
    if not files:
        return (project.root / "data" / "clean").resolve()
    name = Path(files[0]).name
    return (project.root / f"{name.partition('.')[0] or name}-clean").resolve()


def _offers(dataset: Dataset, cleaner: Cleaner) -> list[Offer]:
    """What was not asked for and would touch rows, in the order of the repairs."""
    counts = {name: cleaner.possible[name] for name in Repair}
    counts[Repair.BROKEN] = dataset.ledger.by_reason.get("broken", 0)
    leaks = sum(f.kind in _LEAKS and f.severity is Severity.ERROR for f in dataset.findings)
    counts |= {Repair.LEAKS_TRAIN: leaks, Repair.LEAKS_TEST: leaks}
    return [
        Offer(name.value, count, name.said)
        for name, count in counts.items()
        if count and name not in cleaner.chosen
    ]


def _settled(dataset: Dataset, chosen: set[Repair]) -> tuple[dict[str, list[str]], list[Finding]]:
    """What is wrong with each broken row that is set aside, and the findings that are left."""
    if Repair.BROKEN not in chosen:
        return {}, dataset.findings
    places = {row.source for row in dataset.ledger.dropped if row.reason == "broken"}
    reasons: dict[str, list[str]] = {place: [] for place in places}
    left = []
    for finding in dataset.findings:
        place = f"{finding.file}:{finding.line}"
        if place in reasons and finding.severity is Severity.ERROR:
            field = f"{finding.field}: " if finding.field else ""
            reasons[place].append(f"{field}{finding.message}")
        else:
            left.append(finding)
    return reasons, left


def _refuse(findings: Sequence[Finding], offers: Sequence[Offer]) -> None:
    errors = [str(finding) for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        more = len(errors) - MAX_FAULTS
        rest = [f"... and {more} more. `whet check` lists them all."] if more > 0 else []
        said = ["Nothing was written." + (" Repairs to ask for:" if offers else "")]
        raise DataError([*errors[:MAX_FAULTS], *rest, *said, *(f"  {offer}" for offer in offers)])


def _require_conversations(dataset: Dataset) -> None:
    """Refuses bare text, which the files that are written have no place for."""
    bare = [row.source for rows in dataset.splits.values() for row in rows if not row.prompt]
    if bare:
        raise DataError(
            f"{bare[0]}: bare text ({len(bare):,} such rows); whet clean writes conversations, "
            "questions with their answers. Nothing was written."
        )


def _require_rows(data: DataConfig, dataset: Dataset, ledger: Ledger) -> None:
    """Refuses a split that was asked for and has no row left."""
    empty = [
        name
        for name, rows in dataset.splits.items()
        if not rows and (getattr(data, name) or getattr(data.split, name, None))
    ]
    if empty:
        raise DataError(
            f"{' and '.join(empty)}: no row is left; {ledger.num_read:,} read, dropped"
            f"{counted(ledger.by_reason)}. Nothing was written. Name other files or fewer repairs."
        )


def _with_tokens(
    project: Project, dataset: Dataset, ledger: Ledger, account: Account
) -> tuple[Dataset, Ledger]:
    """Rows within the limit, and the ledger with every token in it.

    Raises:
        DataError: rows are too long, and nothing is said about them, or they are held out.
    """
    found = prompts(project, dataset)
    texts = {tuned_prompt(project, chosen) for chosen in found.values()}
    counter = token_counter(project, texts)
    return account.fitted(dataset, ledger, counter, counter.limit, project.config.data.on_too_long)
