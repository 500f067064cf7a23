"""What is wrong with a turn, and JSON that a turn or a cell holds as text."""

from __future__ import annotations

from typing import Any

from whet.data.reading.quotes import STRAIGHTEN
from whet.data.reading.strict_json import InvalidJSON, parse
from whet.findings import Kind

MEND = "Mend or remove the row."


class TurnFault(ValueError):
    """One thing wrong with a row: its kind, the field, what was seen, what to do."""

    def __init__(self, kind: Kind, field: str, message: str, fix: str = "") -> None:
        super().__init__(f"{field}: {message}")
        self.kind, self.field, self.message, self.fix = kind, field, message, fix


def parsed(text: str, field: str) -> Any:
    """The value of JSON that a row holds as text.

    Raises:
        TurnFault: it is not JSON.
    """
    try:
        return parse(text)
    except InvalidJSON as error:
        said = f"is not JSON at column {error.position + 1}: {error}"
        if error.faults[0].is_typographic:
            raise TurnFault(Kind.TYPOGRAPHIC_QUOTES, field, said, STRAIGHTEN) from None
        raise TurnFault(Kind.SYNTAX, field, said, MEND) from None
