r"""Conversations in one text, as Anthropic's hh-rlhf has them.

    \n\nHuman: ...\n\nAssistant: ...\n\nHuman: ...\n\nAssistant: ...

A marker counts only after an empty line. White space around a turn is not part of it.
"""

from __future__ import annotations

import re

from whet.data.reading.turn_fault import MEND, TurnFault
from whet.findings import Kind

_MARKER = re.compile(r"\n\n(Human|Assistant|System):")
_ROLES = {"Human": "user", "Assistant": "assistant", "System": "system"}
MARKERS = tuple(f"{name}:" for name in _ROLES)


def is_transcript(text: str) -> bool:
    """Whether a text begins with a turn's marker and has the other side's as well."""
    return text.lstrip().startswith(("Human:", "System:")) and "\n\nAssistant:" in text


def transcript_parts(text: str, field: str) -> list[tuple[str, str]]:
    """Role and text of each turn.

    Raises:
        TurnFault: something stands before the first marker.
    """
    before, *parts = _MARKER.split("\n\n" + text.lstrip())
    if before.strip():
        raise TurnFault(Kind.CONTENT, field, "text stands before the first turn.", MEND)
    return [
        (_ROLES[name], said.strip()) for name, said in zip(parts[::2], parts[1::2], strict=True)
    ]
