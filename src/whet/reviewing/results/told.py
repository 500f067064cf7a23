"""A summary as text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from whet.reviewing.comparing.words import counts_truth
from whet.reviewing.results.agreement import Agreement
from whet.reviewing.results.summary import Summary
from whet.reviewing.results.tally import PairTally
from whet.types import Interval


def summary_text(found: Summary) -> str:
    """Progress, agreement, raters to look at, and the result once all is in."""
    state = found.progress
    lines = [f"{found.folder}: {state.done} of {state.asked} votes on {found.items} items"]
    lines += [f"  {name}: {done} of {asked}" for name, (done, asked) in state.raters.items()]
    lines += [f"  {name}: removed; the votes count and are kept" for name in state.removed]
    lines += ["", *_agreement(found.agreement)]
    lines.append(f"disagreements for the adjudicator: {found.disagreements}")
    lines += [f"look at {one.rater} ({one.kind}): {one.words}" for one in found.suspicions]
    if not state.is_over:
        told = "The result is shown when all votes are in, or when the review is closed"
        lines += ["", counts_truth(found.items), f"{told} (whet review RUN close)."]
        return "\n".join(lines)
    if state.done < state.asked:
        lines.append(f"closed early, with {state.asked - state.done} votes still asked for")
    lines += ["", *_tallies(found.tallies)]
    if found.without_suspects:
        lines += ["without the raters named above:", *_tallies(found.without_suspects)]
    return "\n".join([*lines, "", "Next: whet verdict RUN"])


def _agreement(found: Agreement) -> list[str]:
    lines = [
        f"agreement on {found.num_cases} comparisons with two votes or more:"
        f" Krippendorff's alpha {_shown(found.alpha)}"
        + (f", Cohen's kappa {_shown(found.kappa)}" if found.kappa else "")
        + (f"; all say the same on {found.same.value:.0%}" if found.same else "")
    ]
    for one in found.raters:
        parts = []
        if one.with_majority is not None:
            parts.append(f"as the others in {one.with_majority:.0%} of {one.compared}")
        if one.consistent is not None:
            parts.append(f"as before in {one.consistent:.0%} of {one.repeats} repeats")
        if parts:
            lines.append(f"  {one.rater}: {', '.join(parts)}")
    return lines


def _shown(found: Interval | None) -> str:
    if found is None:
        return "cannot be told yet"
    if found.low is None or found.high is None:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _tallies(found: Sequence[PairTally]) -> list[str]:
    lines = []
    for one in found:
        lines.append(
            f"{one.a} against {one.b}: better on {one.wins}, tie on {one.ties}, worse on"
            f" {one.losses} items; net preference {_points(one.net)}"
        )
        notes = [f"{one.both_bad:.0%} of votes: both bad"] if one.both_bad is not None else []
        notes += [f"{one.identical} identical answers count as ties"] if one.identical else []
        notes += [f"{one.adjudicated} settled by the adjudicator"] if one.adjudicated else []
        notes += [f"{one.without_value} items without a vote"] if one.without_value else []
        notes += (
            [f"{one.skipped} skipped, {one.flagged} flagged"]
            if (one.skipped or one.flagged)
            else []
        )
        lines += [f"  {'; '.join(notes)}"] if notes else []
    return lines


def _points(found: Interval | None) -> str:
    if found is None or found.low is None or found.high is None:
        return "cannot be told"
    return (
        f"{100 * found.value:+.0f} points ({100 * found.low:+.0f} to {100 * found.high:+.0f}, at"
        f" {1 - found.level:.0%})"
    )
