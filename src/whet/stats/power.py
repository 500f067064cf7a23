"""What a test set can show, and how many more items would settle an open question.

Power is computed for the very rule that will decide, "the lower end of the paired interval is
above the margin", by summing over the number of discordant pairs and, for each, over the number
of wins that would be enough. Nothing is approximated at any size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from whet.stats.proportions import normal_quantile, paired_statistic
from whet.types import Interval

POWER = 0.9
MOST_ITEMS = 1_000_000
DISCORDANCE = 0.3
"""Share of items that only one of two arms gets right, assumed before any answer is known.

Two arms right 60 and 70 times in 100, whose errors were unrelated, would differ on 46; arms on
one base model share many errors. Fewer discordant items make a gain easier to show."""


def power(n: int, gain: float, *, margin: float, level: float, discordance: float) -> float:
    """The chance that a true `gain` is shown to be above `margin` on n paired binary items.

    `discordance` is the share of items on which the arms differ, raised to |gain| if below it.
    """
    from scipy.special import bdtrc, gammaln

    share = max(discordance, abs(gain))
    if share == 0:
        return 0.0
    z, win = normal_quantile(level), (share + gain) / (2 * share)
    total = 0.0
    for pairs in _likely_counts(n, share):
        needed = _wins_needed(pairs, n, margin, z)
        if needed > pairs:
            continue
        enough = 1.0 if needed == 0 else float(bdtrc(needed - 1, pairs, win))
        weight = gammaln(n + 1) - gammaln(pairs + 1) - gammaln(n - pairs + 1)
        weight += pairs * math.log(share)
        weight += (n - pairs) * math.log1p(-share) if share < 1 else 0.0
        total += math.exp(float(weight)) * enough
    return min(1.0, total)


def _likely_counts(n: int, share: float) -> range:
    """Counts of discordant pairs within six standard deviations of their mean."""
    if share >= 1:
        return range(n, n + 1)
    reach = 6 * math.sqrt(n * share * (1 - share)) + 6
    return range(max(0, math.floor(n * share - reach)), min(n, math.ceil(n * share + reach)) + 1)


def _wins_needed(pairs: int, n: int, margin: float, z: float) -> int:
    """The fewest wins among `pairs` discordant items that show more than the margin.

    pairs + 1 when none would be enough.
    """
    low, high = 0, pairs + 1
    while low < high:
        middle = (low + high) // 2
        if paired_statistic(middle, pairs - middle, n, margin) > z:
            high = middle
        else:
            low = middle + 1
    return low


def smallest_gain(
    n: int,
    *,
    margin: float = 0.0,
    level: float = 0.04,
    discordance: float = DISCORDANCE,
    chance: float = POWER,
    num_baselines: int = 1,
) -> float | None:
    """The smallest true gain over the best baseline that n items show; None if none does.

    A candidate has to beat all of k baselines, and how far the others are behind is not known. So
    each is to be beaten with 1 - (1 - chance) / sqrt(k), between what one that is best by far and
    what k that are all alike would need. Simulated (docs/error_rates.md), a chance of 90 % comes
    out as 85 to 95 % with two baselines, alike or far apart; 83 to 95 % with three.

    Found by bisection to a ten-thousandth. Assumes right-or-wrong scores; a graded score usually
    varies less and shows smaller gains.
    """
    if n < 1:
        return None
    each = 1 - (1 - chance) / math.sqrt(num_baselines)

    def shown(gain: float) -> bool:
        found = power(n, gain, margin=margin, level=level, discordance=discordance)
        return found >= each

    if not shown(1.0):
        return None
    low, high = margin, 1.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high


@dataclass(frozen=True, slots=True)
class ItemsWanted:
    """Further test items that would settle a comparison: from `low` to `high`.

    `high` is None when the data leave room for a gain so near the margin that no number settles
    it.
    """

    low: int
    high: int | None

    def __str__(self) -> str:
        if self.high is None:
            return f"{self.low:,} or more"
        return f"{self.low:,}" if self.high == self.low else f"{self.low:,} to {self.high:,}"


def items_wanted(
    seen: Interval, *, margin: float, level: float, chance: float = POWER
) -> ItemsWanted:
    """A range of further items after which an open comparison is likely to be settled.

    Settled either way: shown above the margin, or shown below it. With s the standard deviation
    of one item's difference, read back from the width of `seen`, and d the distance between the
    true difference and the margin,

        n = ((z(level) + z(chance)) s / d)^2

    in all, of which `seen.n` are there. The ends of the range take d from the ends of the middle
    half of what the data allow (value +- 0.67 standard errors): too little is known for one
    number. `level` is that of the look that will be taken then.

    Raises:
        ValueError: `seen` has no ends; there is no spread to read.
    """
    if seen.low is None or seen.high is None:
        raise ValueError("an interval without ends says nothing about how many items are wanted")
    error = (seen.high - seen.low) / (2 * normal_quantile(seen.level))
    spread = error * math.sqrt(seen.n)
    reach = NormalDist().inv_cdf(0.75) * error
    distances = [abs(seen.value - margin + step) for step in (-reach, reach)]
    straddles = abs(seen.value - margin) <= reach
    factor = (normal_quantile(level) + NormalDist().inv_cdf(chance)) * spread

    def further(distance: float) -> int:
        return max(1, math.ceil((factor / distance) ** 2) - seen.n)

    low = _rounded(further(max(distances)))
    return ItemsWanted(low, None if straddles else _rounded(further(min(distances))))


def _rounded(count: int) -> int:
    """Upwards to two leading digits: no false precision."""
    unit = int(10 ** max(0, len(str(count)) - 2))
    return math.ceil(count / unit) * unit


def items_to_show(
    gain: float,
    *,
    margin: float,
    level: float,
    discordance: float = DISCORDANCE,
    chance: float = POWER,
) -> int | None:
    """The fewest items that show a true `gain` with probability `chance`; None if none would.

    Found by doubling and halving. Power climbs in small steps that now and then go back by one;
    the count is right to within such a step.
    """

    def shown(n: int) -> bool:
        return power(n, gain, margin=margin, level=level, discordance=discordance) >= chance

    if gain <= margin:
        return None
    low, high = 0, 1
    while not shown(high):
        low, high = high, high * 2
        if high > MOST_ITEMS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high


def votes_wanted(
    net_preference: float,
    *,
    tie_rate: float = 0.2,
    margin: float = 0.0,
    level: float = 0.04,
    chance: float = POWER,
) -> int | None:
    """Blind votes after which a true net preference is shown; None if no number would do.

    A net preference is the share of votes for a minus the share for b, ties in the denominator:
    a vote is a paired item that is won, lost or tied, and the same interval decides.

    Raises:
        ValueError: The preference and the ties together exceed all votes.
    """
    if net_preference + tie_rate > 1:
        raise ValueError(f"with {tie_rate:.0%} ties a net preference of {net_preference} is none")
    return items_to_show(
        net_preference, margin=margin, level=level, discordance=1 - tie_rate, chance=chance
    )
