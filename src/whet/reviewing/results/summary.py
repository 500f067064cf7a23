"""What people said so far, for the owner: progress at any time, results only when all is in.

Results are not shown while votes come in: whoever looks may stop when the count looks good, and an
interval that was read several times errs more often than it says. `close` ends a review early, and
is said beside its result for good.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from whet.reviewing.comparing.draws import Draws
from whet.reviewing.comparing.frozen import Frozen, ReviewFolder
from whet.reviewing.comparing.open_cases import open_cases
from whet.reviewing.comparing.people import closed_at, people
from whet.reviewing.results.agreement import Agreement, agreement
from whet.reviewing.results.casts import Cast, casts
from whet.reviewing.results.suspicions import Suspicion, suspicions
from whet.reviewing.results.tally import PairTally, tally
from whet.reviewing.server.raters import Role
from whet.reviewing.store import History
from whet.reviewing.store.history import latest


@dataclass(frozen=True, slots=True)
class Progress:
    """Votes in and asked for: of everybody and by rater; `removed` raters ask for none."""

    done: int
    asked: int
    raters: dict[str, tuple[int, int]]
    removed: tuple[str, ...]
    closed: float | None

    @property
    def is_over(self) -> bool:
        """Whether results may be read."""
        return self.closed is not None or (self.asked > 0 and self.done >= self.asked)


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything about one review. `tallies` are empty until it is over.

    `without_suspects` are the same tallies without the raters under suspicion; empty without such.
    """

    folder: str
    digest: str
    pairs: tuple[tuple[str, str], ...]
    items: int
    progress: Progress
    disagreements: int
    agreement: Agreement
    suspicions: tuple[Suspicion, ...]
    tallies: tuple[PairTally, ...]
    without_suspects: tuple[PairTally, ...]


def progress(frozen: Frozen, draws: Draws, history: History) -> Progress:
    """Who has done how much."""
    rows = history.raters()
    known = people(rows)
    active = [n for n, p in known.items() if p.digest and p.rater.role is Role.RATER]
    voted = set(latest(history.events()))
    counts = {}
    for name in active:
        keys = {one.key for one in draws.queue(name, active)}
        counts[name] = (len(keys & voted), len(keys))
    removed = tuple(n for n, p in known.items() if not p.digest)
    done, asked = (sum(row[n] for row in counts.values()) for n in (0, 1))
    return Progress(done, asked, counts, removed, closed_at(rows))


def standing(history: History, without: Collection[str] = ()) -> list[Cast]:
    """The votes that count now."""
    return casts(history.events(), people(history.raters()), without=without)


def summary(folder: ReviewFolder, history: History, *, graded: bool = False) -> Summary:
    """The whole of it, from the frozen review and its history."""
    frozen = folder.frozen()
    state = progress(frozen, Draws(folder.secret().seed, frozen), history)
    known = people(history.raters())
    cast = standing(history)
    found = agreement(cast)
    suspects = suspicions(cast, found)
    names = {one.rater for one in suspects}
    shown = state.is_over
    return Summary(
        str(folder.path),
        frozen.digest,
        tuple((pair.a, pair.b) for pair in frozen.pairs),
        len(frozen.items),
        state,
        len(open_cases(frozen, history.events(), known)),
        found,
        tuple(suspects),
        _tallies(frozen, cast, graded) if shown else (),
        _tallies(frozen, [o for o in cast if o.rater not in names], graded)
        if shown and names
        else (),
    )


def _tallies(frozen: Frozen, cast: Sequence[Cast], graded: bool) -> tuple[PairTally, ...]:
    return tuple(tally(frozen, pair, cast, graded=graded) for pair in frozen.pairs)
