"""What the pages say: names of choices, keys, and the truth about counts."""

from __future__ import annotations

from whet.stats.power import power

SHOWN_CHOICES = (
    ("left_much", "1", "Left much better"),
    ("left_slightly", "2", "Left slightly better"),
    ("tie", "3", "Tie, both good"),
    ("right_slightly", "4", "Right slightly better"),
    ("right_much", "5", "Right much better"),
    ("both_bad", "b", "Both bad"),
    ("skip", "s", "Skip"),
    ("flag", "f", "Flag"),
)
KEYS = (
    ("1 to 5", "left much better, left slightly, tie, right slightly, right much"),
    ("b", "both bad"),
    ("s", "skip: you cannot judge it"),
    ("f", "flag: something is wrong with the item; say what"),
    ("Enter", "save what is chosen (Ctrl + Enter inside a text)"),
    ("u", "undo your last vote"),
    ("left, right arrow", "back and forward"),
    ("r, t, g, c", "to the reason, the tags, the better answer, the criteria; Esc leaves them"),
    ("?", "this list"),
)
RATINGS = (("0", "no"), ("1", "partly"), ("2", "yes"))
LEVEL = 0.04  # of the first look


def counts_truth(num_items: int) -> str:
    """What so many comparisons can show, computed for the interval that will be read."""
    return (
        f"{num_items} comparisons without ties find a preference of 70 to 30 with a chance of"
        f" {_chance(num_items, 0.4)}, one of 60 to 40 with {_chance(num_items, 0.2)}. Fifty find"
        f" them with {_chance(50, 0.4)} and {_chance(50, 0.2)}."
    )


def _chance(num_items: int, gain: float) -> str:
    found = power(num_items, gain, margin=0.0, level=LEVEL, discordance=1.0)
    return f"{found:.0%}" if found < 0.995 else "more than 99%"
