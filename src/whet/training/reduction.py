"""What the ranks compute apart, added up: a step's gradient, a validation loss.

One process is one rank, for which nothing is added; the path is the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace

import torch

from whet.errors import Interrupted, TrainingError
from whet.rows.division import divided
from whet.rows.sequence import RenderedExample
from whet.training.evaluation import token_losses
from whet.training.memory import out_of_memory
from whet.training.objectives.task import task_of
from whet.training.objectives.validation import Validated, validate
from whet.training.planner import LEAST_TOKENS
from whet.training.recompute import LEVELS
from whet.training.run import Run
from whet.training.step import StepGradient, StopAskedError, sequences_of, step_gradient
from whet.training.stopping import stoppable


def joint_gradient(
    run: Run, chosen: Sequence[RenderedExample], should_stop: Callable[[], bool]
) -> StepGradient:
    """The gradient of a step, of which each rank computes a part; `flat.grads` holds it.

    Raises:
        StopAskedError: on every rank, where one was asked to stop; the step is not to be applied.
        TrainingError: out of memory even with one sequence a micro-batch.
    """
    if run.settings.dropout:
        torch.manual_seed(hash((run.settings.seed, run.history.step, run.ranks.number)))
    part = divided(chosen, run.ranks.count, share_prefixes=run.shares_prefixes)[run.ranks.number]
    found: StepGradient | None = None
    with suppress(StopAskedError, Interrupted), _asked_within(run, should_stop):
        if part or run.align:
            found = _own_gradient(run, [chosen[i] for i in part], should_stop)
        else:
            found = _nothing(run)
    if run.ranks.count == 1:
        if found is None:
            raise StopAskedError
        return found
    owners = sequences_of(chosen)[1]
    mine = set(part)
    places = [place for place, owner in enumerate(owners) if owner in mine]
    return _reduced(run, found, places, len(owners), len(chosen))


def _own_gradient(
    run: Run,
    examples: Sequence[RenderedExample],
    should_stop: Callable[[], bool],
) -> StepGradient:
    """The gradient of this rank's sum, over its own weight."""
    task = task_of(
        run.model,
        examples,
        run.settings,
        teacher=run.teacher,
        tokens_per_row=run.tokens_per_micro_batch,
        should_stop=should_stop,
    )
    total_weight = sum(row[0] for row in run.ranks.table([task.weight]))
    return step_gradient(
        run.model,
        run.flat,
        task.sequences,
        run.tokens_per_micro_batch,
        units=task.units,
        total_weight=total_weight,
        measure=task.measure,
        recompute=run.recompute,
        share_prefixes=run.shares_prefixes,
        loss_scale=run.history.loss_scale,
        should_stop=run.should_stop(should_stop),
        align=run.align,
    )


def _nothing(run: Run) -> StepGradient:
    """What a rank without examples in the step adds."""
    run.ranks.table([0.0])  # its weight, which the others ask for
    run.flat.grads.zero_()
    return StepGradient(0.0, (), 0, 0, 0, 0, 0, run.tokens_per_micro_batch, run.recompute)


def _reduced(
    run: Run, found: StepGradient | None, places: list[int], num_sequences: int, num_chosen: int
) -> StepGradient:
    """The whole step's gradient from what each rank found: None if it was asked to stop.

    `flat.grads` becomes the sum over ranks (shards are summed already, by FSDP). Losses are summed
    in the order of ranks, so all ranks get the same bits.

    Raises:
        StopAskedError: on every rank, where one was asked to stop.
    """
    mine = [0.0] * (8 + num_chosen)
    if found is not None:
        mine = [1.0, found.loss, found.loss_tokens, found.logical_tokens, found.executed_tokens]
        mine += [found.num_rows, found.tokens_per_micro_batch, LEVELS.index(found.recompute)]
        mine += [*found.margins, *[math.nan] * (num_chosen - len(found.margins))]
    table = run.ranks.table(mine)
    if not all(row[0] for row in table):
        raise StopAskedError
    assert found is not None
    if not run.flat.is_sharded:
        run.ranks.add_up(run.flat.grads)
    loss, *counts = (sum(column) for column in list(zip(*table, strict=True))[1:6])
    bad = torch.zeros(num_sequences)
    bad[[places[owner] for owner in found.bad_owners]] = 1
    if not math.isfinite(loss):
        run.ranks.add_up(bad)
    return replace(
        found,
        loss=loss,
        bad_owners=tuple(bad.nonzero()[:, 0].tolist()),
        loss_tokens=int(counts[0]),
        logical_tokens=int(counts[1]),
        executed_tokens=int(counts[2]),
        num_rows=int(counts[3]),
        tokens_per_micro_batch=int(min(row[6] for row in table)),
        recompute=LEVELS[int(max(row[7] for row in table))],
        margins=tuple(m for row in table for m in row[8:] if not math.isnan(m)),
    )


def joint_validation(
    run: Run, should_stop: Callable[[], bool], say: Callable[[str], None]
) -> Validated:
    """The objective on the validation rows, of which each rank measures a part where it can.

    Out of memory, a rank halves its rows here only: training goes on as before, and it is said.

    Raises:
        StopAskedError: on every rank, where one was asked to stop.
    """
    parts = run.ranks.count > 1 and run.settings.objective == "sft"
    found: Validated | None = None
    sums = [0.0, 0.0]
    tokens = run.tokens_per_micro_batch
    with suppress(StopAskedError, Interrupted), _asked_within(run, should_stop):
        while found is None:
            try:
                if parts:
                    sums = _own_losses(run, tokens, run.should_stop(should_stop))
                    found = Validated(math.nan)
                else:
                    found = validate(
                        run.model,
                        run.validation,
                        run.settings,
                        teacher=run.teacher,
                        tokens_per_row=tokens,
                        should_stop=should_stop,
                    )
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                if run.align or tokens <= LEAST_TOKENS:
                    raise TrainingError(
                        f"out of memory in validation with rows of {tokens} tokens. Shorten the "
                        "validation rows (train.max_length), or choose a smaller model."
                    ) from None
                tokens //= 2
                say(f"out of memory in validation: rows of {tokens} tokens there")
    table = run.ranks.table([*sums, found is None])
    if found is None or any(row[2] for row in table):
        raise StopAskedError
    if not parts:
        return found
    return Validated(sum(row[0] for row in table) / sum(row[1] for row in table))


def _own_losses(run: Run, tokens: int, should_stop: Callable[[], bool]) -> list[float]:
    """Sum and number of the token losses of this rank's part of the validation rows."""
    part = divided(run.validation, run.ranks.count)[run.ranks.number]
    found = token_losses(
        run.model,
        [run.validation[i] for i in part],
        tokens_per_row=tokens,
        should_stop=should_stop,
        align=run.align or list,
    )
    return [float(found.sums.sum()), float(found.counts.sum())]


def _asked_within(run: Run, should_stop: Callable[[], bool]) -> AbstractContextManager[None]:
    """Asks to stop within micro-batches, unless ranks compute them together."""
    return nullcontext() if run.align else stoppable(run.model, should_stop)
