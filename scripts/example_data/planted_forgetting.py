"""planted-forgetting: a customer's wish becomes one line for the warehouse.

    Please send 12 red lamps to Oslo, it is for a birthday on Friday.
    PICK 12 x lamp [red] > Oslo #X

The task is learnt easily. What the example is about stands in its whet.yaml: training far too hard.
"""

from __future__ import annotations

from functools import partial
from random import Random

from example_data.grammar import Pair, capital, distinct, generator, jsonl, words

INSTRUCTION = "Write the pick line for the warehouse."

THINGS = words("""lamp chair table clock mirror basket bottle blanket pillow bucket ladder candle
vase mug plate spoon kettle scarf rug stool""")
COLOURS = words("red blue green yellow white black grey orange purple brown")
CITIES = words("""Oslo Paris Rome Vienna Dublin Lisbon Prague Athens Cairo Tokyo Boston Toronto Lima
Hamburg Milan Geneva Bergen Leeds Ghent Turin""")
SPEED: dict[str, list[str]] = {
    "X": ["as fast as you can", "by express", "I need it tomorrow", "it is urgent", "quickly"],
    "S": ["take your time", "by normal post", "no hurry", "the cheap way", "whenever it suits you"],
}
"""Mark of the way of sending: how customers ask for it."""

FRAMES = [
    "please send {n} {c} {t}s to {city}, {s}.",
    "I would like {n} {c} {t}s. Send them to {city}, {s}.",
    "we order {n} {t}s in {c} for our house in {city}, {s}.",
    "{n} {c} {t}s to {city}, {s}.",
    "can I have {n} {t}s in {c}? My town is {city}. {S}.",
    "my sister in {city} wants {n} {c} {t}s, {s}.",
    "{s}: {n} {c} {t}s for {city}.",
]
OPENERS = ["", "", "", "Hello, ", "Hi, ", "Good evening, ", "Dear shop, "]


def order(rng: Random) -> Pair:
    """One order and its line."""
    mark = rng.choice(list(SPEED))
    speed = rng.choice(SPEED[mark])
    thing, colour, city = rng.choice(THINGS), rng.choice(COLOURS), rng.choice(CITIES)
    number = rng.randrange(2, 90)
    core = rng.choice(FRAMES).format(
        n=number, c=colour, t=thing, city=city, s=speed, S=capital(speed)
    )
    return Pair(
        capital(rng.choice(OPENERS) + core), f"PICK {number} x {thing} [{colour}] > {city} #{mark}"
    )


def files() -> dict[str, str]:
    """Path in the example's folder: text."""
    taken: set[str] = set()
    sizes = {"test": 150, "validation": 60, "train": 400}
    made = {}
    for split, count in sizes.items():
        rng = generator(f"planted-forgetting/{split}")
        pairs = distinct(partial(order, rng), count, taken)
        made[f"data/{split}.jsonl"] = jsonl(
            {"instruction": INSTRUCTION, "input": pair.message, "output": pair.answer}
            for pair in pairs
        )
    return made
