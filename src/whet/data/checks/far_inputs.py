"""Held-out or production inputs that are unlike every training row.

How near inputs of one set usually lie is read off the training rows themselves: an input is far
when it is farther from all of them than all but 1 % of them are from each other. So 1 % of inputs
of the same kind are far by definition; only a set with clearly more is told, or an input without
any likeness. On CLINC150 (5,000 training rows, MiniLM) 1.2 % of the test questions are far and
41 % of the questions out of its scope; by words 1.4 % and 25 %.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from whet.data.checks.accused import share
from whet.data.checks.vectors import Embed, Placed, nearest, placed
from whet.data.places import listed, printable
from whet.findings import Finding, Kind, Severity
from whet.types import Example

MIN_ROWS = 50
USUAL_SHARE = 0.01
MIN_FAR = 3
MAX_CHANCE = 1e-4
"""So improbable must the number of far inputs be if they were drawn like the training rows."""
NUM_SHOWN = 5


def far_from_training(
    train: Sequence[Example], inputs: Sequence[Example], name: str, embed: Embed | None = None
) -> list[Finding]:
    """A warning where more of these inputs than usual are unlike every training row.

    `name` says what they are, as in `412 of 1,000 test inputs`.
    """
    first, second = placed([train, inputs], embed)
    return far_inputs(first, second, name)


def far_inputs(train: Placed, inputs: Placed, name: str) -> list[Finding]:
    """As `far_from_training`, with vectors that are there already."""
    if len(train.rows) < MIN_ROWS or not inputs.rows:
        return []
    among = nearest(train.points, 1).likeness[:, 0]
    least = float(np.quantile(among, USUAL_SHARE))
    likeness = nearest(train.points, 1, inputs.points).likeness[:, 0]
    far = np.flatnonzero(likeness < least)
    chance = float(stats.binom.sf(len(far) - 1, len(likeness), USUAL_SHARE))
    if len(far) < MIN_FAR or chance > MAX_CHANCE:
        return []
    farthest = far[np.argsort(likeness[far], kind="stable")][:NUM_SHOWN]
    shown = [
        f"{inputs.rows[i].source} {printable(inputs.rows[i].question, 50)!r}"
        for i in farthest.tolist()
    ]
    message = (
        f"{share(len(far), len(likeness))} {name} inputs are unlike every training row, where 1 % "
        f"would be usual: {listed(shown)}."
    )
    fix = "Add training rows like them, or leave such inputs to another model."
    return [Finding(Severity.WARNING, Kind.FAR_INPUT, message, fix=fix)]
