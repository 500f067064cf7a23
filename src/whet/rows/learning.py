"""What of an example is learnt: its answers, the sides of a pair, or the answer that is judged.

Each is a conversation of its own with the message from which on it is learnt. Both sides of a
pair have the same prompt, so their sequences begin alike and are computed as one tree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from whet.rows.sequence import Part
from whet.types import Example


@dataclass(frozen=True, slots=True)
class Side:
    """A conversation whose assistant turns from message `first` on are learnt, and as what."""

    part: Part
    example: Example
    first: int = 0

    @property
    def name(self) -> str:
        """What a fault says before it; empty where there is no other side."""
        return f"{self.part} side: " if self.part in (Part.CHOSEN, Part.REJECTED) else ""


def sides_of(example: Example) -> list[Side]:
    """The chosen and the rejected side of a pair; else the one there is."""
    first = len(example.prompt)
    plain = replace(example, rejected=(), desirable=None)
    if example.rejected:
        other = replace(plain, messages=(*example.prompt, *example.rejected))
        return [Side(Part.CHOSEN, plain, first), Side(Part.REJECTED, other, first)]
    if example.desirable is not None:
        part = Part.DESIRABLE if example.desirable else Part.UNDESIRABLE
        return [Side(part, plain, first)]
    return [Side(Part.ANSWER, plain)]
