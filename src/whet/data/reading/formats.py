"""Which column means what: recognition by name, or by the project's `data.columns`.

    messages            messages | conversations        a list of turns
    alpaca              instruction [input] output      joined by a newline when input is not empty
    prompt_completion   prompt completion               text or lists of turns
    input_output        input output                    or other words for them: see `words`
    preference          [prompt] chosen rejected        text, turns, or whole conversations
    kto                 one of the above, and a column `label` of true and false
    text                text                            bare text, no question

`system`, `history`, `tools`, `thinking` and `group` go with them where they make sense. What was
decided is said with its reason; what cannot be decided is an error, never a guess.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from whet.data.places import listed
from whet.data.reading.faults import Faults
from whet.data.reading.objectives import tell_objective, warn_of_feedback
from whet.data.reading.rows import Row
from whet.data.reading.search import Format, Search, Unclear
from whet.data.reading.words import COLUMN_KEYS
from whet.errors import ConfigError
from whet.findings import Kind

__all__ = ["COLUMN_KEYS", "Format", "check_mapping", "recognise"]


def check_mapping(columns: Mapping[str, str]) -> None:
    """Refuses keys of `data.columns` that mean nothing here.

    Raises:
        ConfigError: naming the nearest key that exists.
    """
    faults = []
    for key in columns:
        if key not in COLUMN_KEYS:
            near = difflib.get_close_matches(key, COLUMN_KEYS, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            faults.append(f"data.columns: {key!r} is not one of {', '.join(COLUMN_KEYS)}.{hint}")
    if faults:
        raise ConfigError(faults)


def recognise(
    seen: Sequence[str], mapping: Mapping[str, str], rows: Sequence[Row], faults: Faults
) -> Format | None:
    """The format of a file with these columns, or None with the finding that says why not.

    `rows` are the first of the file; values decide only between judged answers and other marks,
    and whether a column named as thinking holds text.
    """
    absent = {key: name for key, name in mapping.items() if name not in seen}
    for key, name in absent.items():
        near = difflib.get_close_matches(name, seen, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        message = f"data.columns.{key} names column {name!r}; the file has {listed(list(seen))}."
        faults.error(Kind.COLUMNS, message, f"Correct data.columns.{key}.{hint}")
    if absent:
        return None
    try:
        found = Search(seen, mapping, rows).format()
    except Unclear as unclear:
        faults.error(Kind.FORMAT, *unclear.args)
        return None
    for key, name in mapping.items():
        if name not in found.columns.values():
            message = (
                f"data.columns.{key} names column {name!r}, which {found.name} rows do not use."
            )
            faults.error(Kind.COLUMNS, message, f"Remove data.columns.{key}.")
    tell_objective(found.name, found.shape, found.columns, faults)
    warn_of_feedback(found.columns, rows, faults)
    return found
