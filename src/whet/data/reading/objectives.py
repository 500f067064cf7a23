"""What rows are for: to be imitated, to be preferred, or to be read.

whet imitates unless `train.objective` says otherwise. Pairs, judged answers and bare text are
read and checked, and the finding that says so holds what to write in whet.yaml to learn from
them, or to imitate what in them can be imitated. `load`, which every verb that trains goes
through, makes an error of it where the objective is another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from whet.data.reading.faults import Faults
from whet.data.reading.rows import Row, type_name
from whet.findings import Kind


def tell_objective(name: str, shape: str, columns: Mapping[str, str], faults: Faults) -> None:
    """A note for a file whose rows are no examples to imitate, with what to do about it."""
    if name == "preference":
        names = ", ".join(columns[key] for key in ("chosen", "rejected") if key in columns)
        message = f"holds preference pairs (columns {names}), not examples to imitate."
        chosen = "To learn the preference set train.objective to dpo or orpo. To imitate the " \
            "chosen answers add to whet.yaml: "  # fmt: skip
        faults.note(Kind.OBJECTIVE, message, chosen + _imitating(_chosen(columns)))
    elif name == "kto":
        message = f"holds answers judged good or bad (column {columns['label']}), not examples " \
            "to imitate."  # fmt: skip
        good = "To learn from both set train.objective: kto. To imitate the good ones keep only " \
            "those rows, and add to whet.yaml: "  # fmt: skip
        keys = ("messages", "instruction", "input", "prompt", "output", "completion")
        kept = {key: columns[key] for key in keys if key in columns}
        faults.note(Kind.OBJECTIVE, message, good + _imitating(kept))
    elif name == "text":
        message = f"holds bare text (column {columns['text']}), not questions with answers."
        faults.note(Kind.OBJECTIVE, message, "Name files in which each row has an answer.")


def _chosen(columns: Mapping[str, str]) -> dict[str, str]:
    if "chosen" not in columns:
        return {"messages": columns["messages"]}
    if "prompt" not in columns:
        return {"messages": columns["chosen"]}
    return {"prompt": columns["prompt"], "completion": columns["chosen"]}


def _imitating(columns: Mapping[str, str]) -> str:
    return f"data: {{columns: {{{', '.join(f'{key}: {name}' for key, name in columns.items())}}}}}"


def warn_of_feedback(columns: Mapping[str, str], rows: Sequence[Row], faults: Faults) -> None:
    """Rows judged good or bad would all be imitated, the bad ones too."""
    used = set(columns.values())
    for name in ("label", "rating", "feedback"):
        values = [row.values.get(name) for row in rows]
        if name not in used and values and all(type_name(v) == "true or false" for v in values):
            message = f"column {name!r} marks rows as good or bad; every row would be imitated."
            faults.warn(Kind.FEEDBACK, message, "Keep only the rows to imitate.", field=name)
