"""`whet review --data`: training rows, worst first, decided on by people; and what comes of it.

What people decide is kept in `reviews/rows` of the project, or in `NAME-review` for loose files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.config import Config
from whet.data import Dataset, survey
from whet.data.suspicion.alike import alike
from whet.data.suspicion.ranking import Ranking, rank
from whet.errors import ConfigError
from whet.findings import Severity
from whet.progress import Progress, Silent
from whet.project import Project
from whet.reviewing.rows.decisions import REVIEW, row_keys
from whet.reviewing.rows.listing import RankedRows, ranked_rows
from whet.reviewing.store import History, open_history
from whet.verbs.check import embedder
from whet.verbs.loose_files import project_or_files

if TYPE_CHECKING:
    import socket

    from whet.reviewing.server.guard import Guard
    from whet.reviewing.server.limits import Limits

BASE = "base"
MAX_FAULTS = 8
NO_MEANING = "Rows were compared by their words, not by meaning: pip install 'whet[rag,train]'"


@dataclass(frozen=True, slots=True)
class RowsToReview:
    """A project's training rows in the order to look at them, and where decisions are kept."""

    project: Project
    dataset: Dataset
    ranking: Ranking
    keys: dict[int, str]
    folder: Path
    alike: dict[str, list[str]]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class OpenReview:
    """A server that listens at `base`; `links` are shown now and never again."""

    base: str
    links: dict[str, str]
    known: list[str]
    folder: Path
    num_rows: int
    _history: History
    _app: Guard
    _sock: socket.socket
    _limits: Limits

    def text(self) -> str:
        """What a person reads on the terminal."""
        lines = [f"{self.num_rows:,} training rows; decisions are kept in {self.folder}"]
        lines += ["Links, one a person, shown only now:"] if self.links else []
        lines += [f"  {name}: {link}" for name, link in self.links.items()]
        if self.known:
            lines.append(
                f"Have theirs: {', '.join(self.known)} (new: whet review --data ... link NAME)"
            )
        lines.append(f"Serving {self.base}. Ctrl-C ends it; every decision is kept.")
        return "\n".join(lines)

    def told(self) -> dict[str, Any]:
        """The same as plain values."""
        names = ("base", "links", "known", "folder", "num_rows")
        return {name: getattr(self, name) for name in names}

    def serve(self) -> None:
        """Answers until it is interrupted."""
        from whet.reviewing.server.serving import serve

        try:
            serve(self._app, self._sock, self._limits)
        finally:
            self._history.close()


def prepare_rows(
    files: Sequence[str | Path] = (),
    *,
    config: Config | str | Path = "whet.yaml",
    overrides: Sequence[str] = (),
    model: str | None = None,
    by_meaning: bool = True,
    losses: str | Path | None = None,
    store: str | Path | None = None,
    root: str | Path | None = None,
    progress: Progress | None = None,
) -> RowsToReview:
    """The training rows of a project, or of files without one, ranked.

    Args:
        files: data files, split by their names; none: the project's.
        config: the project's file, for when no files are given.
        overrides: `key=value` strings that go over the configuration.
        model: stands for `model` of the configuration.
        by_meaning: compare rows by meaning too, where the embedder is installed.
        losses: whose losses are evidence too: `base` for the project's model, or a run folder for
            what that run trained. None asks no model.
        store: the folder that keeps the decisions.
        root: what paths of a `Config` are relative to.
        progress: what is told on the way.

    Raises:
        ConfigError: what was asked for cannot be done.
        DataError: no rows can be shown at all, or a model cannot be asked about them.
    """
    project = project_or_files(files, config, overrides, model, root)
    progress = progress or Silent()
    progress.say(f"reading {', '.join(project.config.data.train)}")
    dataset = survey(project.config.data, root=project.root)
    notes = _left_out(dataset)
    embed = embedder(progress) if by_meaning else None
    if by_meaning and embed is None:
        notes.append(NO_MEANING)
    found = _losses(project, dataset, losses, progress) if losses else None
    ranking = rank(dataset.train, embed, found)
    names = row_keys(dataset.train)
    keys = dict(zip(map(id, dataset.train), names, strict=True))
    near = {
        name: [names[other] for other in others]
        for name, others in zip(names, alike(dataset.train, embed), strict=True)
    }
    folder = store_folder(project, files, store)
    return RowsToReview(project, dataset, ranking, keys, folder, near, [*notes, *ranking.notes])


def _losses(
    project: Project, dataset: Dataset, asked: str | Path, progress: Progress
) -> dict[str, float]:
    """What the answers cost the model that is named."""
    from whet.rundir import RunDir
    from whet.stages.row_losses import row_losses

    run = None if str(asked) == BASE else RunDir(Path(asked))
    return row_losses(project, dataset, progress, run)


def list_rows(rows: RowsToReview, limit: int | None = 20) -> RankedRows:
    """The first `limit` rows of the ranking with their reasons; None: all."""
    ranking = rows.ranking
    return ranked_rows(ranking.suspects, rows.keys, ranking.counts, limit, rows.notes)


def open_rows(
    rows: RowsToReview,
    *,
    raters: int = 1,
    each: int = 1,
    host: str = "127.0.0.1",
    port: int = 8700,
    url: str | None = None,
    key: str | None = None,
) -> OpenReview:
    """The review as a server that listens, and the links of raters who are new.

    Args:
        rows: what `prepare_rows` returned.
        raters: so many people take part; each has a link.
        each: so many of them decide on each row.
        host: the address to listen on.
        port: 0 takes a free one.
        url: how raters reach it, if not by host and port.
        key: asked for beside the link, where other machines can reach the server.

    Raises:
        ConfigError: the address cannot be had, or is open to others without a key.
        MissingExtraError: the server's packages are missing.
        StoreError: another server has the decisions open, or they are damaged.
    """
    from whet.reviewing.server.serving import require_server
    from whet.web.address import listen

    require_server()
    if each > raters:
        raise ConfigError(f"--each {each}: there are {raters} raters.")
    from whet.reviewing.comparing.people import invite, people
    from whet.reviewing.rows.desk import Desk
    from whet.reviewing.rows.opening import session_secret
    from whet.reviewing.rows.routes import HOME, row_pages
    from whet.reviewing.server.app import create_app
    from whet.reviewing.server.settings import reachable

    settings = reachable(session_secret(rows.folder), HOME, host=host, url=url, key=key)
    sock = listen(host, port)  # before links are made, which are shown only once
    try:
        history = open_history(rows.folder, REVIEW)
    except BaseException:
        sock.close()
        raise
    links = invite(history, raters)
    there = [name for name, person in people(history.raters()).items() if person.digest]
    suspects = rows.ranking.suspects
    names = [rows.keys[id(suspect.row)] for suspect in suspects]
    desk = Desk(suspects, names, history, rows.alike, each)
    app = create_app(row_pages(desk, rows.notes), desk, settings)
    base = (url or f"http://{host}:{sock.getsockname()[1]}").rstrip("/")
    shown = {name: f"{base}/enter/{token}" for name, token in links.items()}
    known = [name for name in there if name not in links]
    num_rows = len(rows.ranking.suspects)
    return OpenReview(
        base, shown, known, rows.folder, num_rows, history, app, sock, settings.limits
    )


def _left_out(dataset: Dataset) -> list[str]:
    """What of the files is not shown, and must be mended before the export."""
    broken = dataset.ledger.by_reason.get("broken", 0)
    errors = sum(finding.severity is Severity.ERROR for finding in dataset.findings)
    notes = []
    if broken:
        notes.append(f"{broken:,} rows cannot be read and are not shown; whet check lists them.")
    if errors:
        notes.append(f"{errors:,} errors stand in the way of the export; whet check lists them.")
    return notes


def store_folder(project: Project, files: Sequence[str | Path], store: str | Path | None) -> Path:
    """Where decisions are kept: in the project, or beside loose files."""
    if store is not None:
        return Path(store).expanduser().resolve()
    if not files:
        return (project.root / "reviews" / "rows").resolve()
    return (project.root / f"{stem(files)}-review").resolve()


def stem(files: Sequence[str | Path]) -> str:
    """The name of the first file without its endings."""
    name = Path(files[0]).name
    return name.partition(".")[0] or name
