"""Whether rows are of the kind that `train.objective` learns from; none is bent into another.

Rows to train on and to validate with have to be. Of test items the (chosen) answer is compared
with what a model says, so there plain rows do for every objective.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from whet.data.reading.read import FileSummary
from whet.findings import Finding, Kind, Severity

LEARNT: Mapping[str, str] = {"dpo": "preference", "orpo": "preference", "kto": "kto"}
"""The format of the rows that an objective learns from, where these are not plain answers."""
_SAID = {"preference": "preference pairs", "kto": "answers judged good or bad"}
_FIX = (
    "Set train.objective: sft to imitate them, or name files whose rows have {}: columns in "
    "data.columns if theirs have other names."
)
_COLUMNS = {"preference": "chosen and rejected answers", "kto": "a label of true and false"}


def of_objective(
    findings: Sequence[Finding], files: Mapping[str, Sequence[FileSummary]], objective: str
) -> list[Finding]:
    """The findings of reading, with those about the rows' kind as this objective sees them.

    `files` are those of each split. A note that rows are not to be imitated falls away where they
    are what is learnt from; plain rows get one where they are not.
    """
    wanted = LEARNT.get(objective)
    if wanted is None:
        return list(findings)
    fit = {file.path for part in files.values() for file in part if file.format == wanted}
    kept = [f for f in findings if f.kind is not Kind.OBJECTIVE or f.file not in fit]
    told = {finding.file for finding in kept if finding.kind is Kind.OBJECTIVE}
    unfit = dict.fromkeys(
        file.path
        for name in ("train", "validation")
        for file in files.get(name, ())
        if file.format and file.path not in fit | told
    )
    message = f"holds plain answers, and train.objective: {objective} learns from {_SAID[wanted]}."
    fix = _FIX.format(_COLUMNS[wanted])
    return kept + [
        Finding(Severity.NOTE, Kind.OBJECTIVE, message, file=path, fix=fix) for path in unfit
    ]
