"""Set-up of a training run: what is trained, from the start or from a checkpoint."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from whet.errors import DataError, TrainingError
from whet.models.load import LoadedModel
from whet.progress import Progress
from whet.rows.sequence import RenderedExample
from whet.training import checkpoint, continuity, loss_scale
from whet.training.checkpoint import Checkpoint
from whet.training.choices import Choices, apply, choose
from whet.training.distributed import Ranks
from whet.training.objectives.fitting import fit_for
from whet.training.objectives.preference import NEED_REFERENCE
from whet.training.objectives.reference import measured_reference
from whet.training.objectives.teacher import require_teacher
from whet.training.optimizer import AdamW, FlatParameters
from whet.training.optimizer_8bit import AdamW8bit
from whet.training.path import choose_path
from whet.training.result import History
from whet.training.run import Run
from whet.training.sampler import Sampler
from whet.training.settings import TrainSettings
from whet.training.sharding import shard
from whet.training.trained import trained_weights

OPTIMIZERS: dict[str, type[AdamW | AdamW8bit]] = {"adamw": AdamW, "adamw_8bit": AdamW8bit}
NUM_FLAT, BYTES = 4, 4  # values, mean, square and best, in float32


def prepare(
    loaded: LoadedModel,
    examples: Sequence[RenderedExample],
    validation: Sequence[RenderedExample],
    settings: TrainSettings,
    *,
    folder: Path,
    progress: Progress,
    ranks: Ranks,
    resume: bool,
    accept_changes: bool,
    teacher: LoadedModel | None = None,
) -> Run:
    """A run at its first step, or where its newest whole checkpoint left it.

    Raises:
        DataError: no examples, rows that are longer than the model or `max_length` allows, or
            rows that the objective cannot learn from.
        TrainingError: on resuming, nothing whole to resume from or something has changed; or a
            teacher that cannot teach this model; or the ranks do not see the same.
    """
    _refuse_unshared(settings, ranks)
    require_teacher(loaded, teacher, settings.objective)
    check_lengths([*examples, *validation], settings, loaded.max_positions)
    examples = fit_for(examples, settings, loaded)
    validation = fit_for(validation, settings, loaded)
    sampler = Sampler([e.id for e in examples], settings.batch_size, settings.epochs, settings.seed)
    for model in (loaded.model, *([teacher.model] if teacher else [])):
        choose_path(model)
    made_of = continuity.made_of(loaded, examples, validation, settings, ranks)
    made_of |= {"teacher": teacher.identity} if teacher else {}
    found = _newest(folder, made_of, ranks, progress, resume, accept_changes)
    longest = max(example.longest for example in examples)
    choices = (
        Choices(**found.state["choices"])
        if found
        else _chosen(loaded.model, settings, longest, ranks)
    )
    flat = _trained(loaded.model, settings, choices, ranks)
    run = Run(
        model=loaded.model,
        examples=examples,
        validation=validation,
        settings=settings,
        folder=folder,
        ranks=ranks,
        choices=choices,
        flat=flat,
        optimizer=OPTIMIZERS[settings.optimizer](flat, settings.weight_decay),
        sampler=sampler,
        history=History(loss_scale=loss_scale.FIRST if choices.dtype == "float16" else 1.0),
        best=None,
        made_of=made_of,
        due=sampler.evaluation_steps(settings.evals_per_epoch) | {0},
        tokens_per_micro_batch=choices.tokens_per_micro_batch,
        recompute=choices.recompute,
        teacher=teacher.model if teacher else None,
    )
    if warning := checkpoint.check_space(folder, NUM_FLAT * BYTES * flat.num_values):
        progress.say(warning)
    if found is not None:
        run.restore(found)
        progress.say(f"resumed at step {run.history.step} from {found.path}")
    elif settings.objective in NEED_REFERENCE:
        _measure_reference(run, progress)
    return run


def _newest(
    folder: Path,
    made_of: dict[str, Any],
    ranks: Ranks,
    progress: Progress,
    resume: bool,
    accept_changes: bool,
) -> Checkpoint | None:
    """The newest whole checkpoint to go on from, the same for every rank; None to begin."""
    found = checkpoint.latest(folder) if resume else None
    ranks.agree({**made_of, "newest checkpoint": found.path.name if found else None})
    if found is None:
        if resume:
            progress.say(f"{folder}: no checkpoint yet; training begins at its first step")
        return None
    for notice in found.notices:
        progress.say(notice)
    continuity.refuse_changes(found, made_of, accept_changes, progress)
    return found


def _trained(model: Any, settings: TrainSettings, choices: Choices, ranks: Ranks) -> FlatParameters:
    """The weights to train, with what was chosen applied to the model."""
    apply(choices, model)
    trained = trained_weights(model, settings)
    if settings.sharding == "full":
        shard(model, ranks)
        trained = trained_weights(model, settings)
    return FlatParameters(trained)


def _measure_reference(run: Run, progress: Progress) -> None:
    """Gives every row its log-probabilities before training; the time counts as the run's."""
    started = time.perf_counter()
    rows = [*run.examples, *run.validation]
    first_epoch = range(min(run.sampler.num_steps, run.sampler.steps_per_epoch))
    wanted = {index for step in first_epoch for index in run.sampler.examples(step)}
    wanted |= set(range(len(run.examples), len(rows)))
    found = measured_reference(
        run.model, rows, wanted, run.tokens_per_micro_batch, progress.should_stop
    )
    run.take_reference(found)
    run.history.seconds += time.perf_counter() - started
    progress.say(f"reference: {len(wanted)} rows measured in {run.history.seconds:.1f} s")


def check_lengths(
    examples: Sequence[RenderedExample], settings: TrainSettings, max_positions: int
) -> None:
    """Refuses rows that do not fit; nothing is ever cut here.

    Raises:
        DataError: no examples, or some are too long; all of them are named.
    """
    if not examples:
        raise DataError("there are no rows to train on.")
    limit = min(max_positions, settings.max_length or max_positions)
    faults = [
        f"{e.source}: {e.longest} tokens, the limit is {limit}. Choose data.on_too_long: drop, "
        "truncate_left or truncate_right, or a model with a longer context."
        for e in examples
        if e.longest > limit
    ]
    if faults:
        raise DataError(faults)


def _refuse_unshared(settings: TrainSettings, ranks: Ranks) -> None:
    """What several ranks cannot compute together: KTO's divergence, and much of it in shards."""
    if ranks.count > 1 and settings.objective == "kto":
        raise TrainingError("train.objective=kto works in one process; start it without torchrun.")
    if settings.sharding == "none":
        return
    for key, possible in (
        ("objective", ("sft",)),
        ("method", ("lora", "full")),
        ("optimizer", ("adamw",)),
    ):
        if (chosen := getattr(settings, key)) not in possible:
            raise TrainingError(
                f"train.sharding=full works with train.{key}={' or '.join(possible)}, not "
                f"{chosen}. Use train.sharding=none."
            )


def _chosen(model: Any, settings: TrainSettings, longest: int, ranks: Ranks) -> Choices:
    """The first rank's choices: a measurement may come out otherwise on another."""
    device = model.device.type
    if settings.sharding == "full" and torch.cuda.is_available():
        device = "cuda"
    return Choices(**ranks.tell(choose(model, settings, longest, device).as_dict()))
