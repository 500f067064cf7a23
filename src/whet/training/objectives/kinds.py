"""Which rows an objective learns from; any other is refused, never bent into shape."""

from __future__ import annotations

from collections.abc import Sequence

from whet.errors import DataError
from whet.rows.sequence import Part, RenderedExample

PAIR = frozenset({Part.CHOSEN, Part.REJECTED})
JUDGED = frozenset({Part.DESIRABLE, Part.UNDESIRABLE})
PLAIN = frozenset({Part.ANSWER})
ROWS = {"sft": PLAIN, "distil": PLAIN, "dpo": PAIR, "orpo": PAIR, "kto": JUDGED}
NAMES = {
    PLAIN: "answers to imitate",
    PAIR: "preference pairs",
    JUDGED: "answers judged good or bad",
}


def require_kind(examples: Sequence[RenderedExample], objective: str) -> None:
    """Refuses rows that are not of the kind that the objective learns from.

    Raises:
        DataError: says what they are, and which objectives learn from such rows.
    """
    wanted = ROWS[objective]
    strange = [example for example in examples if _kind(example) is not wanted]
    if not strange:
        return
    kinds = dict.fromkeys(_kind(example) for example in strange)
    choices = "; ".join(f"{NAMES[kind]}: train.objective {_learners(kind)}" for kind in kinds)
    raise DataError(
        f"train.objective: {objective} learns from {NAMES[wanted]}, and {len(strange)} of "
        f"{len(examples)} rows are not (the first is {strange[0].source}). Rows by their kind: "
        f"{choices}."
    )


def _kind(example: RenderedExample) -> frozenset[Part]:
    return next(kind for kind in NAMES if example.kinds[0] in kind)


def _learners(kind: frozenset[Part]) -> str:
    return " or ".join(name for name, rows in ROWS.items() if rows is kind)
