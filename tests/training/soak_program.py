"""What test_soak.py starts: runs that are stopped and killed, again and again, in forked children.

    soak_program.py FOLDER STOPS KILLS SEED       prints what was found, as JSON

The parent imports torch once and never trains; each child is a fork that trains in a folder until
it ends, is stopped or is killed. A chain of such children must end as one that was let alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch  # noqa: F401  imported before the forks
import torch
import transformers
from transformers import AttentionInterface, AttentionMaskInterface  # noqa: F401  likewise

from whet.cli.progress import Terminal
from whet.errors import Interrupted
from whet.models.load import LoadedModel
from whet.models.lora import lora_modules
from whet.rows.sequence import RenderedExample, TokenSequence
from whet.training import checkpoint
from whet.training.loop import train
from whet.training.settings import TrainSettings

CONFIG: dict[str, Any] = {
    "vocab_size": 53, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
    "num_attention_heads": 2, "max_position_embeddings": 64, "initializer_range": 0.3,
}  # fmt: skip
SETTINGS = TrainSettings(
    epochs=3, batch_size=4, learning_rate=1e-2, rank=2, dtype="float32", tokens_per_micro_batch=40,
    dropout=0.1, patience=0,
)  # fmt: skip
FINISHED, INTERRUPTED, KILLED = 0, 130, -signal.SIGKILL
ATTEMPTS_A_CHAIN = 5
FILE_EVENTS = {
    "open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.scandir", "shutil.rmtree"
}  # fmt: skip


def make() -> LoadedModel:
    torch.manual_seed(0)
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**CONFIG)).eval()
    return LoadedModel(model, None, "tiny", Path(), "tiny", "", (2,), 64)


def rows() -> list[RenderedExample]:
    rng = np.random.default_rng(0)
    found = []
    for number in range(16):
        length = int(rng.integers(6, 24))
        tokens = rng.integers(1, 53, length).tolist()
        sequence = TokenSequence.of(tokens, [i >= length // 2 for i in range(length)])
        found.append(RenderedExample(f"id{number}", f"file:{number + 1}", (sequence,)))
    return found


class Counted(Terminal):
    """The terminal's progress, silent; stops by a signal, or after so many questions."""

    def __init__(self, stop_after: float) -> None:
        super().__init__()
        self.asked, self.stop_after = 0, stop_after

    def say(self, text: str) -> None:
        pass

    def advance(self, task: str, done: int, total: int) -> None:
        pass

    def should_stop(self) -> bool:
        self.asked += 1
        return self.asked > self.stop_after or super().should_stop()


def count_file_events(folder: Path, die_at: float) -> Callable[[], int]:
    """Counts what is done to files in the folder, syncs too; kill -9 at the given number."""
    count = 0

    def happened() -> None:
        nonlocal count
        count += 1
        if count >= die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in FILE_EVENTS and arguments and str(folder) in str(arguments[0]):
            happened()

    honest = checkpoint._sync

    def sync(path: Path) -> None:
        happened()
        honest(path)
        happened()

    checkpoint._sync = sync
    sys.addaudithook(hook)
    return lambda: count


def child(folder: Path, ready: int, stop_after: float, die_at: float) -> None:
    """One attempt. Logs each measurement at once, and at the end what it found."""
    log = os.open(folder / "log.jsonl", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    loaded, examples = make(), rows()
    with Counted(stop_after) as progress:
        os.write(ready, b".")
        events = count_file_events(folder / "checkpoints", die_at)
        result = train(
            loaded, examples, examples[:4], SETTINGS, folder=folder / "checkpoints",
            log=lambda row: os.write(log, json.dumps(row).encode() + b"\n") and None,
            progress=progress, resume=True,
        )  # fmt: skip
    total = hashlib.sha256()
    for module in lora_modules(loaded.model).values():
        total.update(module.lora_A.detach().numpy().tobytes())
        total.update(module.lora_B.detach().numpy().tobytes())
    last = checkpoint.latest(folder / "checkpoints")
    assert last is not None
    found = {
        "adapter": total.hexdigest(),
        "optimizer": {k: hashlib.sha256(t.numpy().tobytes()).hexdigest()
                      for k, t in sorted(last.tensors.items())},
        "updates": last.state["num_updates"],
        "losses": result.losses,
        "validation": result.validation_losses,
        "best": [result.best_step, result.best_validation_loss],
    }  # fmt: skip
    counts = {"questions": progress.asked, "events": events()}
    (folder / "found.json").write_text(json.dumps({"found": found, "counts": counts}))


def attempt(
    folder: Path,
    *,
    stop_after: float = 1e9,
    die_at: float = 1e9,
    after_s: float | None = None,
    by: int = signal.SIGKILL,
    times: int = 1,
) -> tuple[int, float, float]:
    """(how the child ended, seconds it took, seconds from the signal to its end)."""
    readable, ready = os.pipe()
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            child(folder, ready, stop_after, die_at)
            status = FINISHED
        except (Interrupted, KeyboardInterrupt):  # by the first signal, or by the second
            status = INTERRUPTED
        finally:
            os._exit(status)
    os.close(ready)
    os.read(readable, 1)
    os.close(readable)
    asked = time.monotonic()
    if after_s is not None:
        time.sleep(after_s)
        asked = time.monotonic()
        for _ in range(times):
            os.kill(pid, by)
            time.sleep(0.001 * (times > 1))
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    now = time.monotonic()
    return status, now - started, now - asked


def measurements(folder: Path) -> dict[str, set[str]]:
    """Every value that was logged, by step and name, however often."""
    seen: dict[str, set[str]] = {}
    for line in (folder / "log.jsonl").read_text().splitlines():
        row = json.loads(line)
        for name, value in row.items():
            if name not in ("step", "train/tokens_per_s"):
                seen.setdefault(f"{row['step']} {name}", set()).add(repr(value))
    return seen


def newest(folder: Path) -> int:
    """The step of the newest whole checkpoint, -1 for none; broken ones are an error."""
    found = checkpoint.latest(folder / "checkpoints")
    assert found is None or not found.notices, found.notices
    return -1 if found is None else int(found.state["step"])


class Soak:
    """The uninterrupted run, and chains of interrupted ones that must end like it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.random, self.faults = folder, random.Random(seed), []
        self.chains, self.slowest_stop_s, self.committed = 0, 0.0, -1
        self.whole = self._folder("whole")
        status, seconds, _ = attempt(self.whole)
        assert status == FINISHED, status
        self.whole_s = seconds
        stored = json.loads((self.whole / "found.json").read_text())
        self.expected, self.counts = stored["found"], stored["counts"]
        self.logged = measurements(self.whole)

    def _folder(self, name: str) -> Path:
        place = self.folder / name
        place.mkdir(parents=True)
        return place

    def interrupt(self, num: int, kind: str, one: Callable[[Path], int], wanted: int) -> int:
        """Interrupts `num` times, in chains; returns how often a child finished before it."""
        done = early = 0
        while done < num:
            self.chains += 1
            folder = self._folder(f"{kind}-{self.chains}")
            for _ in range(min(ATTEMPTS_A_CHAIN, num - done)):
                self.committed = newest(folder)
                status = one(folder)
                if newest(folder) < self.committed:
                    self.faults.append(f"{folder.name}: lost a committed step")
                if status == FINISHED:
                    early += 1
                    break
                if status == INTERRUPTED != wanted:
                    continue  # it had saved before it was to be killed
                done += 1
                if status != wanted:
                    self.faults.append(f"{folder.name}: ended with {status}")
            self._compare(folder)
        return early

    def _compare(self, folder: Path) -> None:
        if not (folder / "found.json").is_file() and attempt(folder)[0] != FINISHED:
            self.faults.append(f"{folder.name}: could not be resumed")
            return
        found = json.loads((folder / "found.json").read_text())["found"]
        for name, value in self.expected.items():
            if found[name] != value:
                self.faults.append(f"{folder.name}: {name} differ")
        if measurements(folder) != self.logged:
            self.faults.append(f"{folder.name}: logged values differ")
        shutil.rmtree(folder)

    def stop(self, folder: Path) -> int:
        """By a question's answer or by real SIGTERMs or SIGINTs, at a random moment."""
        if self.random.random() < 0.5:
            questions = self.random.randrange(self.counts["questions"] // 2)
            return attempt(folder, stop_after=questions)[0]
        by = self.random.choice([signal.SIGTERM, signal.SIGINT])
        times = self.random.choice([1, 2, 10])
        status, _, seconds = attempt(folder, after_s=self._moment(), by=by, times=times)
        self.slowest_stop_s = max(self.slowest_stop_s, seconds)
        return status

    def kill_anywhere(self, folder: Path) -> int:
        return attempt(folder, after_s=self._moment())[0]

    def kill_in_save(self, folder: Path) -> int:
        """In a save on the way; or in one of a step that a stop has saved just before."""
        if self.random.random() < 0.5:
            return attempt(folder, die_at=self.random.randint(1, self.counts["events"] // 2))[0]
        if attempt(folder, stop_after=self.random.randrange(1, 9))[0] == FINISHED:
            return FINISHED
        self.committed = newest(folder)
        return attempt(folder, stop_after=0, die_at=self.random.randint(5, 40))[0]

    def _moment(self) -> float:
        return self.random.uniform(0, 0.6 * self.whole_s)


def main() -> None:
    torch.set_num_threads(1)
    make()  # so that what transformers imports on the way is there before the forks
    folder, num_stops, num_kills, seed = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    started = time.monotonic()
    soak = Soak(folder, seed)
    early = soak.interrupt(num_stops, "stop", soak.stop, INTERRUPTED)
    in_save = num_kills // 2
    early += soak.interrupt(num_kills - in_save, "kill", soak.kill_anywhere, KILLED)
    early += soak.interrupt(in_save, "save", soak.kill_in_save, KILLED)
    told = {
        "faults": soak.faults, "stops": num_stops, "kills": num_kills, "kills_in_a_save": in_save,
        "chains": soak.chains, "finished_before": early, "counts": soak.counts,
        "adapter": soak.expected["adapter"],
        "slowest_stop_s": round(soak.slowest_stop_s, 2), "one_run_s": round(soak.whole_s, 2),
        "seconds": round(time.monotonic() - started, 1),
    }  # fmt: skip
    print(json.dumps(told))


if __name__ == "__main__":
    main()
