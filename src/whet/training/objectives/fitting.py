"""Rows made ready for an objective, or refused."""

from __future__ import annotations

from collections.abc import Sequence

from whet.errors import DataError
from whet.models.load import LoadedModel
from whet.rows.sequence import RenderedExample
from whet.training.forward import rope_border
from whet.training.objectives.kinds import PAIR, ROWS, require_kind
from whet.training.objectives.mismatched import with_mismatched
from whet.training.settings import TrainSettings


def fit_for(
    examples: Sequence[RenderedExample], settings: TrainSettings, loaded: LoadedModel
) -> Sequence[RenderedExample]:
    """Rows of the kind that the objective learns from, KTO's with their mismatched answers.

    Raises:
        DataError: rows of another kind, a single row for KTO, or pairs that cannot be a row.
    """
    require_kind(examples, settings.objective)
    if settings.objective == "kto":
        limit = min(loaded.max_positions, settings.max_length or loaded.max_positions)
        return with_mismatched(examples, settings.seed, limit)
    border = rope_border(loaded.model.config)
    if border is not None and ROWS[settings.objective] is PAIR:
        _refuse_parted_pairs(examples, border)
    return examples


def _refuse_parted_pairs(examples: Sequence[RenderedExample], border: int) -> None:
    faults = [
        f"{e.source}: one side of the pair is longer than {border} tokens and the other is not; "
        "this model turns positions otherwise beyond that, so they cannot be compared in one row. "
        f"Take the row out, or set train.max_length: {border} with data.on_too_long: drop."
        for e in examples
        if len({sequence.num_tokens > border for sequence in e.sequences}) > 1
    ]
    if faults:
        raise DataError(faults)
