"""The run folder: the only place that knows its paths, its states and how it is written.

    runs/001/
        run.json            verb, state, stages done, owner of the lock, format version
        config.yaml         the resolved configuration
        data/               split manifests with content hashes
        plan.json           what was frozen before training
        ledger.json         read = kept by split + dropped by reason
        choices.json        what was chosen on validation, and what was tried
        metrics.jsonl       one line a measurement
        checkpoints/        to resume training from
        adapter/ or model/  what was trained
        samples/ARM.jsonl   every answer
        report.json, report.html, environment.json

A file appears whole or not at all: written beside its place, synced, renamed.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from whet.errors import RunError

FORMAT = 1


def run_folders(root: Path) -> list[Path]:
    """The runs of a project, oldest first by their numbers; before them those of other names."""
    found = [path.parent for path in root.glob("runs/*/run.json")]
    return sorted(found, key=lambda p: (int(p.name) if p.name.isdecimal() else -1, p.name))


class State(StrEnum):
    """What a run says of itself."""

    RUNNING = "running"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class RunDir:
    """One folder under `runs/`. Opening reads; `create` makes; nothing is ever overwritten."""

    def __init__(self, path: Path) -> None:
        """Open an existing run.

        Raises:
            RunError: the folder is missing, is no run, or has a newer format.
        """
        self.path = path
        if not path.is_dir():
            known = sorted(p.parent.name for p in path.parent.glob("*/run.json"))
            listed = f" Runs there: {', '.join(known)}." if known else ""
            meant = Path("runs") / path
            hint = f" Did you mean {meant}?" if (meant / "run.json").is_file() else listed
            raise RunError(f"{path}: no such run.{hint}")
        if not self.file("run.json").is_file():
            raise RunError(f"{path}: not a run (it has no run.json).")
        version = self.record().get("format", 0)
        if version > FORMAT:
            raise RunError(f"{path}: run format {version}, this whet reads {FORMAT}. Upgrade whet.")

    @staticmethod
    def create(root: Path, verb: str) -> RunDir:
        """The next free number under `root/runs`, claimed by making the folder."""
        runs = root / "runs"
        runs.mkdir(parents=True, exist_ok=True)
        number = 1 + max((int(p.name) for p in runs.iterdir() if p.name.isdecimal()), default=0)
        while True:
            path = runs / f"{number:03d}"
            try:
                path.mkdir()
                break
            except FileExistsError:
                number += 1
        record = {"format": FORMAT, "verb": verb, "state": State.RUNNING, "stages": {}}
        record |= {"root": os.path.relpath(root, path), "created": _now()}
        write_json(path / "run.json", record)
        return RunDir(path)

    # -- paths ---------------------------------------------------------------------------

    def file(self, name: str) -> Path:
        """The path of one of the run's own files; its folder is made when it is written."""
        return self.path / name

    @property
    def config(self) -> Path:
        return self.path / "config.yaml"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def adapter(self) -> Path:
        return self.path / "adapter"

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def report_json(self) -> Path:
        return self.path / "report.json"

    @property
    def report_html(self) -> Path:
        return self.path / "report.html"

    @property
    def root(self) -> Path:
        """The project's folder: what paths in the configuration are relative to."""
        return (self.path / str(self.record().get("root", "../.."))).resolve()

    def samples(self, arm: str, split: str) -> Path:
        """Where the answers of an arm on a split are kept. Test answers are `ARM.jsonl`."""
        name = f"{arm}.jsonl" if split == "test" else f"{split}/{arm}.jsonl"
        return self.path / "samples" / name

    # -- state ---------------------------------------------------------------------------

    def record(self) -> dict[str, Any]:
        """What `run.json` says."""
        return dict(read_json(self.path / "run.json"))

    @property
    def state(self) -> State:
        """What the run is in; a run whose process is gone without a word was interrupted."""
        record = self.record()
        state = State(record["state"])
        owner = record.get("owner")
        if state is State.RUNNING and not (owner and _alive(owner)):
            return State.INTERRUPTED
        return state

    def done(self, stage: str) -> bool:
        """Whether a stage is complete."""
        return stage in self.record()["stages"]

    def finish(self, stage: str, seconds: float) -> None:
        """Marks a stage complete, after all its files are in place."""
        record = self.record()
        record["stages"][stage] = {"finished": _now(), "seconds": round(seconds, 3)}
        write_json(self.path / "run.json", record)

    def note(self, **values: Any) -> None:
        """Adds values to `run.json`."""
        write_json(self.path / "run.json", self.record() | values)

    @contextmanager
    def working(self) -> Iterator[RunDir]:
        """Holds the run's lock, and leaves its state as the block ended.

        Raises:
            RunError: another process is working in this run.
        """
        with _alone(self.path):
            owner = self.record().get("owner")
            if owner and _alive(owner):
                raise RunError(
                    f"{self.path}: process {owner['pid']} on {owner['host']} is working in this"
                    " run. Wait for it, or stop it."
                )
            self.note(owner=_this_process(), state=State.RUNNING)
        state = State.FAILED
        try:
            yield self
            state = State.COMPLETE
        except KeyboardInterrupt:
            state = State.INTERRUPTED
            raise
        except Exception as error:
            if type(error).__name__ == "Interrupted":
                state = State.INTERRUPTED
            self.note(error=f"{type(error).__name__}: {error}")
            raise
        finally:
            self.note(owner=None, state=state)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No two processes look for an owner at once, and both find none."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _this_process() -> dict[str, Any]:
    return {"pid": os.getpid(), "host": socket.gethostname(), "started": _started(os.getpid())}


def _started(pid: int) -> str:
    """When a process began, so that a reused process id is not taken for it; empty if unknown."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def _alive(owner: Mapping[str, Any]) -> bool:
    if owner["host"] != socket.gethostname():
        return True
    try:
        os.kill(owner["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _started(owner["pid"]) == str(owner.get("started", ""))


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def write_text(path: Path, text: str, mode: int = 0o644) -> None:
    """Writes a file whole or not at all, and has the disk confirm it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_json(path: Path, value: Any, mode: int = 0o644) -> None:
    """Writes JSON that a person can read; NaN and infinity are refused."""
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_text(path, text, mode)


def write_jsonl(path: Path, rows: Iterator[Any] | list[Any]) -> None:
    """Writes one JSON value a line."""
    lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    write_text(path, "".join(lines))


def read_json(path: Path) -> Any:
    """The value of a JSON file of ours.

    Raises:
        RunError: the file is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{path}: missing. The run did not get so far, or was damaged.") from None
    except ValueError as error:
        raise RunError(f"{path}: damaged: {error}.") from None


def read_jsonl(path: Path) -> list[Any]:
    """The values of a JSONL file of ours, in order."""
    try:
        text = path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.split("\n") if line]
    except FileNotFoundError:
        raise RunError(f"{path}: missing. The run did not get so far, or was damaged.") from None
    except ValueError as error:
        raise RunError(f"{path}: damaged: {error}.") from None


def append_jsonl(path: Path, row: Mapping[str, Any]) -> None:
    """Adds one line and has the disk confirm it. A half line left by a crash is cut off first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as stream:
        stream.seek(0, os.SEEK_END)
        size = stream.tell()
        if size:
            stream.seek(size - 1)
            if stream.read(1) != b"\n":
                stream.seek(0)
                stream.truncate(stream.read().rfind(b"\n") + 1)
        stream.write(json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
