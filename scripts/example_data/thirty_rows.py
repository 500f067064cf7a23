"""thirty-rows: how pressing is a tenant's letter?

Plain letters are easy for any model. Others hold words of both kinds: an emergency that is over,
or a polite beginning before one that is not. And one rule of the house is written down nowhere:
the third floor cannot walk, so that whatever is said about the lift is urgent.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from example_data.grammar import Pair, capital, distinct, generator, jsonl, words

URGENT = [
    "water is pouring through the ceiling",
    "I smell gas in the kitchen",
    "there is smoke coming from the {o}",
    "the {o} is leaking",
    "the {o} is on fire",
    "somebody is hurt",
    "there are sparks behind the {o}",
    "my child is locked in with the {o} running",
    "the {o} gave me an electric shock",
]
PLEAS = ["", " please hurry", " we need help right now", " come at once", " this cannot wait"]
CALM = [
    "there is no rush with the {o}",
    "whenever you have time, look at the {o}",
    "I only wanted to say thank you for the {o}",
    "some day I would like a new {o}",
    "just a small question about the {o}",
    "the {o} could be cleaned, but there is no hurry",
    "I like the {o}",
    "the {o} looks old",
    "who made the {o}",
    "the {o} is dusty",
    "please paint the {o}",
    "the {o} seems slow",
    "the {o} looks dull",
]
OVER = [
    "last week water was pouring through the ceiling, and your man came at once. Now {c}",
    "in May we smelled gas in the kitchen and you hurried to help. Today {c}",
    "last month the {o} was on fire. It is fine again; {c}",
    "it is not urgent, nobody is hurt and nothing is leaking: {c}",
    "no emergency this time, there is no smoke and no fire: {c}",
]
POLITE = [
    "thank you for the new {o}, it is fine. However, {u}",
    "there was no hurry with the {o}, but now {u}",
    "whenever you have time, look at the {o}. But first of all: {u}",
    "only a small thing, I thought last month. Today {u}",
    "it could wait until today. Now {u}",
]
THINGS = words("heater oven fridge lamp boiler fan radio pump door window shower")
OPENERS = ["", "", "Hello, ", "Dear landlord, ", "Good morning, ", "Hi, "]


def plain(rng: Random) -> Pair:
    """A letter that says how pressing it is, and nothing else."""
    if rng.choice([True, False]):
        return Pair(emergency(rng, rng.choice(THINGS)), "urgent")
    return Pair(rng.choice(CALM).format(o=rng.choice(THINGS)), "normal")


def mixed(rng: Random) -> Pair:
    """A letter with words of both kinds."""
    thing, other = rng.sample(THINGS, 2)
    if rng.choice([True, False]):
        return Pair(rng.choice(POLITE).format(o=other, u=emergency(rng, thing)), "urgent")
    calm = rng.choice(CALM).format(o=thing)
    return Pair(rng.choice(OVER).format(o=other, c=calm), "normal")


def lift(rng: Random) -> Pair:
    """A calm letter about the lift."""
    return Pair(rng.choice(CALM).format(o="lift"), "urgent")


def emergency(rng: Random, thing: str) -> str:
    """What has happened, often with a plea."""
    plea = rng.choice(PLEAS)
    return rng.choice(URGENT).format(o=thing) + ("," + plea if plea else "")


def letter(rng: Random, write: Callable[[Random], Pair]) -> Pair:
    """The same with a salutation and a full stop."""
    text, label = write(rng)
    return Pair(capital(rng.choice(OPENERS) + text) + rng.choice([".", ".", "!"]), label)


def files() -> dict[str, str]:
    """Path in the example's folder: text.

    Of twenty letters twelve are plain, three speak of the lift, five hold words of both kinds.
    """
    taken: set[str] = set()
    made = {}
    for split, count in {"test": 30, "validation": 60, "train": 120}.items():
        rng = generator(f"thirty-rows/{split}")
        num_lift, num_mixed = count * 3 // 20, count // 4
        pairs = []
        for write, num in ((lift, num_lift), (mixed, num_mixed)):
            pairs += distinct(partial(letter, rng, write), num, taken, apart=0.63)
        pairs += distinct(partial(letter, rng, plain), count - len(pairs), taken, apart=0.63)
        rng.shuffle(pairs)
        made[f"data/{split}.jsonl"] = jsonl(
            {
                "conversations": [
                    {"from": "human", "value": pair.message},
                    {"from": "gpt", "value": pair.answer},
                ]
            }
            for pair in pairs
        )
    return made
