"""A step's examples divided among ranks: whole examples, even loads, shared prefixes together.

Two ways are tried and the one whose heaviest part is lighter is taken: runs of neighbours in the
order of tokens, so that a shared prefix is cut at most once a border; and the longest examples
first, each to the part that is lightest so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from whet.rows.sequence import RenderedExample
from whet.rows.tree import shared_prefix, sorted_order


def divided(
    examples: Sequence[RenderedExample], num_parts: int, *, share_prefixes: bool = True
) -> list[list[int]]:
    """For each part the indices of its examples, ascending; some are empty where examples are few.

    An example is never cut, since its sequences may belong together in the loss. The same
    examples are divided alike on every rank.
    """
    if num_parts == 1:
        return [list(range(len(examples)))]
    even = _longest_first(examples, num_parts)
    if not share_prefixes:
        return even
    firsts = [example.sequences[0] for example in examples]
    order = sorted_order(firsts, range(len(firsts)))
    pairs = pairwise(firsts[i].tokens for i in order)
    saved = [0, *[shared_prefix(a, b) for a, b in pairs]]
    costs = [examples[i].num_tokens for i in order]
    runs = _runs(order, costs, saved, num_parts)
    return min(runs, even, key=lambda parts: max(_load(examples, part) for part in parts))


def _longest_first(examples: Sequence[RenderedExample], num_parts: int) -> list[list[int]]:
    """Greedy: at most 4/3 of the lightest possible heaviest part (Graham 1969)."""
    parts: list[list[int]] = [[] for _ in range(num_parts)]
    loads = [0] * num_parts
    for index in sorted(range(len(examples)), key=lambda i: (-examples[i].num_tokens, i)):
        lightest = loads.index(min(loads))
        parts[lightest].append(index)
        loads[lightest] += examples[index].num_tokens
    return [sorted(part) for part in parts]


def _runs(
    order: Sequence[int], costs: Sequence[int], saved: Sequence[int], num_parts: int
) -> list[list[int]]:
    """Runs of `order` whose heaviest is as light as can be: the limit is found by halving."""
    low, high = max(costs), sum(costs)
    while low < high:
        middle = (low + high) // 2
        if len(_filled(costs, saved, middle)) <= num_parts:
            high = middle
        else:
            low = middle + 1
    borders = [*_filled(costs, saved, low), len(order)]
    runs = [sorted(order[start:stop]) for start, stop in pairwise(borders)]
    return runs + [[] for _ in range(num_parts - len(runs))]


def _filled(costs: Sequence[int], saved: Sequence[int], limit: int) -> list[int]:
    """Where runs start that are filled up to `limit`; the first of a run saves nothing."""
    starts, load = [0], costs[0]
    for index in range(1, len(costs)):
        load += costs[index] - saved[index]
        if load > limit:
            starts.append(index)
            load = costs[index]
    return starts


def _load(examples: Sequence[RenderedExample], part: Sequence[int]) -> int:
    """Tokens that a part computes where all that can be shared is."""
    firsts = [examples[i].sequences[0] for i in part]
    order = sorted_order(firsts, range(len(firsts)))
    shared = sum(shared_prefix(a, b) for a, b in pairwise(firsts[i].tokens for i in order))
    return sum(examples[i].num_tokens for i in part) - shared
