"""The rows of a project as they are divided: by files, by shares, or by what rows say themselves.

files that name a split     stay in it
shares in data.split        are cut from train
neither                     a column `split` divides train, where every row has one
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from whet.config import DataConfig
from whet.data.bundles import Clusters
from whet.data.ledger import Dropped
from whet.data.reading.read import Reading, read
from whet.data.split_column import divided_by_column
from whet.data.splits import Earlier, split
from whet.errors import DataError
from whet.findings import Finding
from whet.types import Example


@dataclass(frozen=True, slots=True)
class Parted:
    """The splits on their way through the stages."""

    train: list[Example]
    validation: list[Example]
    test: list[Example]
    dropped: list[Dropped] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    touched: frozenset[str] = frozenset()


def read_all(data: DataConfig, root: Path) -> dict[str, Reading]:
    """The files of each split that names some.

    Raises:
        DataError: a file is missing; files and a share are asked for of one split.
        ConfigError: `data.columns` or `data.roles` mean nothing.
        MissingExtraError: a package that reads such a file is not installed.
    """
    _refuse_both(data)
    paths = {"train": data.train, "validation": data.validation, "test": data.test}
    return {
        name: read(files, data.columns, roles=data.roles, group_by=data.split.group_by, root=root)
        for name, files in paths.items()
        if files
    }


def _refuse_both(data: DataConfig) -> None:
    faults = [
        f"data.{name} names files and data.split.{name} asks for a share of train. Keep one."
        for name in ("validation", "test")
        if getattr(data, name) and getattr(data.split, name)
    ]
    if faults:
        raise DataError(faults)


def divided(
    data: DataConfig, readings: Mapping[str, Reading], seed: int,
    clusters: Clusters | None, earlier: Earlier | None, set_aside: bool,
) -> tuple[Parted, Earlier, str]:  # fmt: skip
    """Splits train as asked; rows of files that name a split stay in it, and so do rows that do.

    The last value says why the training files were taken for what they were.
    """
    parts = {name: reading.examples for name, reading in readings.items()}
    reason = readings["train"].reason
    held_out = {name: parts.get(name, []) for name in ("validation", "test")}
    undivided = Parted(parts["train"], held_out["validation"], held_out["test"])
    if data.split.validation is None and data.split.test is None:
        named = divided_by_column(parts["train"]) if len(readings) == 1 else None
        if named is None:
            return undivided, Earlier(), reason
        rows = named.parts
        state = Parted(rows["train"], rows["validation"], rows["test"], findings=[named.finding])
        return state, Earlier(), f"{reason}; {named.reason}"
    try:
        made = split(
            parts["train"],
            validation=data.split.validation or 0.0,
            test=data.split.test or 0.0,
            group_by=data.split.group_by,
            time_by=data.split.time_by,
            stratify=data.split.stratify,
            seed=seed,
            clusters=clusters,
            earlier=earlier,
        )
    except DataError:
        if readings["train"].errors and not set_aside:
            # The broken rows are the cause to mend, and are told.
            return undivided, Earlier(), reason
        raise
    validation = made.validation or held_out["validation"]
    return Parted(made.train, validation, made.test or held_out["test"]), made.made, reason
