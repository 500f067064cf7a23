"""System messages of rows that stand against a project's own prompt."""

from __future__ import annotations

from collections.abc import Sequence

from whet.data.places import at
from whet.findings import Finding, Kind, Severity
from whet.types import Example


def system_conflicts(examples: Sequence[Example]) -> list[Finding]:
    """An error at each row with a system message of its own, in a project with a prompt."""
    message = "the row has a system message, and the project has a prompt as well."
    remedy = (
        "Remove the system messages from the data, or leave `prompt` out of whet.yaml, "
        "or take it up in the prompt file as a {{field}}."
    )
    return [
        at(row, Severity.ERROR, Kind.SYSTEM_CONFLICT, message, remedy)
        for row in examples
        if row.system is not None
    ]
