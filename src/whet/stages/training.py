"""Stage `train`: one adapter, or one a seed; the best on validation is kept in the run folder."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.config import Config
from whet.evals.arms import Arm, ArmKind, training_row
from whet.rundir import append_jsonl, read_json, write_json
from whet.stages.arms import passage_texts
from whet.stages.base_model import model_name
from whet.stages.baselines import read_chosen
from whet.stages.job import Job
from whet.types import Example

if TYPE_CHECKING:
    from torch import Tensor

    from whet.models.load import LoadedModel
    from whet.training.distributed import Ranks
    from whet.training.result import TrainResult
    from whet.training.settings import TrainSettings

FILE = "training.json"
SMOKE_BATCH = 4


def train_candidates(job: Job) -> None:
    """Trains unless the baselines showed that it would be a waste; writes `training.json`.

    Of several ranks all do this, and the first alone writes.
    """
    from whet.training.distributed import ALONE

    ranks = job.ranks or ALONE
    if job.stored("choices.json")["stop"]:
        return
    chosen = read_chosen(job)
    arm = Arm(
        "tuned",
        ArmKind.CANDIDATE,
        chosen.tuned_prompt,
        uses_adapter=True,
        num_passages=chosen.num_passages,
    )
    if not ranks.is_first:
        ranks.tell(None)  # passages that are shown are embedded once, by the first
    train_rows = _rows(job, arm, job.dataset.train)
    validation_rows = _rows(job, arm, job.dataset.validation)
    if ranks.is_first:
        ranks.tell(None)
    seeds = range(job.config.train.seed, job.config.train.seed + job.config.train.seeds)
    kept = [_train_one(job, ranks, seed, train_rows, validation_rows) for seed in seeds]
    best = min(range(len(kept)), key=lambda i: _loss(kept[i]))
    for number, record in enumerate(kept):
        record["chosen"] = number == best
    if ranks.is_first:
        _take(job, kept[best]["seed"])
        settings = _settings(job.config, 0).as_dict()
        write_json(job.run.file(FILE), {"seeds": kept, "settings": settings})
    ranks.tell(None)  # the others read the result, so it has to be there


def _loss(record: dict[str, Any]) -> float:
    loss = record["best_validation_loss"]
    return math.inf if loss is None else float(loss)


def _rows(job: Job, arm: Arm, examples: Sequence[Example]) -> list[Example]:
    """The rows as they are trained on: the tuned prompt, and passages in a share of them."""
    if not arm.num_passages:
        return [training_row(arm, example) for example in examples]
    rag = job.config.rag
    assert rag is not None, "passages come from documents"
    texts = passage_texts(job, [example.question for example in examples], arm.num_passages)
    return [
        training_row(
            arm,
            example,
            passages=lambda question, k: texts[question][:k],
            share=rag.train_share,
            seed=job.config.train.seed,
            abstain=job.abstain,
        )
        for example in examples
    ]


def _settings(config: Config, seed: int, smoke: bool = False) -> TrainSettings:
    from whet.training.settings import TrainSettings

    values = config.train.model_dump(exclude={"seeds", "turns"}) | {
        "seed": config.train.seed + seed
    }
    if smoke:
        values |= {"batch_size": SMOKE_BATCH, "epochs": 1}
    return TrainSettings(**values)


def _seed_folder(job: Job, seed: int) -> Path:
    return job.run.file(f"seeds/{seed}")


def _train_one(
    job: Job,
    ranks: Ranks,
    seed: int,
    train_rows: Sequence[Example],
    validation_rows: Sequence[Example],
) -> dict[str, Any]:
    """One training run, saved; a seed that was finished before an interruption is read back."""
    folder = _seed_folder(job, seed)
    if (folder / "result.json").is_file():
        record: dict[str, Any] = read_json(folder / "result.json")
        return record
    from whet.rows.proven import proven_examples
    from whet.training.loop import train
    from whet.training.sharding import whole_state

    job.models.forget()
    loaded = job.models.base_model
    settings = _settings(job.config, seed - job.config.train.seed, job.options.smoke)
    checkpoints = job.run.checkpoints / str(seed)
    proven = partial(
        proven_examples,
        tokenizer=loaded.tokenizer,
        stop_ids=loaded.stop_ids,
        turns=job.config.train.turns,
    )

    def log(row: dict[str, Any]) -> None:
        line = {"seed": seed, **{k: _finite(v) for k, v in row.items()}}
        try:
            append_jsonl(job.run.metrics, line)
        except OSError as error:
            # Curves are no reason to lose a run: `training.json` has them all again at its end.
            job.warn(f"{job.run.metrics}: not written from some step on ({error.strerror}).")

    teacher = _teacher(job)
    result = train(
        loaded,
        proven(train_rows),
        proven(validation_rows),
        settings,
        folder=checkpoints,
        log=log,
        progress=job.progress,
        ranks=ranks,
        resume=checkpoints.is_dir() and any(checkpoints.iterdir()),
        teacher=teacher,
        accept_changes=job.accept_changes,
    )
    record = {"seed": seed, **_record(result)}
    state = whole_state(loaded.model, ranks)
    if ranks.is_first:
        _save(loaded, settings, folder, state)
        write_json(folder / "result.json", record)
    job.models.forget()
    return record


def _teacher(job: Job) -> LoadedModel | None:
    """The model to distil from, where the objective has one."""
    if not job.config.train.teacher:
        return None
    from whet.models.load import load_model

    return load_model(model_name(job.project, job.config.train.teacher))


def _finite(value: Any) -> Any:
    """The value, or None for a NaN or infinity, which JSON does not have."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _record(result: TrainResult) -> dict[str, Any]:
    values = asdict(result)
    values["losses"] = [_finite(loss) for loss in result.losses]
    values["validation_losses"] = [[step, _finite(loss)] for step, loss in result.validation_losses]
    return values


def _save(
    loaded: LoadedModel, settings: TrainSettings, folder: Path, state: dict[str, Tensor] | None
) -> None:
    from whet.models.adapter import save_adapter, save_model

    if settings.method == "full":
        save_model(loaded, folder / "model", state)
    else:
        save_adapter(loaded, folder / "adapter", dropout=settings.dropout)


def _take(job: Job, seed: int) -> None:
    """Puts what the chosen seed trained where the run keeps its result."""
    for source, target in (("adapter", job.run.adapter), ("model", job.run.model)):
        found = _seed_folder(job, seed) / source
        if found.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            found.rename(target)
