"""What a judge said, for the report: `details.judge`, key by key.

To draw it: `label` first, and beside every figure of the judge ("not calibrated: decides nothing");
then `calibrations` (kappa is the headline); `scores` as a table of arms, with `corrected` beside
`good` where it is known; `pairs` as bars of wins, ties and losses, with the flip rate and lengths
below each; then `warnings`, and what was unscored, by kind.
"""

from __future__ import annotations

from typing_extensions import TypedDict

from whet.reporting.schema.measures import Measured


class JudgedArm(TypedDict):
    """The judge's scores of one arm's answers."""

    score: Measured | None
    """Mean score, from 1 to `scale`."""
    good: Measured | None
    """Share of answers with a score of `passing` or more."""
    corrected: Measured | None
    """The same without the judge's errors; its interval holds the calibration's uncertainty. None
    where the judge is not calibrated on at least 50 labels, or no better than chance."""
    unscored: int
    """Drawn items without a score."""


class JudgedPair(TypedDict):
    """Two arms' answers compared, each in both orders."""

    a: str
    """A candidate."""
    b: str
    """What it is compared with."""
    preference: Measured | None
    """From -1 (always b) to 1 (always a), ties as 0."""
    wins: int
    """Items on which both orders prefer a."""
    losses: int
    """Items on which both orders prefer b."""
    ties: int
    """Items without a preference: called a tie, equal answers, or the orders differ."""
    same: int
    """Of the ties: both answers are the same text, and nobody was asked."""
    unscored: int
    """Items of which an order has no verdict."""
    flips: Measured | None
    """Share of the items on which the two orders differ."""
    first_shown: Measured | None
    """Share of verdicts for the answer shown first, ties as a half; 0.5 leans nowhere."""
    longer: Measured | None
    """Share of the decided items of unequal length on which the longer answer won."""
    words_preferred: float | None
    """Mean length of preferred answers."""
    words_other: float | None
    """Mean length of the answers they were preferred to."""
    words_a: float | None
    """Mean length of a's answers."""
    words_b: float | None
    """Mean length of b's answers."""
    controlled: Measured | None
    """The preference as it would be at equal length; None where it cannot be told."""
    controlled_note: str
    """Why there is none; else empty."""
    corrected_wins: Measured | None
    """Share of items on which a is better, without the judge's errors; None as above."""


class Calibration(TypedDict):
    """Judge and people on the same answers."""

    labels: int
    """Labels that the judge has a verdict for."""
    unscored: int
    """Labels that it has none for."""
    kappa: Measured | None
    """Cohen's kappa; None where it is not defined."""
    agreement: Measured | None
    """Share of equal verdicts. It flatters where most answers are alike."""
    true_positive: Measured | None
    """Of what people call good (of pairs: a better) the share that the judge calls so."""
    true_negative: Measured | None
    """Of the rest, the share that the judge calls so."""
    decides: bool
    """Whether verdicts and gates may rest on it."""
    why: str
    """The sentence that says why."""
    remedy: str
    """What is missing; empty where nothing is."""


class Judge(TypedDict):
    """A model's judgement of the answers."""

    label: str
    """`calibrated`, or `not calibrated: decides nothing`, or which kind is which."""
    judge: str
    """Address and model, or weights and precision."""
    model: str
    """As the configuration names it."""
    rubric: str
    """The rubric's file."""
    rubric_digest: str
    """Hash of the rubric and of all else that the judge is told."""
    scale: int
    """Scores go from 1 to this."""
    passing: int
    """From this score on an answer counts as good."""
    modes: list[str]
    """score, pairwise."""
    split: str
    """Which items were judged."""
    items: int
    """Items that were drawn."""
    of: int
    """Items that there are."""
    verdicts: int
    """Verdicts that were wanted, those on labelled answers and equal ones too."""
    unscored: dict[str, int]
    """Answers of the judge that are no verdict, by what is wrong with them."""
    masked: int
    """Answers that named themselves, before the judge saw them."""
    asked: int
    """Questions that were asked now."""
    reused: int
    """Answers that earlier runs had paid for."""
    spent: float | None
    """What it cost at most; None without prices."""
    budget: float | None
    """The most that it might have cost."""
    currency: str
    """The name of the money."""
    scores: dict[str, JudgedArm]
    """By arm; empty without the mode `score`."""
    pairs: list[JudgedPair]
    """Empty without the mode `pairwise`."""
    calibrations: dict[str, Calibration]
    """By kind: score, pairwise."""
    spot_check: list[str]
    """Items that people should look at."""
    warnings: list[str]
    """Sentences."""
