"""`whet report`: show a run, list all runs, compare two."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.errors import ConfigError, RunError
from whet.reporting import (
    Report,
    check_report,
    compare_text,
    run_row,
    runs_table,
    verdict_text,
)
from whet.rundir import RunDir, read_json, run_folders
from whet.stages.side_by_side import side_by_side


@dataclass(frozen=True, slots=True)
class Shown:
    """The same thing as text for a person and as values for a program."""

    text: str
    values: dict[str, Any]


def report(*what: str | Path, root: str | Path = ".") -> Shown:
    """The report of a run; of the newest one when none is named.

    Args:
        what: a run folder; or `list`; or `compare` and two run folders.
        root: the project's folder, for `list` and the newest run.

    Raises:
        RunError: no such run, or a run without a report.
    """
    words = [str(word) for word in what]
    if words[:1] == ["list"] and len(words) == 1:
        return _list(Path(root))
    if words[:1] == ["compare"]:
        if len(words) != 3:
            raise ConfigError("whet report compare takes two run folders.")
        return _compare(Path(words[1]), Path(words[2]))
    if len(words) > 1:
        raise ConfigError(f"expected one run, `list`, or `compare A B`; found {' '.join(words)}.")
    run = RunDir(Path(words[0])) if words else _newest(Path(root))
    values = _read(run)
    return Shown(verdict_text(values) + f"\n\n{run.report_html}", dict(values))


def _runs(root: Path) -> list[RunDir]:
    return [RunDir(path) for path in run_folders(root)]


def _newest(root: Path) -> RunDir:
    finished = [run for run in _runs(root) if run.report_json.is_file()]
    if not finished:
        raise RunError(f"{root / 'runs'}: no finished run. `whet run` makes one.")
    return finished[-1]


def _read(run: RunDir) -> Report:
    if not run.report_json.is_file():
        raise RunError(
            f"{run.path}: no report yet (its state: {run.state}). Go on with: whet"
            f" {run.record()['verb']} {run.path}"
        )
    return check_report(read_json(run.report_json))


def _list(root: Path) -> Shown:
    rows = []
    for run in _runs(root):
        record = run.record()
        found = _read(run) if run.report_json.is_file() else None
        name, state = run.path.name, run.state.value
        rows.append(run_row(name, record["verb"], state, record["created"], found))
    if not rows:
        raise RunError(f"{root / 'runs'}: no runs. `whet run` makes one.")
    return Shown(runs_table(rows), {"runs": rows})


def _compare(a: Path, b: Path) -> Shown:
    runs = RunDir(a), RunDir(b)
    first, second = (_read(run) for run in runs)
    differ = side_by_side(*runs)
    names = (a.name, b.name) if a.name != b.name else (str(a), str(b))
    text = compare_text(first, second, names, differ)
    return Shown(text, {"a": first, "b": second, "differ": differ})
