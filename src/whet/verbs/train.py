"""`whet train`: one training run. Needs no test set, and no baseline."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.config import Config
from whet.errors import ConfigError, TrainingError
from whet.progress import Progress, Silent
from whet.rundir import RunDir, read_json
from whet.stages.baselines import Chosen, write_choices
from whet.stages.checking import write_check
from whet.stages.job import Job, Options, Stage, work
from whet.stages.preparing import prompts, tuned_prompt
from whet.stages.starting import reopen, start
from whet.stages.training import train_candidates

if TYPE_CHECKING:
    from whet.training.distributed import Ranks


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished training run.

    Losses are the objective's: nats per token of imitation and distillation, else a mean over pairs
    or judged rows. `losses` holds one a step, None where a step was not finite.
    `seconds` is all optimizer steps, `verify_seconds` the self check beside them;
    `peak_memory_bytes` is the process's on a CPU and the allocator's on a GPU.
    """

    run: Path
    adapter: Path
    method: str
    steps: int
    examples: int
    logical_tokens: int
    executed_tokens: int
    loss_tokens: int
    seconds: float
    verify_seconds: float
    examples_per_s: float
    peak_memory_bytes: int
    losses: list[float | None]
    validation_losses: list[tuple[int, float]]
    best_step: int | None
    num_trainable: int
    num_total: int
    diagnosis: list[str]

    def text(self) -> str:
        """What a person reads on the terminal."""
        share = self.num_trainable / self.num_total
        lines = [
            f"{self.method}: {self.steps} steps, {self.examples} examples in {self.seconds:.1f} s"
            f" ({self.examples_per_s:.1f} examples/s), {self.num_trainable:,} of"
            f" {self.num_total:,} weights trained ({share:.1%}),"
            f" peak memory {self.peak_memory_bytes / 2**30:.2f} GiB"
        ]
        known = [loss for loss in self.losses if loss is not None]
        if known:
            lines.append(f"training loss {known[0]:.4f} to {known[-1]:.4f}")
        if self.validation_losses:
            first, best = self.validation_losses[0][1], min(v for _, v in self.validation_losses)
            lines.append(
                f"validation loss {first:.4f} to {best:.4f}, best at step {self.best_step}, kept"
            )
        lines += self.diagnosis
        lines.append(f"{self.adapter}")
        return "\n".join(lines)


def train(
    source: Config | str | Path = "whet.yaml",
    *overrides: str,
    accept_changes: bool = False,
    root: str | Path | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Trains on every training row with the tuned prompt, and saves an adapter or a model.

    Without a validation set every row is trained on, early stopping is off, and it says so. Of
    several prompts the first is used, since nothing is compared here; `tuned_prompt` names one.
    Under torchrun all processes train together; the first alone writes and speaks.

    Args:
        source: a project's file or folder, a `Config`, or the folder of a run that was stopped.
        overrides: `key=value` strings that go over the file.
        accept_changes: go on with a stopped run although something it depends on has changed (a
            library's version, the number of processes); what, is kept with the run.
        root: what paths of a `Config` are relative to.
        progress: what is told on the way; nothing by default.

    Raises:
        WhetError: a mistake in the project, in one message.
        Interrupted: asked to stop; `train` on the run's folder goes on exactly where it was.
    """
    progress = progress or Silent()
    with _joined() as ranks:
        if ranks.is_first:
            return _result(_lead(source, overrides, progress, root, ranks, accept_changes))
        return _result(_follow(progress, ranks, accept_changes))


def _joined() -> AbstractContextManager[Ranks]:
    from whet.training.distributed import joined

    return joined()


def _lead(
    source: Config | str | Path,
    overrides: Sequence[str],
    progress: Progress,
    root: str | Path | None,
    ranks: Ranks,
    accept_changes: bool,
) -> Job:
    """The job, done. Once there is something to train the other ranks are told where it is."""
    told = False

    def train_together(job: Job) -> None:
        nonlocal told
        told = True
        ranks.tell({"run": str(job.run.path.resolve())})
        train_candidates(job)

    try:
        job = start(source, overrides, "train", Options(), progress, root)
        if not job.dataset.train:
            raise ConfigError("data.train: no row is left to train on.")
        job.ranks, job.accept_changes = ranks, accept_changes
        work(job, (*STAGES, ("train", train_together)))
    finally:
        if not told:
            ranks.tell(None)
    return job


def _follow(progress: Progress, ranks: Ranks, accept_changes: bool) -> Job:
    """The job of the first rank, trained with it; everything that is written is its affair.

    Raises:
        TrainingError: the first rank found nothing to train.
    """
    from whet.training.distributed import Muted

    told = ranks.tell(None)
    if told is None:
        raise TrainingError("nothing was trained; rank 0 says why.")
    job = reopen(RunDir(Path(told["run"])), Muted(progress))
    job.ranks, job.accept_changes = ranks, accept_changes
    train_candidates(job)
    return job


def _take_first_prompt(job: Job) -> None:
    """Nothing is chosen: the first prompt is the one, and no example or passage is shown."""
    name, text = next(iter(prompts(job.project, job.dataset).items()))
    if len(job.config.prompt) > 1:
        job.warn(f"of {len(job.config.prompt)} prompts the first, {name}, is trained with.")
    tuned = tuned_prompt(job.project, text)
    num_passages = job.config.rag.passages[0] if job.config.rag else 0
    chosen = Chosen(
        text, tuned, num_shots=0, few_shot_prompt=None, num_passages=num_passages, rag_prompt=text
    )
    write_choices(job, chosen, {name: text})


STAGES: tuple[Stage, ...] = (
    ("check", write_check),
    ("prompt", _take_first_prompt),
)


def _result(job: Job) -> Trained:
    stored = read_json(job.run.file("training.json"))
    best: dict[str, Any] = next(seed for seed in stored["seeds"] if seed["chosen"])
    kept = job.run.adapter if job.run.adapter.is_dir() else job.run.model
    names = [name for name in Trained.__slots__ if name in best]
    return Trained(
        run=job.run.path,
        adapter=kept,
        method=stored["settings"]["method"],
        examples_per_s=best["examples"] / best["seconds"] if best["seconds"] else 0.0,
        **{name: best[name] for name in names},
    )
