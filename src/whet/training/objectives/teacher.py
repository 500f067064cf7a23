"""Whether one model can teach another: the same tokens must mean the same texts."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from whet.errors import TrainingError
from whet.models.load import LoadedModel
from whet.rows.attention import row_attention
from whet.training.forward import rope_border


def require_teacher(student: LoadedModel, teacher: LoadedModel | None, objective: str) -> None:
    """Refuses a teacher that is missing, not asked for, or speaks in other tokens.

    Raises:
        TrainingError: with what differs.
    """
    if (teacher is not None) != (objective == "distil"):
        raise TrainingError(
            "train.objective: distil needs train.teacher, a model with the same tokenizer; the "
            f"other objectives have none (objective {objective}, "
            f"{'a' if teacher else 'no'} teacher)."
        )
    if teacher is None:
        return
    own, other = _vocabulary(student), _vocabulary(teacher)
    if own != other:
        token = next(t for t in (*own, *other) if own.get(t) != other.get(t))
        raise TrainingError(
            f"train.teacher: {teacher.name} has another tokenizer than {student.name}: {token!r} "
            f"is token {other.get(token)} there and {own.get(token)} here, so its probabilities "
            "are of other texts. Name a teacher of the same family, or let it write the answers "
            "with `whet distill`."
        )
    largest = max(own.values(), default=0)
    for loaded in (student, teacher):
        rows = _head_rows(loaded.model)
        if rows <= largest:
            raise TrainingError(
                f"{loaded.name}: its head has {rows} rows and its tokenizer a token {largest}; "
                "two models of different vocabulary may differ by padding only."
            )
    borders = {rope_border(loaded.model.config) for loaded in (student, teacher)} - {None}
    if len(borders) > 1 or (borders and rope_border(student.model.config) is None):
        raise TrainingError(
            f"train.teacher: {teacher.name} turns long positions otherwise than {student.name} "
            f"(original lengths {sorted(map(str, borders))}); they cannot share rows."
        )


def teacher_attention(teacher: Any) -> AbstractContextManager[None]:
    """Within it the teacher, if there is one, attends by rows as the student does."""
    return row_attention(teacher) if teacher is not None else nullcontext()


def _vocabulary(loaded: LoadedModel) -> dict[str, int]:
    """Token text to id; empty for a model without tokenizer, which only tests have."""
    if loaded.tokenizer is None:
        return {}
    found: dict[str, int] = loaded.tokenizer.get_vocab()
    return found


def _head_rows(model: Any) -> int:
    rows: int = model.get_output_embeddings().weight.shape[0]
    return rows
