"""How far raters agree, each with the others, and each with themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from whet.reviewing.results.casts import Cast
from whet.reviewing.server.raters import Role
from whet.stats.agreement import cohen_kappa, krippendorff_alpha
from whet.stats.proportions import wilson
from whet.types import Interval

ORDER = (-1, 0, 1)

Case = tuple[str, tuple[str, str]]
"""An item and a pair of arms."""


@dataclass(frozen=True, slots=True)
class RaterAgreement:
    """One rater: how often as the majority of the others, and as themselves the second time.

    `with_majority` leaves out items on which the others are evenly divided.
    """

    rater: str
    votes: int
    with_majority: float | None
    compared: int
    consistent: float | None
    repeats: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """`alpha` is Krippendorff's, ordinal, over preferences -1, 0, 1; `kappa` Cohen's, linearly
    weighted, where there are two raters; `same` the share of cases on which all raters say the
    same. None where they cannot be told: alpha where every vote is the same.
    """

    alpha: Interval | None
    kappa: Interval | None
    same: Interval | None
    raters: tuple[RaterAgreement, ...]
    num_cases: int


def agreement(cast: Sequence[Cast]) -> Agreement:
    """All of it, from the raters' own votes; adjudicators are left out."""
    first = labels(cast)
    names = sorted({name for row in first.values() for name in row})
    rows = [[row.get(name) for name in names] for row in first.values()]
    kappa = None
    if len(names) == 2:
        columns = [[row[n] for row in rows] for n in (0, 1)]
        kappa = cohen_kappa(columns[0], columns[1], weights="linear", order=ORDER)
    alpha = krippendorff_alpha(rows, scale="ordinal", order=ORDER) if len(names) > 1 else None
    again = _repeated(cast)
    each = tuple(_rater(name, first, again.get(name, [])) for name in names)
    shared = [len(set(row.values())) == 1 for row in first.values() if len(row) > 1]
    same = wilson(sum(shared), len(shared)) if shared else None
    return Agreement(alpha, kappa, same, each, len(shared))


def labels(cast: Sequence[Cast]) -> dict[Case, dict[str, int]]:
    """The sign of each rater's first vote, by case."""
    found: dict[Case, dict[str, int]] = {}
    for one in cast:
        if one.role is Role.RATER and not one.is_repeat and one.sign is not None:
            found.setdefault((one.item, one.pair), {})[one.rater] = one.sign
    return found


def _repeated(cast: Sequence[Cast]) -> dict[str, list[bool]]:
    """By rater, whether each second vote says the same as the first."""
    first = labels(cast)
    found: dict[str, list[bool]] = {}
    for one in cast:
        before = first.get((one.item, one.pair), {}).get(one.rater)
        if one.is_repeat and one.sign is not None and before is not None:
            found.setdefault(one.rater, []).append(one.sign == before)
    return found


def _rater(
    name: str, first: Mapping[Case, Mapping[str, int]], again: Sequence[bool]
) -> RaterAgreement:
    same = []
    votes = 0
    for row in first.values():
        if name not in row:
            continue
        votes += 1
        majority = _majority([value for other, value in row.items() if other != name])
        if majority is not None:
            same.append(row[name] == majority)
    return RaterAgreement(
        name,
        votes,
        fmean(same) if same else None,
        len(same),
        fmean(again) if again else None,
        len(again),
    )


def _majority(values: Sequence[int]) -> int | None:
    """The most frequent label; None where two are equally frequent, or there is none."""
    counts = sorted(((values.count(label), label) for label in set(values)), reverse=True)
    if not counts or (len(counts) > 1 and counts[0][0] == counts[1][0]):
        return None
    return counts[0][1]
