"""What a judge said, as the run folder keeps it: the one reader for verdict, report and review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from whet.errors import RunError
from whet.evals.judge.bias import PairJudged
from whet.rundir import RunDir, read_json, read_jsonl, write_json, write_jsonl

FORMAT = 1
HEADER, ROWS = "judge/judge.json", "judge/judgements.jsonl"
RUBRIC, SPOT_CHECK = "judge/rubric.md", "judge/spot_check.jsonl"
LABELS, CALIBRATION = "judge/labels.jsonl", "judge/calibration.json"

Values = list[float | None]


@dataclass(frozen=True, slots=True)
class About:
    """Who judged what, by which rubric, for how much: `judge.json`.

    `items` are the ids of those drawn, of `num_items`. `labels` are people's labels of answers
    that they brought along: {says, kind} in the order of the file. `named` is a calibration of an
    earlier run that the project names.
    """

    judge: str
    model: str
    endpoint: str | None
    rubric: str
    rubric_digest: str
    scale: int
    passing: int
    modes: list[str]
    split: str
    items: list[str]
    num_items: int
    pairs: list[list[str]]
    arms: list[str]
    num_masked: int
    num_asked: int
    num_reused: int
    spent: float | None
    budget: float | None
    currency: str
    kappa_floor: float
    spot_check: list[str]
    labels: list[dict[str, Any]]
    num_draws: int
    named: dict[str, Any] | None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    """One verdict. `value` is a score, or `A`, `B`, `tie`; None with `fault`, the reason why.

    `words` are the lengths of the answers in the order of `arms`. `same`: two equal answers, about
    which nobody was asked. `label`: the number of the label that brought the answers along.
    """

    kind: str
    item: str
    arms: list[str]
    order: str
    value: int | str | None
    reason: str
    fault: str | None
    words: list[int]
    same: bool = False
    label: int | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """All that the judge said in a run."""

    about: About
    rows: Sequence[Row]

    def scores(self, arm: str) -> dict[str, int | None]:
        """The score of each drawn item, None where unscored."""
        return {
            row.item: row.value if isinstance(row.value, int) else None
            for row in self.rows
            if row.kind == "score" and row.arms == [arm] and row.label is None
        }

    def values(self, arm: str, ids: Sequence[str]) -> Values:
        """The scores as shares of the scale, 1 to `scale` as 0 to 1; None where there is none."""
        found = self.scores(arm)
        top = self.about.scale - 1
        scores = (found.get(item) for item in ids)
        return [None if score is None else (score - 1) / top for score in scores]

    def pairs(self, a: str, b: str) -> list[PairJudged]:
        """Both orders of every drawn item of a pair, in the order of the draw."""
        rows = [r for r in self.rows if r.arms == [a, b] and r.label is None]
        return list(both_orders(rows).values())

    def preferences(self, ids: Sequence[str]) -> dict[tuple[str, str], Values]:
        """For (a, b) one value an item: 1 where a is preferred in both orders, -1 where b is, 0
        for a tie or where the orders differ, None where unscored or not drawn.

        This is what `whet.evals.compare.by_votes` takes.
        """
        found: dict[tuple[str, str], Values] = {}
        for a, b in self.about.pairs:
            known = {pair.item: pair.preference for pair in self.pairs(a, b)}
            found[a, b] = [known.get(item) for item in ids]
        return found


def both_orders(rows: Sequence[Row]) -> dict[tuple[str, int | None], PairJudged]:
    """The verdicts on each pair of answers, put together; by item and label."""
    grouped: dict[tuple[str, int | None], dict[str, Row]] = {}
    for row in rows:
        grouped.setdefault((row.item, row.label), {})[row.order] = row
    found = {}
    for key, orders in grouped.items():
        first = next(iter(orders.values()))
        forward, backward = (
            str(orders[order].value) if order in orders and orders[order].value else None
            for order in ("forward", "backward")
        )
        words = first.words
        found[key] = PairJudged(key[0], forward, backward, words[0], words[1], first.same)
    return found


def write_judged(run: RunDir, judged: Judged, rubric: str) -> None:
    """Writes header, verdicts, rubric and the items drawn for people."""
    write_jsonl(run.file(ROWS), [asdict(row) for row in judged.rows])
    write_jsonl(run.file(SPOT_CHECK), [{"item": item} for item in judged.about.spot_check])
    run.file(RUBRIC).write_text(rubric, encoding="utf-8")
    write_json(run.file(HEADER), {"format": FORMAT, **asdict(judged.about)})


def read_judged(run: RunDir) -> Judged | None:
    """What the judge said; None where none judged.

    Raises:
        RunError: it was written by a newer whet, or is damaged.
    """
    if not run.file(HEADER).is_file():
        return None
    header = read_json(run.file(HEADER))
    version = header.pop("format", 0)
    if version > FORMAT:
        raise RunError(f"{run.file(HEADER)}: format {version}, this whet reads {FORMAT}. Upgrade.")
    try:
        return Judged(About(**header), [Row(**row) for row in read_jsonl(run.file(ROWS))])
    except TypeError as error:
        raise RunError(f"{run.file(HEADER)}: damaged: {error}.") from None
