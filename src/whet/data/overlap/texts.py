"""What of a row is compared with other rows."""

from __future__ import annotations

from whet.types import Example


def input_text(example: Example) -> str:
    """Every turn before the answer, without the system message, which many rows share."""
    return "\n".join(
        message["content"] for message in example.prompt if message["role"] != "system"
    )


def row_text(example: Example) -> str:
    """Every turn, the answer too, without the system message."""
    return "\n".join(
        message["content"] for message in example.messages if message["role"] != "system"
    )
