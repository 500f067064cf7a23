"""What is worth knowing about a data set as a whole. Nothing here drops or changes a row.

One file an idea. Checks of single rows happen while reading; leaks are in `whet.data.leaks`.
"""

from __future__ import annotations

from collections.abc import Sequence

from whet.data.checks.duplicates import contradictions, duplicates, near_copies
from whet.data.checks.labels import class_balance, label_spellings, labels, unseen_labels
from whet.data.checks.sensitive import sensitive
from whet.data.checks.systems import system_conflicts
from whet.findings import Finding, worst_first
from whet.types import Example

__all__ = ["check", "labels"]


def check(
    train: Sequence[Example],
    validation: Sequence[Example] = (),
    test: Sequence[Example] = (),
    *,
    has_prompt: bool = False,
) -> list[Finding]:
    """Every finding about the examples, errors first, then in the order of the rows.

    `has_prompt` says that the project has a prompt of its own, which then conflicts with the
    system messages of rows.
    """
    findings: list[Finding] = []
    for split in (train, validation, test):
        findings += duplicates(split) + near_copies(split) + sensitive(split)
        findings += system_conflicts(split) if has_prompt else []
    findings += contradictions([*train, *validation, *test])
    findings += class_balance(train) + label_spellings([*train, *validation, *test])
    findings += unseen_labels(train, test)
    return worst_first(findings)
