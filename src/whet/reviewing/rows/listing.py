"""The ranking on a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from whet.data.places import printable
from whet.data.suspicion import Suspect
from whet.reporting.inert import line

NUM_REASONS = 3


@dataclass(frozen=True, slots=True)
class RowReason:
    """Why a row is suspected."""

    sign: str
    strength: float
    message: str
    others: list[str]


@dataclass(frozen=True, slots=True)
class RankedRow:
    """A row's place in the ranking; 1 is the first to look at."""

    rank: int
    source: str
    row: str
    score: float
    question: str
    answer: str
    reasons: list[RowReason]

    @staticmethod
    def of(rank: int, key: str, suspect: Suspect) -> RankedRow:
        """The row for a list: its texts are cut."""
        row = suspect.row
        reasons = [
            RowReason(each.sign.value, round(each.strength, 3), each.message, list(each.others))
            for each in suspect.reasons
        ]
        question, answer = printable(row.question, 200), printable(row.answer, 200)
        return RankedRow(rank, row.source, key, suspect.score, question, answer, reasons)


@dataclass(frozen=True, slots=True)
class RankedRows:
    """The training rows, worst first; `counts` are rows by sign."""

    num_rows: int
    num_suspected: int
    counts: dict[str, int]
    rows: list[RankedRow]
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """What a person reads on the terminal."""
        counts = ", ".join(f"{name} {count:,}" for name, count in self.counts.items())
        lines = [
            f"{self.num_rows:,} training rows, {self.num_suspected:,} with a reason to look at"
            + (f": {counts}" if counts else "")
        ]
        lines += [text for row in self.rows for text in _lines(row)]
        more = self.num_rows - len(self.rows)
        lines += [f"... and {more:,} more rows; --first N shows more."] if more else []
        return "\n".join([*lines, *self.notes])

    def to_json(self) -> dict[str, Any]:
        """The same as plain values."""
        from dataclasses import asdict

        return asdict(self)


def _lines(row: RankedRow) -> list[str]:
    lines = ["", f"{row.rank:4}  {row.score:.2f}  {row.source}"]
    lines += [f"            {line(each.message, 300)}" for each in row.reasons[:NUM_REASONS]]
    lines.append(f"        Q   {line(row.question, 100)}")
    lines.append(f"        A   {line(row.answer, 100)}")
    return lines


def ranked_rows(
    suspects: Sequence[Suspect],
    keys: dict[int, str],
    counts: dict[str, int],
    limit: int | None,
    notes: Sequence[str],
) -> RankedRows:
    """The first `limit` rows of a ranking (None: all); `keys` are names by the row's `id()`."""
    shown = suspects if limit is None else suspects[:limit]
    rows = [
        RankedRow.of(rank, keys[id(suspect.row)], suspect) for rank, suspect in enumerate(shown, 1)
    ]
    num_suspected = sum(suspect.score > 0 for suspect in suspects)
    return RankedRows(len(suspects), num_suspected, counts, rows, list(notes))
