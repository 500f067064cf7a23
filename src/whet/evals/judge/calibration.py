"""A judge against people: how far it agrees, and whether it may decide anything.

Cohen's kappa is the headline: raw agreement flatters a judge that calls everything good where most
answers are. A calibration belongs to one judge and one rubric. Another model, or one changed word
of the rubric, and it says nothing; it is then refused by name.

A judge may decide when at least 50 labels and the lower end of kappa's interval say so. Before
that its figures are shown, and decide nothing. Agreement is not validity: a judge may agree well
and still overstate one side, which is what the corrected rate is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from whet.errors import RunError
from whet.stats.agreement import cohen_kappa
from whet.stats.corrected import Calibration, corrected_rate
from whet.stats.proportions import wilson
from whet.types import Interval

FORMAT = 1
MIN_LABELS = 50


@dataclass(frozen=True, slots=True)
class Agreement:
    """A judge and people on the same answers, or the same pairs.

    `num_labels` are those that the judge has a verdict for, `num_unscored` the others. `counts`
    are of "good" for single answers; of "the candidate is better" for pairs.
    """

    num_labels: int
    num_unscored: int
    kappa: Interval | None
    agreement: Interval | None
    counts: Calibration

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @staticmethod
    def from_json(row: Mapping[str, Any]) -> Agreement:
        """From what `to_json` gave."""
        return Agreement(
            int(row["num_labels"]),
            int(row["num_unscored"]),
            Interval(**row["kappa"]) if row["kappa"] else None,
            Interval(**row["agreement"]) if row["agreement"] else None,
            Calibration(**row["counts"]),
        )


def agreement(judged: Sequence[float | None], labels: Sequence[float]) -> Agreement:
    """How far verdicts agree with labels; both 1 or 0 for good or not, or 1, 0, -1 for a pair."""
    pairs = [(j, label) for j, label in zip(judged, labels, strict=True) if j is not None]
    same = sum(j == label for j, label in pairs)
    right = [j for j, label in pairs if label > 0]
    wrong = [j for j, label in pairs if label <= 0]
    counts = Calibration(
        sum(j > 0 for j in right), len(right), sum(j <= 0 for j in wrong), len(wrong)
    )
    return Agreement(
        len(pairs),
        len(labels) - len(pairs),
        cohen_kappa([j for j, _ in pairs], [label for _, label in pairs]),
        wilson(same, len(pairs)) if pairs else None,
        counts,
    )


@dataclass(frozen=True, slots=True)
class JudgeCalibration:
    """The agreement of one judge with one rubric, for scores and for pairs."""

    judge: str
    rubric: str
    passing: int
    score: Agreement | None = None
    pairwise: Agreement | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for `calibration.json`, which later runs may name."""
        return {"format": FORMAT, **asdict(self)}

    @staticmethod
    def from_json(value: Any, where: str) -> JudgeCalibration:
        """The calibration that was kept.

        Raises:
            RunError: It is of a newer whet, or is none.
        """
        found = value.get("format") if isinstance(value, dict) else None
        if isinstance(found, int) and found > FORMAT:
            raise RunError(f"{where}: format {found}, and this whet reads {FORMAT}. Upgrade whet.")
        try:
            kinds = {
                name: Agreement.from_json(value[name]) if value[name] else None
                for name in ("score", "pairwise")
            }
            return JudgeCalibration(
                str(value["judge"]), str(value["rubric"]), int(value["passing"]), **kinds
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RunError(f"{where}: no calibration of a judge ({error!r}).") from None

    def mismatch(self, judge: str, rubric: str, passing: int) -> str:
        """Why this calibration says nothing about a judge with a rubric; empty where it does."""
        if self.judge != judge:
            return (
                f"The calibration is of the judge {self.judge}, and this one is {judge}: it says"
                " nothing about this judge."
            )
        if self.rubric != rubric:
            return (
                f"The calibration is for the rubric {self.rubric}, and this one is {rubric}: a"
                " changed rubric makes another judge."
            )
        if self.passing != passing:
            return (
                f"The calibration counts an answer as good from a score of {self.passing} on, and"
                f" judge.passing is {passing}."
            )
        return ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a judge may decide, with the sentence that says why, and what is missing."""

    decides: bool
    why: str
    remedy: str = ""


def standing(found: Agreement | None, floor: float, what: str) -> Standing:
    """What the agreement allows. `what` is `answers` or `pairs of answers`."""
    if found is None or not found.num_labels:
        return Standing(
            False, f"Not calibrated: there are no labels of {what}.",
            f"Have people label at least {MIN_LABELS} {what} and name the file under"
            " judge.calibration.",
        )  # fmt: skip
    told = f"Cohen's kappa with people is {shown(found.kappa)} on {found.num_labels} labels"
    if found.num_labels < MIN_LABELS:
        more = MIN_LABELS - found.num_labels
        return Standing(False, f"Not calibrated: {told}; {MIN_LABELS} labels are needed.",
                        f"Have people label {more} more {what}.")  # fmt: skip
    if found.kappa is None:
        return Standing(False, f"Not calibrated: all {found.num_labels} labels and verdicts say the"
                        " same, which chance explains as well.",
                        f"Label {what} of which some are good and some are not.")  # fmt: skip
    high, low = found.kappa.high, found.kappa.low
    if high is not None and high < floor:
        return Standing(False, f"Not calibrated: {told}; that is below {floor:g}.",
                        "Use another judge or a clearer rubric.")  # fmt: skip
    if low is None or low < floor:
        return Standing(False, f"Not calibrated: {told}; the lower end has to reach {floor:g}.",
                        f"Have people label more {what}.")  # fmt: skip
    return Standing(True, f"Calibrated: {told}; the lower end reaches {floor:g}.")


def corrected(positives: float, n: float, found: Agreement | None, level: float) -> Interval | None:
    """The share of good answers, or of wins, without the judge's errors.

    The interval holds the calibration's uncertainty. None where there are fewer than 50 labels, or
    where the judge is not shown to tell right from wrong.
    """
    if found is None or found.num_labels < MIN_LABELS or not n:
        return None
    return corrected_rate(positives, n, found.counts, level)


def shown(interval: Interval | None) -> str:
    """A figure with its interval, for a sentence."""
    if interval is None:
        return "undefined"
    if interval.low is None or interval.high is None:
        return f"{interval.value:.2f}"
    return f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})"
