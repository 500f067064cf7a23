"""Votes of a run's reviews as comparisons: what `primary: preference` and the gate `human` read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from whet.errors import RunError
from whet.evals.compare import Compare, Values, by_votes
from whet.reviewing.comparing.draws import Draws
from whet.reviewing.comparing.frozen import Frozen, Pair, ReviewFolder
from whet.reviewing.results.agreement import Agreement, agreement, labels
from whet.reviewing.results.casts import Cast
from whet.reviewing.results.exports import given
from whet.reviewing.results.summary import Progress, progress, standing
from whet.reviewing.results.suspicions import suspicions
from whet.reviewing.results.tally import values_of
from whet.reviewing.store import read_history
from whet.rundir import RunDir
from whet.stages.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Review:
    """One review that is there: what was frozen, how far it got, and its votes."""

    folder: ReviewFolder
    frozen: Frozen
    state: Progress
    casts: tuple[Cast, ...]

    @property
    def suspects(self) -> dict[str, str]:
        """Raters under suspicion, with the reason."""
        found = suspicions(self.casts, self.agreement)
        return {one.rater: one.words for one in found}

    @property
    def agreement(self) -> Agreement:
        """How far the raters agree."""
        return agreement(self.casts)

    def without(self, names: Collection[str]) -> Review:
        """The same without the votes of some raters."""
        return replace(self, casts=tuple(one for one in self.casts if one.rater not in names))

    def num_shared(self, raters: int) -> int:
        """Items on which each pair has votes of so many raters; identical answers count too."""
        found = labels(self.casts)
        return sum(
            all(
                item.answers[pair.a] == item.answers[pair.b]
                or len(found.get((item.id, (pair.a, pair.b)), {})) >= raters
                for pair in self.frozen.pairs
            )
            for item in self.frozen.items
        )


def read_reviews(run: RunDir, split: str) -> list[Review]:
    """The reviews of a split, the newest first."""
    found = []
    for folder in reversed(ReviewFolder.all_of(run.path)):
        frozen = folder.frozen()
        if frozen.split != split:
            continue
        history = read_history(folder.path, frozen.digest)
        try:
            state = progress(frozen, Draws(folder.secret().seed, frozen), history)
            found.append(Review(folder, frozen, state, tuple(standing(history))))
        finally:
            history.close()
    return found


def review_of(reviews: list[Review], a: str, b: str) -> Review | None:
    """The newest review that compares two arms."""
    pairs = (Pair(a, b), Pair(b, a))
    return next((one for one in reviews if set(pairs) & set(one.frozen.pairs)), None)


def compare_by_votes(reviews: list[Review], evidence: Evidence) -> Compare:
    """Comparisons by the votes of reviews that are over; each pair by its newest review.

    Raises:
        RunError: votes were cast on other answers than the run holds.
    """
    places = {sample.id: n for n, sample in enumerate(evidence.items)}
    votes: dict[tuple[str, str], Values] = {}
    for review in reviews:
        for pair in review.frozen.pairs:
            if review_of(reviews, pair.a, pair.b) is not review or not review.state.is_over:
                continue
            _check_answers(review, pair, evidence)
            graded = evidence.config.review.graded
            values: list[float | None] = [None] * len(evidence.items)
            for item, value in zip(
                review.frozen.items,
                values_of(review.frozen, pair, review.casts, graded=graded),
                strict=True,
            ):
                if item.id in places:
                    values[places[item.id]] = value
            votes[pair.a, pair.b] = values
    return by_votes(votes, groups=evidence.groups)


def _check_answers(review: Review, pair: Pair, evidence: Evidence) -> None:
    for arm in (pair.a, pair.b):
        now = {sample.id: sample.answer for sample in evidence.samples.get(arm, [])}
        changed = [
            i.id for i in review.frozen.items if now.get(i.id, given(i, arm)) != given(i, arm)
        ]
        if changed:
            raise RunError(
                f"{review.folder.path}: people judged other answers of {arm} than samples/ holds"
                f" now ({len(changed)} items, e.g. {changed[0]}). Review them again."
            )
