"""What a judge judges by: a text, and the hash that calibrations are bound to."""

from __future__ import annotations

import math
from dataclasses import dataclass

from whet.evals.judge.wording import PAIR, SCORE
from whet.types import content_id

GENERAL = """\
A good answer does what was asked, is correct and complete, and says nothing that is made up.
It keeps to the form, the language and the tone that the conversation asks for.
Length is no merit: what does not help the person who asked makes an answer worse."""
"""The rubric where the project writes none."""

GENERAL_NAME = "(whet's general rubric)"


@dataclass(frozen=True, slots=True)
class Rubric:
    """A rubric and the scale of its scores.

    `scale`: scores are whole numbers from 1 to this. `passing`: from this score on an answer
    counts as good.
    """

    text: str = GENERAL
    name: str = GENERAL_NAME
    scale: int = 5
    passing: int = 4

    @property
    def digest(self) -> str:
        """Hash of all that a judge is told beside the material; `passing` it is not told."""
        return content_id({"rubric": self.text, "scale": self.scale, "asked": [SCORE, PAIR]})


def usual_passing(scale: int) -> int:
    """Four fifths of the scale, rounded up: 4 of 5, 8 of 10."""
    return math.ceil(scale * 4 / 5)
