"""The sentences of a verdict: plain words with the numbers in them, for someone who decides."""

from __future__ import annotations

from collections.abc import Sequence

from whet.evals.compare import Comparison
from whet.evals.gates import Gate
from whet.evals.scorers import RIGHT_OR_WRONG
from whet.stats.looks import look_level
from whet.stats.power import ItemsWanted, items_wanted, votes_wanted
from whet.types import Outcome

SHIP_NEXT = (
    "Export it, proven equal to what was judged: whet export RUN --to merged --out DIR (or gguf,"
    " ollama, vllm, ...). Talk to it: whet chat RUN."
)
PREFERENCE = "preference"


def sentence(pair: Comparison, look: int) -> str:
    """One comparison in words: what both arms score, the difference and its interval."""
    if pair.difference is None:
        missing = "a vote" if pair.metric == PREFERENCE else "a score for both"
        return f"{pair.a} and {pair.b} have no item with {missing}"
    ends = "no interval"
    if pair.low is not None and pair.high is not None:
        ends = f"interval {amount(pair.low, pair.metric)} to {amount(pair.high, pair.metric)}"
    read = f"({ends}, look {look} at {confidence(pair.level)})"
    gain = f"{amount(pair.difference, pair.metric)}{unit(pair.metric)} {read}"
    return f"{_values(pair)}: {gain}"


def _values(pair: Comparison) -> str:
    if pair.a_value is None or pair.b_value is None:
        return f"{pair.a} against {pair.b} by preference, {pair.n} items with votes"
    if pair.metric in RIGHT_OR_WRONG:
        ours, theirs = round(pair.a_value * pair.n), round(pair.b_value * pair.n)
        return f"{pair.a} answers {ours} of {pair.n} right, {pair.b} {theirs}"
    scores = f"{pair.a} scores {pair.a_value:.3f} in {pair.metric}, {pair.b} {pair.b_value:.3f}"
    return f"{scores} ({pair.n} items)"


def amount(value: float, metric: str) -> str:
    """A signed difference: points of a hundred for shares and votes, else the metric's own unit."""
    if not _in_points(metric):
        return f"{value:+.3f}"
    points = 100 * value
    return f"{points:+.0f}" if abs(points) >= 9.95 else f"{points:+.1f}"


def unit(metric: str) -> str:
    """What follows an amount."""
    return " points" if _in_points(metric) else ""


def _in_points(metric: str) -> bool:
    return metric in RIGHT_OR_WRONG or metric == PREFERENCE


def confidence(level: float) -> str:
    """0.04 is `96 %`, 0.0025 is `99.75 %`."""
    return f"{100 * (1 - level):.5g} %"


def _margin(margin: float, metric: str) -> str:
    return f"{amount(margin, metric).lstrip('+')}{unit(metric)}"


def win(pair: Comparison, look: int, margin: float) -> str:
    """A comparison whose whole interval is above the margin."""
    told = f"above the margin of {_margin(margin, pair.metric)}"
    return f"{sentence(pair, look)}, {told}{_left(pair)}."


def _left(pair: Comparison) -> str:
    """Items that a comparison leaves out: even a few may hold what the gain rests on."""
    if not pair.num_unscored:
        return ""
    return (
        f", {pair.num_unscored} items are unscored (where one arm alone is, the interval allows for"
        " any score)"
    )


def no_gain(pair: Comparison, look: int, margin: float) -> str:
    """A comparison whose whole interval is below the margin."""
    told = f"a gain of {_margin(margin, pair.metric)} over {pair.b} is ruled out"
    return f"{sentence(pair, look)}: {told}."


def undecided(pair: Comparison, look: int, margin: float) -> str:
    """A comparison that leaves both open."""
    told = f"not settled against the margin of {_margin(margin, pair.metric)}{_left(pair)}"
    return f"Open: {sentence(pair, look)}; {told}."


def cheaper(pair: Comparison, look: int, margin: float) -> str:
    """The cheapest baseline is chosen although another one scored best."""
    told = f"the cheaper {pair.a} is not worse by {_margin(margin, pair.metric)} or more"
    return f"{sentence(pair, look)}: {told}. Use {pair.a}."


def lookup(pair: Comparison) -> str:
    """The control does as well as the best arm."""
    theirs = "" if pair.a_value is None else f" ({pair.a_value:.1%} against {pair.b_value:.1%})"
    return (
        f"{pair.a}, which copies the answer of the most similar training row, does as well as"
        f" {pair.b}{theirs}: look-up may be enough, or test items leak from training. Read the"
        " findings on leaks: whet check."
    )


def gate(found: Gate) -> str:
    """A gate that keeps a candidate from shipping."""
    state = "fails" if found.result is Outcome.FAIL else f"is {found.result.value}"
    whose = f" for {found.arm}" if found.arm else ""
    return f"Gate {found.name} {state}{whose}: {found.evidence}"


def gates_held(gates: Sequence[Gate]) -> list[str]:
    """One sentence for the gates passed, one for each waiver."""
    passed = [found.name for found in gates if found.required and found.result is Outcome.PASS]
    told = [f"Required gates passed: {', '.join(passed)}."] if passed else []
    for found in gates:
        if found.required and found.result is not Outcome.PASS and found.waived_by:
            told.append(
                f"Gate {found.name} is {found.result.value} and was waived by"
                f" {found.waived_by.by}: {found.waived_by.reason}"
            )
    return told


def mend(gates: Sequence[Gate]) -> str:
    """What to do about failed gates."""
    return _remedies(gates) or "Mend what the failed gate names, and train again."


def settle_gates(gates: Sequence[Gate]) -> str:
    """What to do about inconclusive gates."""
    names = sorted({found.name for found in gates if not found.fails})
    waiving = f"Or waive by name: whet verdict RUN --waive {names[0]}=REASON --by NAME."
    return f"{_remedies(gates)} {waiving}".strip()


def _remedies(gates: Sequence[Gate]) -> str:
    return " ".join(dict.fromkeys(f"{g.name}: {g.remedy}" for g in gates if g.remedy))


def use_next(baseline: str, *, trained: bool) -> str:
    """What follows when no training is worth it."""
    if trained:
        return f"Use {baseline}, and keep the test set for the next idea."
    return f"Use {baseline}. To train all the same: --train-anyway."


def score_more(pair: Comparison) -> str:
    """What would let a comparison be read at all."""
    if pair.metric == PREFERENCE:
        wanted = votes_wanted(0.2)
        return (
            f"Collect blind votes on {pair.a} against {pair.b}: some {wanted} items show a net"
            f" preference of 20 points (whet review RUN --arms {pair.a},{pair.b}; all pairs at"
            " once: whet review RUN)."
        )
    return (
        f"{pair.num_unscored} items have no score for {pair.a} or {pair.b}: complete their gold"
        " answers, or score them again."
    )


def items(pair: Comparison, look: int, margin: float) -> str:
    """How many further test items would settle an open comparison, read at the next look."""
    if pair.interval is None or pair.low is None:
        return f"{pair.n} items are too few to compare {pair.a} with {pair.b}: add test items."
    level = pair.level * look_level(look + 1) / look_level(look)  # shared as it was at this look
    wanted = items_wanted(pair.interval, margin=margin, level=level)
    kind = "items with votes" if pair.metric == PREFERENCE else "test items"
    return (
        f"{pair.a} against {pair.b} is open: about {wanted} further {kind} would settle it"
        f" (they are look {look + 1}, read at {confidence(level)})."
        f"{_hopeless(wanted, pair, margin)}"
    )


def _hopeless(wanted: ItemsWanted, pair: Comparison, margin: float) -> str:
    if wanted.high is not None:
        return ""
    return (
        f" The gain may be so near the margin of {_margin(margin, pair.metric)} that no number"
        " would: better data may do more than more tests."
    )
