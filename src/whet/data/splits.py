"""Dividing one set of rows into train, validation and test.

    by hash     sha256(seed, key) -> u in [0, 1)      0 [ test | validation | train ) 1
    by stratum  the k-th bundle of a stratum: u = offset + k * golden ratio, modulo 1
    by time     the newest rows are test, the newest of the others validation

A key is `group_by`'s value if there is one, else the input; rows of one bundle stay together.

Who stays where when rows are added: by hash every old row, wherever the new ones stand. By
stratum every old row as long as new ones come after them. By time none for certain: the newest
rows are other rows now. With clusters of near duplicates a new row may join two old bundles.
`Earlier`, which `whet clean` keeps with its files, holds the old rows in all these cases.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from whet.data.bundles import Bundle, Clusters, bundles, row_keys, uniform
from whet.data.keys import normal
from whet.data.places import listed
from whet.data.times import Moment, moment, moments
from whet.errors import DataError
from whet.types import Example, content_id

SIDES = ("train", "validation", "test")
"""In the order of how far a row is held out."""

_GOLDEN_RATIO = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier split decided: the side of each key (by its hash), and the times between.

    `boundaries` are the first moments of validation and of test in a split by time.
    """

    sides: Mapping[str, str] = field(default_factory=dict)
    boundaries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Split:
    """Three lists in the order of the rows given; a side that was not asked for is empty.

    `made` is what a later split needs to leave every row where it is.
    """

    train: list[Example]
    validation: list[Example]
    test: list[Example]
    made: Earlier = field(default_factory=Earlier)


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of the rows goes to each held-out side; the rest is for training."""

    validation: float
    test: float

    def side(self, u: float) -> str:
        """The side of a number in [0, 1)."""
        if u < self.test:
            return "test"
        return "validation" if u < self.test + self.validation else "train"


def split(
    examples: Sequence[Example],
    *,
    validation: float = 0.0,
    test: float = 0.0,
    group_by: str | None = None,
    time_by: str | None = None,
    stratify: str | None = None,
    seed: int = 0,
    clusters: Clusters | None = None,
    earlier: Earlier | None = None,
) -> Split:
    """The rows on their sides; `validation` and `test` are shares, in expectation.

    Args:
        examples: the rows.
        validation: the share for validation, cut from what is not test.
        test: the share for test.
        group_by: a column whose rows stay together.
        time_by: a column of dates or numbers; the newest rows are test.
        stratify: a column, or `answer`; each value is divided in the shares asked for.
        seed: another seed is another split.
        clusters: numbers of near duplicates, which then stay together too.
        earlier: what a split of some of these rows decided before; it stands.

    Raises:
        DataError: the shares leave nothing for training, a row lacks its group, time or stratum,
            or a side that was asked for came out empty.
    """
    shares, earlier = Shares(validation, test), earlier or Earlier()
    if min(validation, test) < 0 or validation + test >= 1:
        raise DataError(
            f"data.split: validation {validation:g} and test {test:g} leave no share for "
            "training. Their sum has to be below 1."
        )
    found = bundles(examples, group_by, clusters)
    boundaries: Mapping[str, str] = {}
    if time_by is not None:
        times = moments(examples, time_by)
        boundaries = earlier.boundaries or _boundaries(found, times, shares)
        drawn = _by_time(found, times, boundaries)
    elif stratify is not None:
        drawn = _by_stratum(found, _strata(examples, stratify), shares, seed, earlier.sides)
    else:
        drawn = [shares.side(uniform(bundle.key, seed)) for bundle in found]
    result = _placed(examples, found, drawn, group_by, Earlier(earlier.sides, boundaries))
    _require_sides(result, len(examples), len(found), shares)
    return result


def _placed(
    examples: Sequence[Example], found: Sequence[Bundle], drawn: Sequence[str],
    group_by: str | None, earlier: Earlier,
) -> Split:  # fmt: skip
    """Rows on the sides drawn, but for what was decided earlier.

    New rows of a bundle follow its old ones; where these are on several sides, to the one that is
    held out most, so that nothing new that resembles a test row is trained on.
    """
    keys = [content_id(key) for key in row_keys(examples, group_by)]
    sides = [""] * len(examples)
    for bundle, side in zip(found, drawn, strict=True):
        old = {earlier.sides[key] for key in bundle.keys if key in earlier.sides}
        new = max(old, key=SIDES.index) if old else side
        for row in bundle.rows:
            sides[row] = earlier.sides.get(keys[row], new)
    parts: dict[str, list[Example]] = {name: [] for name in SIDES}
    for example, side in zip(examples, sides, strict=True):
        parts[side].append(example)
    made = Earlier(dict(zip(keys, sides, strict=True)), earlier.boundaries)
    return Split(parts["train"], parts["validation"], parts["test"], made)


def _by_stratum(
    found: Sequence[Bundle], strata: Sequence[str], shares: Shares, seed: int,
    earlier: Mapping[str, str],
) -> list[str]:  # fmt: skip
    """Old bundles are counted first, so that new ones go on where they ended."""
    number: dict[str, int] = defaultdict(int)
    order = sorted(found, key=lambda bundle: all(key not in earlier for key in bundle.keys))
    drawn: dict[int, str] = {}
    for bundle in order:
        stratum = strata[bundle.rows[0]]
        u = (uniform(f"stratum\x1f{stratum}", seed) + number[stratum] * _GOLDEN_RATIO) % 1.0
        number[stratum] += 1
        drawn[bundle.rows[0]] = shares.side(u)
    return [drawn[bundle.rows[0]] for bundle in found]


def _strata(examples: Sequence[Example], stratify: str) -> list[str]:
    if stratify == "answer":
        return [normal(example.answer) for example in examples]
    faults = [
        f"{example.source}: {stratify}: the row has no value to stratify by; it has the fields "
        f"{listed(list(example.fields)) or 'none'}. Fill it in or correct data.split.stratify."
        for example in examples
        if example.fields.get(stratify) in (None, "")
    ]
    if faults:
        raise DataError(faults)
    return [str(example.fields[stratify]) for example in examples]


def _boundaries(found: Sequence[Bundle], times: Sequence[Moment], shares: Shares) -> dict[str, str]:
    """The first moment of test and of validation; rows of one moment are not parted."""
    newest = sorted(_bundle_times(found, times), key=lambda time: -time.value)
    made = {}
    for name, share in (("test", shares.test), ("validation", shares.test + shares.validation)):
        if newest and getattr(shares, name):
            made[name] = newest[math.ceil(round(share * len(newest), 9)) - 1].text
    return made


def _bundle_times(found: Sequence[Bundle], times: Sequence[Moment]) -> list[Moment]:
    """A time for each row: the newest of its bundle, so that training never looks ahead."""
    made = list(times)
    for bundle in found:
        newest = max((times[row] for row in bundle.rows), key=lambda time: time.value)
        for row in bundle.rows:
            made[row] = newest
    return made


def _by_time(
    found: Sequence[Bundle], times: Sequence[Moment], boundaries: Mapping[str, str]
) -> list[str]:
    own = _bundle_times(found, times)
    starts = {name: _start(text, times) for name, text in boundaries.items()}
    drawn = []
    for bundle in found:
        value = own[bundle.rows[0]].value
        past = [name for name, start in starts.items() if value >= start]
        drawn.append(max(past, key=SIDES.index) if past else "train")
    return drawn


def _start(text: str, times: Sequence[Moment]) -> float:
    start = moment(text)
    if start is None or (times and start.kind != times[0].kind):
        seen = times[0].text if times else "no time"
        raise DataError(
            f"data.split.time_by: the split was made at {text!r}, and the rows now have {seen!r}. "
            "Write times as before, or make the split anew in another folder (--out)."
        )
    return start.value


def _require_sides(result: Split, num_rows: int, num_bundles: int, shares: Shares) -> None:
    sides = (
        ("validation", shares.validation, result.validation),
        ("test", shares.test, result.test),
        ("train", 1 - shares.validation - shares.test, result.train),
    )
    empty = [(name, share) for name, share, rows in sides if share > 0 and not rows]
    if empty:
        name, share = empty[0]
        raise DataError(
            f"data.split: {name} came out empty: a share of {share:g} of {num_rows} rows with "
            f"{num_bundles} different inputs or groups. Add rows, ask for a larger share, or name "
            f"a file in data.{name}."
        )
