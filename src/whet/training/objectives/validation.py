"""The objective of a run on validation rows: its mean over tokens, pairs or judged rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from whet.errors import Interrupted
from whet.rows.attention import row_attention
from whet.rows.packing import pack
from whet.rows.sequence import RenderedExample
from whet.training.evaluation import sequence_losses, token_losses
from whet.training.forward import RowTensors, evaluation_mode, rope_border
from whet.training.objectives.preference import FORMULAS
from whet.training.objectives.task import Task, task_of
from whet.training.settings import TrainSettings


@dataclass(frozen=True, slots=True)
class Validated:
    """The mean loss, and of preferences the margin of each unit."""

    loss: float
    margins: tuple[float, ...] = ()


def validate(
    model: Any,
    examples: Sequence[RenderedExample],
    settings: TrainSettings,
    *,
    teacher: Any = None,
    tokens_per_row: int,
    should_stop: Callable[[], bool] = lambda: False,
) -> Validated:
    """The objective under the model as it is now; KTO's divergence is that of these rows.

    Raises:
        Interrupted: asked to stop; nothing was changed.
    """
    if settings.objective == "sft":
        losses = token_losses(
            model, examples, tokens_per_row=tokens_per_row, should_stop=should_stop
        )
        return Validated(losses.mean)
    task = task_of(
        model, examples, settings,
        teacher=teacher, tokens_per_row=tokens_per_row, should_stop=should_stop,
    )  # fmt: skip
    if task.sides is None:
        return Validated(_measured(model, task, tokens_per_row, should_stop) / task.weight)
    sums = sequence_losses(model, task.sequences, tokens_per_row, should_stop)
    judged = FORMULAS[settings.objective](
        task.sides.answers(torch.from_numpy(-sums)), settings.beta
    )
    return Validated(float(judged.losses.mean()), tuple(judged.margins.tolist()))


def reward_metrics(place: str, margins: Sequence[float]) -> dict[str, float]:
    """Mean margin and the share of units on the right side; nothing where there are none."""
    if not margins:
        return {}
    return {
        f"{place}/reward_margin": float(np.mean(margins)),
        f"{place}/reward_accuracy": float(np.mean(np.asarray(margins) > 0)),
    }


def _measured(
    model: Any, task: Task, tokens_per_row: int, should_stop: Callable[[], bool]
) -> float:
    """The sum over rows by the task's own measure, without gradient."""
    total = 0.0
    with row_attention(model), evaluation_mode(model), torch.no_grad():
        for row in pack(task.sequences, tokens_per_row, border=rope_border(model.config)):
            if should_stop():
                raise Interrupted("stopped as asked, during an evaluation.")
            total += task.measure(model, RowTensors.of(row, model.device)).value
    return total
