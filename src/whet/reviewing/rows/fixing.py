"""A row that a person has rewritten: it must be read as a file's row would be."""

from __future__ import annotations

import json
from collections.abc import Mapping

from whet.data.edits import rewritten
from whet.data.ledger import Edit
from whet.data.places import place
from whet.data.reading.convert import Converter, RowFaults
from whet.data.reading.faults import Faults
from whet.data.reading.formats import recognise
from whet.data.reading.rows import Row
from whet.data.reading.strict_json import InvalidJSON, parse
from whet.data.writers import row_of
from whet.types import Example

NAME = "review"
"""What the ledger calls the repair."""


class UnfitRow(ValueError):
    """What was written makes no row; `faults` are sentences."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


def fixed(row: Example, texts: Mapping[int, str]) -> tuple[Example, list[Edit]]:
    """The row with new contents of some turns, and what differs.

    It is written as the cleaned file will have it and read again: whatever a reader refuses is
    refused here, and what it reads must be what was written, fields included.

    Raises:
        UnfitRow: with all that is wrong.
    """
    unknown = [turn for turn in texts if not 0 <= turn < len(row.messages)]
    if unknown:
        raise UnfitRow([f"The row has no message {unknown[0]}."])
    made, edits = rewritten(row, texts, NAME)
    if not edits:
        raise UnfitRow(["Nothing was changed. Keep the row, or write what it should say."])
    again = _read_again(made)
    if (again.id, dict(again.fields), again.group) != (made.id, dict(made.fields), made.group):
        raise UnfitRow(["The row would not be read as it was written. Change the text."])
    return made, edits


def _read_again(row: Example) -> Example:
    """The row as a reader of the written file has it.

    Raises:
        UnfitRow: a reader would refuse it.
    """
    file, line = place(row)
    try:
        values = parse(json.dumps(row_of(row), allow_nan=False))
    except InvalidJSON as error:
        raise UnfitRow([fault.message for fault in error.faults]) from None
    faults = Faults(file)
    read = Row(line, values)
    form = recognise(list(values), {}, [read], faults)
    if form is None:
        raise UnfitRow([finding.message for finding in faults.findings])
    try:
        return Converter(file, form, {}, None).example(read)
    except RowFaults as error:
        raise UnfitRow([_told(fault.field, fault.message) for fault in error.faults]) from None


def _told(field: str, message: str) -> str:
    return f"{field}: {message}" if field else message
