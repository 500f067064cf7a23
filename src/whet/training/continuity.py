"""What a resumed run must have in common with the one that was stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import torch

from whet.errors import TrainingError
from whet.models.load import LoadedModel
from whet.progress import Progress
from whet.rows.sequence import RenderedExample
from whet.training.checkpoint import Checkpoint
from whet.training.distributed import Ranks
from whet.training.path import path_name
from whet.training.settings import TrainSettings


def made_of(
    loaded: LoadedModel,
    examples: Sequence[RenderedExample],
    validation: Sequence[RenderedExample],
    settings: TrainSettings,
    ranks: Ranks,
) -> dict[str, Any]:
    """Everything that must be equal for a resumed run to continue the same computation."""
    import transformers

    return {
        "model": loaded.identity,
        "train rows": _digest(examples),
        "validation rows": _digest(validation),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "device": loaded.device.type,
        "path": path_name(loaded.model),
        "ranks": ranks.count,
        **{f"train.{key}": value for key, value in settings.as_dict().items()},
    }


def _digest(examples: Sequence[RenderedExample]) -> str:
    total = hashlib.sha256()
    for example in examples:
        total.update(example.id.encode())
        for sequence in example.sequences:
            total.update(sequence.tokens.tobytes())
            total.update(sequence.trained.tobytes())
        total.update(" ".join(example.parts).encode())
    return total.hexdigest()[:16]


def refuse_changes(
    found: Checkpoint, now: dict[str, Any], accept: bool, progress: Progress
) -> None:
    """Nothing where all is as it was, or where changes are accepted: then they are journalled.

    Raises:
        TrainingError: something has changed; all of it is named.
    """
    before = found.state["made_of"]
    changes = [
        f"{key}: {before.get(key)} then, {now.get(key)} now"
        for key in sorted({*before, *now})
        if before.get(key) != now.get(key)
    ]
    if not changes:
        return
    told = "; ".join(changes)
    if not accept:
        raise TrainingError(
            f"{found.path}: cannot be continued exactly, because of {told}. Undo that, or go on "
            "with --accept-changes, which is recorded with the run."
        )
    found.state["history"]["journal"].append(f"resumed with changes: {told}")
    progress.say(f"resuming with changes: {told}")
