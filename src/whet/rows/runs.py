"""Runs of set flags, and how far two token sequences are the same."""

from __future__ import annotations

import numpy as np

from whet.rows.sequence import Flags, Tokens


def run_length(flags: Flags) -> int:
    """How many first flags are set."""
    return len(flags) if flags.all() else int(flags.argmin())


def among(tokens: Tokens, ids: Tokens) -> Flags:
    """Which tokens are one of the few ids; for so few it takes a quarter of `np.isin`'s time."""
    flags: Flags = np.zeros(len(tokens), np.bool_)
    for token in ids.tolist():
        flags |= tokens == token
    return flags


def run_begin(flags: Flags, end: int) -> int:
    """Where the set flags begin that stand right before `end`."""
    return end - run_length(flags[:end][::-1])


def num_same(a: Tokens, b: Tokens) -> int:
    """How many first tokens are the same."""
    n = min(len(a), len(b))
    return run_length(a[:n] == b[:n])
