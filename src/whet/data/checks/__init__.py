"""What is worth knowing about a data set as a whole. Nothing here drops or changes a row.

One file an idea. Checks of single rows happen while reading; leaks are in `whet.data.leaks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from whet.data.checks.boilerplate import boilerplate
from whet.data.checks.declined import refusals
from whet.data.checks.duplicates import contradictions, duplicates, near_copies
from whet.data.checks.encodings import encoding_damage
from whet.data.checks.facts import stale_facts
from whet.data.checks.instructions import instruction_variants
from whet.data.checks.labels import class_balance, label_spellings, labels, unseen_labels
from whet.data.checks.languages import languages
from whet.data.checks.origin import origins
from whet.data.checks.outliers import length_outliers
from whet.data.checks.placeholders import placeholders
from whet.data.checks.quotes import typographic_quotes
from whet.data.checks.sensitive import sensitive
from whet.data.checks.size import size
from whet.data.checks.style import style
from whet.data.checks.systems import system_conflicts
from whet.findings import Finding, worst_first
from whet.types import Example

if TYPE_CHECKING:
    from whet.data.checks.vectors import Embed

__all__ = ["check", "labels"]

OF_ROWS = (
    duplicates, near_copies, sensitive, encoding_damage, placeholders, typographic_quotes,
    length_outliers,
)  # fmt: skip
"""What can be wrong with a row of any split."""

OF_TRAINING = (
    refusals, languages, boilerplate, style, stale_facts, instruction_variants, class_balance, size,
)  # fmt: skip
"""What a model would learn from the training rows, or what they lack."""


def check(
    train: Sequence[Example],
    validation: Sequence[Example] = (),
    test: Sequence[Example] = (),
    *,
    has_prompt: bool = False,
    embed: Embed | None = None,
) -> list[Finding]:
    """Every finding about the examples, errors first, then in the order of the rows.

    `has_prompt` says that the project has a prompt of its own, which then conflicts with the
    system messages of rows. `embed` turns texts into unit vectors, [texts, width]; without it
    inputs are compared by their words.
    """
    findings: list[Finding] = []
    for split in (train, validation, test):
        findings += [finding for rule in OF_ROWS for finding in rule(split)]
        findings += system_conflicts(split) if has_prompt else []
    findings += [finding for rule in OF_TRAINING for finding in rule(train)]
    everywhere = [*train, *validation, *test]
    findings += contradictions(everywhere) + label_spellings(everywhere)
    findings += unseen_labels(train, test) + origins(train, validation, test)
    findings += _by_likeness(train, test, embed)
    return worst_first(findings)


def _by_likeness(
    train: Sequence[Example], test: Sequence[Example], embed: Embed | None
) -> list[Finding]:
    """What the nearest rows say: about labels, about thin places, and about test inputs."""
    # These need numpy and scipy, which importing the room does not load.
    from whet.data.checks.coverage import coverage
    from whet.data.checks.far_inputs import far_inputs
    from whet.data.checks.suspects import confusable_labels, judge, suspicious_labels
    from whet.data.checks.vectors import left_out, placed

    first, second = placed([train, test], embed)
    judged = judge(first)
    return [
        *left_out(train, first),
        *suspicious_labels(judged),
        *confusable_labels(judged),
        *coverage(first),
        *far_inputs(first, second, "test"),
    ]
