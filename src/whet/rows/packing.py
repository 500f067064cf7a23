"""The sequences of one optimizer step as rows of at most so many tokens.

Which examples form the step is decided before (see `training.sampler`); here they are only
rearranged, deterministically. No token is padding and none is lost. With sharing, sequences are
taken in the order of their tokens so that those with a common prefix meet in a row; a prefix whose
sequences need two rows is computed in both, or in a row of its own (`prefixes`). Without, they are
taken by length, so that rows and the attention's batches are even.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from whet.rows.prefixes import PrefixRows
from whet.rows.row import Row
from whet.rows.sequence import TokenSequence
from whet.rows.tree import PrefixTree, shared_prefix, sorted_order

MIN_SAVING = 1.1


def pack(
    sequences: Sequence[TokenSequence],
    max_tokens: int,
    *,
    share_prefixes: bool = True,
    prefix_rows: bool = False,
    border: int | None = None,
) -> list[Row]:
    """Rows of at most `max_tokens`, or of one sequence where that alone is longer.

    Prefixes are shared only where that saves a tenth or more of the tokens, and so are they given
    rows of their own (`prefix_rows`; see `Row.after`). Sequences longer than `border` never meet
    shorter ones: with some rotary embeddings (longrope) the longest position of a row changes how
    all of it is computed. `Row.loss_owners` index `sequences`.
    """
    everything = range(len(sequences))
    if border is None:
        return _packed(sequences, everything, max_tokens, share_prefixes, prefix_rows)
    short = [i for i in everything if sequences[i].num_tokens <= border]
    long = [i for i in everything if sequences[i].num_tokens > border]
    # A prefix row of long sequences may itself be short, and would be turned otherwise than they.
    return [
        *_packed(sequences, short, max_tokens, share_prefixes, prefix_rows),
        *_packed(sequences, long, max_tokens, share_prefixes, False),
    ]


def _packed(
    sequences: Sequence[TokenSequence],
    chosen: Sequence[int],
    max_tokens: int,
    share: bool,
    prefix_rows: bool,
) -> list[Row]:
    if share and len(chosen) > 1:
        order = sorted_order(sequences, chosen)
        shared = _neighbours_share(sequences, order)
        whole = PrefixTree(sequences, order, shared)
        if sum(sequences[i].num_tokens for i in chosen) >= MIN_SAVING * whole.num_tokens:
            rows = _split(sequences, order, shared, max_tokens)
            if prefix_rows and len(rows) > 1:
                apart = PrefixRows(sequences, order, shared, max_tokens)
                apart.fill()
                if sum(row.num_tokens for row in rows) >= MIN_SAVING * apart.num_tokens:
                    return apart.rows
            return rows
    order = sorted(chosen, key=lambda i: (-sequences[i].num_tokens, i))
    return _split(sequences, order, [0] * len(order), max_tokens)


def _neighbours_share(sequences: Sequence[TokenSequence], order: Sequence[int]) -> list[int]:
    tokens = [sequences[i].tokens for i in order]
    return [0, *[shared_prefix(a, b) for a, b in pairwise(tokens)]]


def _split(
    sequences: Sequence[TokenSequence], order: Sequence[int], shared: Sequence[int], max_tokens: int
) -> list[Row]:
    rows, low = [], 0
    while low < len(order):
        high = _optimistic_end(sequences, order, shared, low, max_tokens)
        tree = PrefixTree(sequences, order[low:high], shared[low:high])
        while tree.num_tokens > max_tokens and high - low > 1:
            high -= 1
            tree = PrefixTree(sequences, order[low:high], shared[low:high])
        rows.append(tree.to_row())
        low = high
    return rows


def _optimistic_end(
    sequences: Sequence[TokenSequence],
    order: Sequence[int],
    shared: Sequence[int],
    low: int,
    max_tokens: int,
) -> int:
    """The end of the longest run from `low` that fits if every shared token is shared."""
    total = sequences[order[low]].num_tokens
    for index in range(low + 1, len(order)):
        total += sequences[order[index]].num_tokens - shared[index]
        if total > max_tokens:
            return index
    return len(order)
