"""How much error each look at the same test items may spend."""

from __future__ import annotations

FIRST_LOOK = 0.04
LATER_LOOKS = 0.01


def look_level(look: int) -> float:
    """The two-sided level of the `look`-th look: 0.04, then 0.01 / 2^(look - 1).

    0.04 + 0.005 + 0.0025 + ... = 0.05, so by the union bound (Bonferroni, unequal weights) any
    number of looks together errs with probability 0.05 at most. The first look, the one that was
    planned, keeps four fifths of it: an honest project that looks once pays almost nothing, and a
    project that looks again and again pays more each time.
    """
    if look < 1:
        raise ValueError(f"looks are counted from 1, not {look}")
    return FIRST_LOOK if look == 1 else LATER_LOOKS / 2 ** (look - 1)
