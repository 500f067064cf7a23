"""thirty-rows: how pressing is a tenant's letter?

Plain letters are easy for any model. The others hold words of both kinds: an emergency that is
over, or a polite beginning before one that is not.
"""

from __future__ import annotations

from random import Random

from example_data.grammar import Pair, capital, distinct, generator, jsonl, words

URGENT = [
    "water is pouring through the ceiling",
    "I smell gas in the kitchen",
    "there is smoke coming from the {o}",
    "the {o} is leaking",
    "the {o} is on fire",
    "somebody is hurt",
]
PLEAS = ["", " please hurry", " we need help right now", " come at once", " this cannot wait"]
CALM = [
    "there is no rush with the {o}",
    "whenever you have time, look at the {o}",
    "I only wanted to say thank you for the {o}",
    "some day I would like a new {o}",
    "just a small question about the {o}",
    "the {o} could be cleaned, but there is no hurry",
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
THINGS = words("heater oven fridge lamp lift boiler fan radio pump door window shower")
OPENERS = ["", "", "Hello, ", "Dear landlord, ", "Good morning, ", "Hi, "]


def letter(rng: Random, plain: bool) -> Pair:
    """One letter and how pressing it is."""
    thing, other = rng.sample(THINGS, 2)
    label = rng.choice(["urgent", "normal"])
    if label == "urgent":
        plea = rng.choice(PLEAS)
        core = rng.choice(URGENT).format(o=thing) + ("," + plea if plea else "")
        core = core if plain else rng.choice(POLITE).format(o=other, u=core)
    else:
        core = rng.choice(CALM).format(o=thing)
        core = core if plain else rng.choice(OVER).format(o=other, c=core)
    return Pair(capital(rng.choice(OPENERS) + core) + rng.choice([".", ".", "!"]), label)


def files() -> dict[str, str]:
    """Path in the example's folder: text. Two letters in five hold words of both kinds."""
    taken: set[str] = set()
    sizes = {"test": 30, "validation": 60, "train": 120}
    made = {}
    for split, count in sizes.items():
        rng = generator(f"thirty-rows/{split}")
        num_mixed = count * 2 // 5
        pairs = distinct(lambda: letter(rng, False), num_mixed, taken)  # noqa: B023
        pairs += distinct(lambda: letter(rng, True), count - num_mixed, taken)  # noqa: B023
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
