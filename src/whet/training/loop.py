"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from whet.errors import Interrupted, TrainingError
from whet.models.four_bit import num_weights
from whet.models.load import LoadedModel
from whet.progress import Progress, Silent
from whet.rows.attention import row_attention
from whet.rows.sequence import RenderedExample
from whet.training.choices import flushed_denormals
from whet.training.diagnosis import diagnose
from whet.training.distributed import ALONE, Muted, Ranks
from whet.training.loss_scale import grow_loss_scale, halve_loss_scale
from whet.training.memory import PeakMeter
from whet.training.objectives.teacher import teacher_attention
from whet.training.objectives.validation import reward_metrics
from whet.training.optimizer import clip_gradient
from whet.training.path import choose_path
from whet.training.prepare import prepare
from whet.training.reduction import joint_gradient, joint_validation
from whet.training.result import TrainResult, peak_memory_bytes
from whet.training.run import Run
from whet.training.schedule import learning_rate
from whet.training.settings import TrainSettings
from whet.training.step import StepGradient, StopAskedError, sequences_of
from whet.training.verify import verify

MAX_BAD_STEPS = 3
Log = Callable[[dict[str, Any]], None]


def train(
    loaded: LoadedModel,
    examples: Sequence[RenderedExample],
    validation: Sequence[RenderedExample],
    settings: TrainSettings,
    *,
    folder: Path,
    log: Log = lambda metrics: None,
    progress: Progress | None = None,
    ranks: Ranks = ALONE,
    resume: bool = False,
    accept_changes: bool = False,
    teacher: LoadedModel | None = None,
) -> TrainResult:
    """Trains the model in place and leaves it with its best weights on validation.

    `folder` is for checkpoints: one at each evaluation and when asked to stop. `log` gets one
    dictionary a step (`step`, `train/loss`, `train/learning_rate`, `train/grad_norm`,
    `train/tokens_per_s`) and one an evaluation (`step`, `validation/loss`); of preferences both
    have `reward_margin` and `reward_accuracy` too. With `resume` the run goes on from its newest
    whole checkpoint exactly as if it had never stopped. `teacher` is whom to distil from. Of
    several `ranks` each computes a part of every step; the first alone logs, speaks and writes.

    Raises:
        Interrupted: `progress.should_stop()`; the state is saved.
        TrainingError: three steps in a row that are not finite, memory or disk full, or the self
            check failed. The newest checkpoint is whole.
        DataError: rows that do not fit the model.
    """
    progress = progress or Silent()
    if not ranks.is_first:
        progress, log = Muted(progress), _unlogged
    run = prepare(
        loaded, examples, validation, settings,
        folder=folder, progress=progress, ranks=ranks, resume=resume, accept_changes=accept_changes,
        teacher=teacher,
    )  # fmt: skip
    with row_attention(run.model), teacher_attention(run.teacher), flushed_denormals():
        try:
            verify_seconds = _introduce(run, progress)
            while True:
                # Validation before the first step and a few times an epoch; the best is kept.
                if run.history.step in run.due:
                    _evaluate_and_save(run, log, progress)
                if run.finished:
                    break
                started = time.perf_counter()

                # The sampler alone decides which examples form this step ...
                chosen = [run.examples[i] for i in run.sampler.examples(run.history.step)]

                # ... the objective what is to be lowered, the engine only how it is computed;
                # each rank computes a part.
                gradient = _gradient(run, chosen, progress)

                # One step of the optimizer, unless something is not finite.
                metrics = _update(run, chosen, gradient, progress)
                run.history.seconds += time.perf_counter() - started

                log(_with_speed(metrics, gradient, time.perf_counter() - started))
                progress.advance("train", run.history.step, run.sampler.num_steps)
            return _finish(run, verify_seconds)
        finally:
            run.flat.release()


def _introduce(run: Run, progress: Progress) -> float:
    """Says what is trained and lets the run check itself; returns the seconds that took."""
    trainable = run.flat.num_values
    total = num_weights(run.model)
    progress.say(
        f"training {trainable:,} of {total:,} weights ({trainable / total:.1%}) on "
        f"{len(run.examples)} examples, {run.sampler.num_steps} steps, {run.choices.dtype}"
    )
    if reason := choose_path(run.model):
        progress.say(f"{reason}: it is trained on padded batches instead of rows, which is slower.")
    if not run.validation:
        progress.say("no validation rows: the last weights are kept, early stopping is off.")
    if run.history.step:
        return 0.0
    first = [run.examples[i] for i in run.sampler.examples(0)]
    gradient = run.flat.gradient if run.flat.is_sharded else None
    found = verify(run.model, run.flat.parameters, first, run.settings, run.teacher, gradient)
    progress.say(str(found))
    return found.verify_seconds


def _gradient(run: Run, chosen: Sequence[RenderedExample], progress: Progress) -> StepGradient:
    """The step's gradient; on being asked to stop, a checkpoint of the state before it."""
    alone_at_first = run.ranks.count == 1 and not run.history.step
    meter = PeakMeter(run.flat.values.device) if alone_at_first else None
    try:
        gradient = joint_gradient(run, chosen, progress.should_stop)
    except StopAskedError:
        raise _interrupted(run) from None
    if change := run.adapt(gradient, meter):
        _journal(run, change, progress)
    return gradient


def _update(
    run: Run, chosen: Sequence[RenderedExample], gradient: StepGradient, progress: Progress
) -> dict[str, Any]:
    """Applies the gradient if it is finite and counts the step; returns its metrics."""
    history = run.history
    if history.loss_scale != 1.0:
        run.flat.grads.div_(history.loss_scale)
    add_up = run.ranks.add_up if run.flat.is_sharded else None
    norm = clip_gradient(run.flat.grads, run.settings.clip_norm, add_up)
    rate = learning_rate(history.step, run.sampler.num_steps, run.settings)
    finite = math.isfinite(gradient.loss) and math.isfinite(norm)
    if finite:
        run.optimizer.step(rate)
        history.bad_in_a_row = 0
        if run.choices.dtype == "float16":
            grow_loss_scale(history)
    elif math.isfinite(gradient.loss) and history.loss_scale > 1.0:
        halve_loss_scale(history)
        told = f"float16 overflow, not applied: loss scale {history.loss_scale:.0f} from here on"
        _journal(run, told, progress)
    else:
        _refuse_step(run, chosen, gradient, progress)
    history.step += 1
    history.losses.append(gradient.loss if finite else math.nan)
    history.examples += len(chosen)
    history.logical_tokens += gradient.logical_tokens
    history.executed_tokens += gradient.executed_tokens
    history.loss_tokens += gradient.loss_tokens
    return {
        "step": history.step,
        "train/loss": history.losses[-1],
        "train/learning_rate": rate,
        "train/grad_norm": norm,
        "train/epoch": history.step / run.sampler.steps_per_epoch,
        **reward_metrics("train", gradient.margins),
    }


def _refuse_step(
    run: Run, chosen: Sequence[RenderedExample], gradient: StepGradient, progress: Progress
) -> None:
    """Names the rows of a step that is not finite; the third in a row ends the run."""
    history = run.history
    owners = sequences_of(chosen)[1]
    bad = sorted({owners[i] for i in gradient.bad_owners}) or range(len(chosen))
    rows = [chosen[i].source for i in bad]
    history.bad_rows.extend(rows)
    history.bad_in_a_row += 1
    _journal(run, f"not finite, not applied; rows {', '.join(rows)}", progress)
    if history.bad_in_a_row >= MAX_BAD_STEPS:
        raise TrainingError(
            f"step {history.step + 1}: loss or gradient was not finite {MAX_BAD_STEPS} times in a "
            f"row; last rows {', '.join(rows)}. The last good checkpoint is in {run.folder}. Lower "
            "train.learning_rate, use train.dtype=float32, or look at these rows."
        )


def _evaluate_and_save(run: Run, log: Log, progress: Progress) -> None:
    """Measures the objective on validation once at this step, keeps the best, checkpoints."""
    history = run.history
    if any(step == history.step for step, _ in history.validation):
        return
    if run.validation:
        try:
            found = joint_validation(
                run, progress.should_stop, lambda told: _journal(run, told, progress)
            )
        except StopAskedError:
            raise _interrupted(run) from None
        loss = found.loss
        history.validation.append((history.step, loss))
        best = math.inf if history.best_loss is None else history.best_loss
        if history.step and loss < best:
            history.best_loss, history.best_step, history.worse_in_a_row = loss, history.step, 0
            run.best = run.flat.values.clone()
        elif history.step:
            history.worse_in_a_row += 1
        rewards = reward_metrics("validation", found.margins)
        log({"step": history.step, "validation/loss": loss, **rewards})
    if history.step:
        run.save()


def _unlogged(metrics: dict[str, Any]) -> None:
    """The log of a rank that is not the first."""


def _interrupted(run: Run) -> Interrupted:
    place = run.save()
    return Interrupted(f"stopped as asked after step {run.history.step}; saved in {place}")


def _journal(run: Run, event: str, progress: Progress) -> None:
    line = f"step {run.history.step + 1}: {event}"
    run.history.journal.append(line)
    progress.say(line)


def _with_speed(metrics: dict[str, Any], gradient: StepGradient, seconds: float) -> dict[str, Any]:
    return {**metrics, "train/tokens_per_s": gradient.logical_tokens / seconds}


def _finish(run: Run, verify_seconds: float) -> TrainResult:
    """Puts the best weights in place and reads the curves."""
    history = run.history
    if run.best is not None:
        run.flat.load(run.best)
    diagnosis = diagnose(
        history, steps_per_epoch=run.sampler.steps_per_epoch, stopped_early=run.stopped_early
    )
    return TrainResult(
        steps=history.step,
        examples=history.examples,
        logical_tokens=history.logical_tokens,
        executed_tokens=history.executed_tokens,
        loss_tokens=history.loss_tokens,
        seconds=history.seconds,
        verify_seconds=verify_seconds,
        peak_memory_bytes=peak_memory_bytes(),
        losses=history.losses,
        validation_losses=history.validation,
        best_step=history.step if history.best_step is None else history.best_step,
        best_validation_loss=history.best_loss,
        stopped_early=run.stopped_early,
        diagnosis=diagnosis,
        num_trainable=run.flat.num_values,
        num_total=num_weights(run.model),
        dtype=run.choices.dtype,
        choices=run.choices.as_dict(),
        journal=history.journal,
    )
