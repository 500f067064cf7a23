"""Judge and people on the same answers, from what the run folder holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.evals.judge.calibration import (
    Agreement,
    JudgeCalibration,
    Standing,
    agreement,
    standing,
)
from whet.evals.judge.labels import read_labels
from whet.rundir import RunDir, write_json
from whet.stages.judge.stored import CALIBRATION, LABELS, Judged, Row, both_orders

WHAT = {"score": "answers", "pairwise": "pairs of answers"}


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Agreement and standing of a judge by kind, `score` and `pairwise`. `notes` are sentences."""

    agreements: dict[str, Agreement | None]
    standings: dict[str, Standing]
    notes: list[str]


def calibrated(run: RunDir, judged: Judged) -> Calibrated:
    """How far the judge of a run agrees with people, and what it may therefore decide.

    Labels that brought their answers along were judged in this run, and so were the answers that
    `judge/labels.jsonl` speaks of. A calibration of an earlier run counts where there are no labels
    of its kind, and only for the same judge and rubric.

    Raises:
        DataError: `judge/labels.jsonl` holds lines that are no labels.
    """
    about, notes = judged.about, []
    pairs: dict[str, list[tuple[float | None, float]]] = {"score": [], "pairwise": []}
    unused = _of_brought(judged, pairs)
    if unused:
        notes.append(f"{unused} labels of judge.calibration are of a kind that judge.mode does not"
                     " ask for, or of two equal answers.")  # fmt: skip
    unknown, draws = _of_own(run, judged, pairs)
    if unknown:
        notes.append(f"{unknown} labels in {LABELS} are of items or arms that were not judged.")
    if draws + about.num_draws:
        notes.append(f"Raters are evenly divided on {draws + about.num_draws} answers: no labels.")
    found: dict[str, Agreement | None] = {
        kind: agreement([j for j, _ in rows], [says for _, says in rows]) if rows else None
        for kind, rows in pairs.items()
    }
    named, refused = _named(judged)
    for kind in found:
        if found[kind] is None and named is not None:
            found[kind] = named.score if kind == "score" else named.pairwise
    standings = {kind: standing(found[kind], about.kappa_floor, WHAT[kind]) for kind in found}
    if refused:
        standings = {
            kind: Standing(False, f"Not calibrated: {refused}", held.remedy)
            if found[kind] is None
            else held
            for kind, held in standings.items()
        }
    return Calibrated(found, standings, notes)


def keep_calibration(run: RunDir, judged: Judged, found: Calibrated) -> None:
    """Writes `judge/calibration.json` where there is anything to keep."""
    about, kinds = judged.about, found.agreements
    if any(kinds.values()):
        kept = JudgeCalibration(
            about.judge, about.rubric_digest, about.passing, kinds["score"], kinds["pairwise"]
        )
        write_json(run.file(CALIBRATION), kept.to_json())


def _named(judged: Judged) -> tuple[JudgeCalibration | None, str]:
    """The calibration that the project names, or why it is not this judge's."""
    about = judged.about
    if about.named is None:
        return None, ""
    named = JudgeCalibration.from_json(about.named, "judge/judge.json: named")
    refused = named.mismatch(about.judge, about.rubric_digest, about.passing)
    return (None, refused) if refused else (named, "")


def _of_brought(judged: Judged, pairs: dict[str, list[tuple[float | None, float]]]) -> int:
    """Verdicts on answers that labels brought along; how many labels nobody was asked about."""
    rows = [row for row in judged.rows if row.label is not None]
    scores = {row.label: row for row in rows if row.kind == "score"}
    both = both_orders([row for row in rows if row.kind == "pairwise"])
    preferences = {label: pair.preference for (_, label), pair in both.items()}
    unused = 0
    for number, label in enumerate(judged.about.labels):
        says = float(label["says"])
        if label["kind"] == "score" and number in scores:
            pairs["score"].append((_good(scores[number], judged.about.passing), says))
        elif label["kind"] == "pairwise" and number in preferences:
            pairs["pairwise"].append((preferences[number], says))
        else:
            unused += 1
    return unused


def _of_own(
    run: RunDir, judged: Judged, pairs: dict[str, list[tuple[float | None, float]]]
) -> tuple[int, int]:
    """Verdicts on this run's own answers, by `judge/labels.jsonl`; how many labels find none."""
    path, about = run.file(LABELS), judged.about
    if not path.is_file():
        return 0, 0
    labels, draws = read_labels(path, scale=about.scale, passing=about.passing)
    own: Sequence[Row] = [row for row in judged.rows if row.label is None]
    scores = {(r.item, r.arms[0]): _good(r, about.passing) for r in own if r.kind == "score"}
    known = {
        (pair.item, a, b): pair.preference
        for a, b in about.pairs
        for pair in judged.pairs(a, b)
        if not pair.same
    }
    unknown = 0
    for label in labels:
        if not label.is_pair and (label.item, label.arms[0]) in scores:
            pairs["score"].append((scores[label.item, label.arms[0]], label.says))
        elif label.is_pair and (label.item, *label.arms) in known:
            pairs["pairwise"].append((known[label.item, label.arms[0], label.arms[1]], label.says))
        elif label.is_pair and (label.item, *label.arms[::-1]) in known:
            value = known[label.item, label.arms[1], label.arms[0]]
            pairs["pairwise"].append((value, -label.says))
        else:
            unknown += 1
    return unknown, draws


def _good(row: Row, passing: int) -> float | None:
    return float(row.value >= passing) if isinstance(row.value, int) else None
