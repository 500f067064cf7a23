"""Rows in the order in which a person should look at them.

rows -> evidence, one file a kind -> reasons with strengths -> one score a row -> worst first
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.data.suspicion.damage import damage
from whet.data.suspicion.declines import declines
from whet.data.suspicion.duplicates import duplicates
from whet.data.suspicion.echoes import echoes
from whet.data.suspicion.endings import endings
from whet.data.suspicion.form import form
from whet.data.suspicion.lengths import lengths
from whet.data.suspicion.losses import losses
from whet.data.suspicion.markup import markup
from whet.data.suspicion.reason import Found, Reason, Sign, Suspect, tempered
from whet.data.suspicion.subject import Subject
from whet.data.suspicion.tongues import tongues
from whet.data.suspicion.voice import voice
from whet.types import Example

if TYPE_CHECKING:  # numpy is loaded by the functions that need it
    from whet.data.checks.vectors import Embed

BY_ROW: tuple[Callable[[Subject], Found], ...] = (
    endings, form, lengths, echoes, tongues, voice, declines, markup, damage, duplicates,
)  # fmt: skip
"""Evidence that needs neither vectors nor a model."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The rows, worst first, and what was not looked for."""

    suspects: list[Suspect]
    notes: list[str]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows show each sign, in the order of the list of signs."""
        found = Counter(sign for suspect in self.suspects for sign in suspect.signs)
        return {sign.value: found[sign] for sign in Sign if found[sign]}


def rank(
    rows: Sequence[Example],
    embed: Embed | None = None,
    loss_of: Mapping[str, float] | None = None,
) -> Ranking:
    """Every row with its score and its reasons, the most suspected first.

    Args:
        rows: the training rows.
        embed: turns texts into unit vectors; without it rows are compared by their words.
        loss_of: the mean loss of a token of the answer (nats) by the row's id, where a model has
            been asked.
    """
    # These need numpy and scipy, which importing the room does not load.
    from whet.data.suspicion.fit import fit
    from whet.data.suspicion.labels import label_doubts

    subject = Subject.of(rows)
    reasons: dict[int, list[Reason]] = {}
    notes: list[str] = []
    found = [each for evidence in BY_ROW for each in evidence(subject)]
    found += label_doubts(subject, embed, notes)
    found += fit(subject, embed, notes)
    found += losses(subject, loss_of or {})
    for number, reason in tempered(found, len(subject.rows)):
        reasons.setdefault(number, []).append(reason)
    suspects = [Suspect.of(row, reasons.get(number, ())) for number, row in enumerate(rows)]
    suspects.sort(key=lambda suspect: -suspect.score)  # equal scores stay in the rows' order
    return Ranking(suspects, notes)
