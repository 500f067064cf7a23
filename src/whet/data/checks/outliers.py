"""Rows that are far longer than the rest: a pasted document, two rows glued together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from whet.data.checks.texts import texts
from whet.data.places import at
from whet.findings import Finding, Kind, Severity
from whet.types import Example

MIN_ROWS = 30
MAX_DEVIATIONS = 5.0
MIN_DEVIATION = 0.46
"""Least spread of the logarithm that counts: what is accused has ten times the median at least."""
MAX_SHOWN = 5


def length_outliers(examples: Sequence[Example]) -> list[Finding]:
    """A warning at the longest of the rows that are over 5 deviations from the median.

    Deviations are of the logarithm of the characters, from the median of absolute differences.
    """
    if len(examples) < MIN_ROWS:
        return []
    sizes = [sum(len(text) for _, text in texts(row)) for row in examples]
    logs = [math.log(max(size, 1)) for size in sizes]
    middle = median(logs)
    spread = max(1.4826 * median(abs(log - middle) for log in logs), MIN_DEVIATION)
    far = [row for row, log in enumerate(logs) if log > middle + MAX_DEVIATIONS * spread]
    longest = sorted(far, key=lambda row: -sizes[row])
    usual = round(math.exp(middle))
    findings = []
    for place, row in enumerate(longest[:MAX_SHOWN]):
        more = len(longest) - MAX_SHOWN
        rest = f" {more} more rows are as far off." if place == 0 and more > 0 else ""
        message = f"{sizes[row]:,} characters, where half of the rows have at most {usual:,}.{rest}"
        fix = "Look whether it holds more than one row, or a text that was pasted in."
        findings.append(at(examples[row], Severity.WARNING, Kind.LENGTH_OUTLIER, message, fix))
    return findings
