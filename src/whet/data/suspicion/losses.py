"""Answers that a model finds far less likely than others of their length."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import median

from whet.data.suspicion.reason import Found, Reason, Sign, ramp
from whet.data.suspicion.subject import Subject

MIN_ROWS = 30
NUM_ALIKE = 50
"""The loss of a row is compared with that of so many rows of about its length."""
HIGH, HIGHEST = 1.5, 4.0
LEAST_SPREAD = 0.05


def losses(subject: Subject, loss_of: Mapping[str, float]) -> Found:
    """A reason at each row whose loss is far over that of rows with answers of its length."""
    known = [
        (len(row.answer), number, loss_of[row.id])
        for number, row in enumerate(subject.rows)
        if row.id in loss_of and math.isfinite(loss_of[row.id]) and row.desirable is not False
    ]
    if len(known) < MIN_ROWS:
        return
    known.sort()
    for place, (_, number, loss) in enumerate(known):
        start = max(0, min(place - NUM_ALIKE // 2, len(known) - NUM_ALIKE))
        around = [each for _, _, each in known[start : start + NUM_ALIKE]]
        middle = median(around)
        spread = max(1.4826 * median(abs(each - middle) for each in around), LEAST_SPREAD)
        off = (loss - middle) / spread
        if off > HIGH:
            said = (
                f"a token of the answer costs the model {loss:.2f} nats, where {middle:.2f} is "
                "usual for answers of this length."
            )
            strength = 0.7 * ramp(off, HIGH, HIGHEST)
            yield number, Reason(Sign.LOSS, strength, said, subject.last(number))
