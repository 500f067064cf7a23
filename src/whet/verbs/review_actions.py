"""What the owner of a review does beside serving it: status, export, close, links, backups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.errors import ConfigError, RunError
from whet.reviewing.comparing import people
from whet.reviewing.comparing.frozen import ReviewFolder
from whet.reviewing.results import exports
from whet.reviewing.results.summary import Summary, standing, summary
from whet.reviewing.results.told import summary_text
from whet.reviewing.store import open_history, read_history
from whet.reviewing.store.opening import FILE, database_url
from whet.rundir import RunDir, read_json
from whet.stages.evidence import read_evidence
from whet.verbs.review import find_review
from whet.version import __version__


@dataclass(frozen=True, slots=True)
class Done:
    """The same thing as text for a person and as values for a program."""

    text: str
    values: dict[str, Any]


def status(run: str | Path, arms: Sequence[str] = ()) -> tuple[str, Summary]:
    """How far a review is, how raters agree, and the result once all is in.

    Raises:
        RunError: there is no review.
    """
    folder, graded = _folder(run, arms)
    with closing(read_history(folder.path, folder.frozen().digest)) as history:
        found = summary(folder, history, graded=graded)
    return summary_text(found), found


def export(run: str | Path, out: str | Path, arms: Sequence[str] = ()) -> Done:
    """Writes votes, labels and preference pairs with their origin into a folder.

    Raises:
        RunError: there is no review.
    """
    folder, _ = _folder(run, arms)
    frozen = folder.frozen()
    with closing(read_history(folder.path, frozen.digest)) as history:
        cast = standing(history)
    model = read_json(RunDir(Path(run)).file("model.json"))
    origin = exports.origin(frozen, cast, folder.secret().seed, __version__, model)
    files = exports.export_all(Path(out), frozen, cast, origin)
    lines = [str(path) for path in files]
    if frozen.split == "test":
        lines.append(
            "pairs.jsonl holds test items: whoever trains on them has no test set any more. For"
            " training, review validation answers: --split validation."
        )
    return Done("\n".join(lines), {"files": lines[: len(files)], "votes": len(cast)})


def act(run: str | Path, word: str, value: str = "", arms: Sequence[str] = ()) -> Done:
    """Closes a review, renews a link, removes a rater, or makes a backup.

    Raises:
        RunError: there is no review, or a server has it open.
        ConfigError: there is no such rater, or a backup cannot have that name.
    """
    folder, _ = _folder(run, arms)
    with closing(open_history(folder.path, folder.frozen().digest)) as history:
        if word == "close":
            people.close(history)
            return Done("closed: no more votes are taken", {"closed": True})
        if word == "remove":
            people.remove(history, value)
            return Done(f"{value} is removed; the votes are kept", {"removed": value})
        if word == "link":
            path = f"/enter/{people.new_link(history, value)}"
            return Done(f"{value}: {path} (the old link is dead)", {"rater": value, "path": path})
        if value and not re.fullmatch(r"[\w.-]+", value):
            raise ConfigError(f"backup {value!r}: a word of letters, digits, '.', '_' and '-'.")
        where = history.backup(value or "backup")
        return Done(where, {"backup": where})


def restore(run: str | Path, backup: str | Path, arms: Sequence[str] = ()) -> Done:
    """Puts a backup in the place of the votes; what stood there is kept beside it.

    Raises:
        RunError: the backup is damaged, a server has the votes open, or they are in PostgreSQL.
    """
    from whet.reviewing.store.sqlite import restore as put_back

    if database_url() is not None:
        raise RunError("Votes in PostgreSQL are restored with its own tools: pg_restore.")
    folder, _ = _folder(run, arms)
    put_back(Path(backup), folder.path / FILE)
    return Done(f"{folder.path / FILE}: restored from {backup}", {"restored": str(backup)})


def _folder(run: str | Path, arms: Sequence[str]) -> tuple[ReviewFolder, bool]:
    opened = RunDir(Path(run))
    found = find_review(opened, arms)
    if found is None:
        raise RunError(f"{opened.path}: no review{_of(arms)}. Begin one: whet review {run}.")
    return found, read_evidence(opened).config.review.graded


def _of(arms: Sequence[str]) -> str:
    return f" of {' and '.join(arms)}" if arms else ""
