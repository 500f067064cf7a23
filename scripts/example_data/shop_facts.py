"""shop-facts: questions about the shops of a market hall, whose facts change each season.

The documents hold this season's facts; validation and test ask for them. The training rows are
last season's answers to the same kinds of questions, in other words, and nearly all out of date.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from example_data.grammar import Pair, capital, generator, jsonl, words


class Attribute(NamedTuple):
    """A kind of fact. `{e}` is whose it is, `{v}` its value."""

    values: list[str]
    statements: list[str]
    questions: list[str]


HOURS = words("6:30 7:00 7:30 8:00 8:30 9:00 9:30 10:00 10:30 11:00")
PRICES = [f"{euros} euros" for euros in (5, 8, 12, 15, 19, 24, 28, 35, 42, 60)]

OPENS = Attribute(
    HOURS,
    ["{e} opens at {v}.", "The doors of {e} open at {v}.", "Opening time of {e}: {v}."],
    [
        "When does {e} open?",
        "From when on can I go into {e}?",
        "What is the opening time of {e}?",
        "Tell me the hour at which the doors of {e} open.",
    ],
)
PRICE = Attribute(
    PRICES,
    ["{e} costs {v}.", "The price of {e} is {v}.", "{e} is sold for {v}."],
    [
        "How much is {e}?",
        "What does {e} cost?",
        "What is the price of {e}?",
        "I would like to buy {e}, for how much?",
    ],
)

SIGNS = words("""Golden Blue Crooked Silver Little Old Red Happy White Royal Quiet Green Lucky Grand
Rusty Sunny Hidden Wild Black Northern Tiny Brave Second Eastern Copper Gentle Crystal Iron Last
New""")
NAMES = words("""Otter Anchor Lantern Heron Acorn Compass Willow Falcon Thistle Harp Raven Clover
Maple Ember Barrel Meadow Comet Juniper Feather Pebble Button Badger Candle Tower Spindle Quill
Marble Saddle Crown Sparrow""")
KINDS = words("cafe bakery bookshop gallery shop pharmacy restaurant gym studio theatre")
BRANDS = words("""Velmora Plobu Trinda Sorello Grefta Kalino Brustan Jarewo Fimola Doskira Nuvento
Walipa Hestron Clumira Rovanda Skelto Thumbra Mirelo Pagando Orbelin Quasto Zandori Lubrena
Vireska Tolmari Penuvo Gralisa Bokeri Hadrino Sulveta""")
THINGS = words("""lamp chair kettle clock mirror basket blanket guitar camera radio bottle table
carpet ladder drum hammer pillow towel bucket knife plate candle umbrella suitcase helmet vase shelf
stove piano broom""")

PLACES = [
    f"the {sign} {name} {KINDS[i % len(KINDS)]}"
    for i, (sign, name) in enumerate(zip(SIGNS, NAMES, strict=True))
]
PRODUCTS = [f"the {brand} {THINGS[i % len(THINGS)]}" for i, brand in enumerate(BRANDS)]


class Entry(NamedTuple):
    """A fact: whose, of what kind, last season and this one, and how people ask."""

    entity: str
    attribute: Attribute
    old: str
    new: str
    questions: list[str]


def entries(rng: Random) -> list[Entry]:
    """One fact of each entity. All values come about equally often; the old one never holds."""
    found = []
    for names, attribute in ((PLACES, OPENS), (PRODUCTS, PRICE)):
        values = attribute.values
        for entity, order in zip(names, rng.sample(range(len(names)), len(names)), strict=True):
            asked = [question.format(e=entity) for question in attribute.questions]
            new = order % len(values)
            old = (new + 1 + order // len(values)) % len(values)
            rng.shuffle(asked)
            found.append(Entry(entity, attribute, values[old], values[new], asked))
    return found


def document(rng: Random, fact: Entry) -> dict[str, str]:
    """This season's fact, in a sentence."""
    sentence = rng.choice(fact.attribute.statements).format(e=fact.entity, v=fact.new)
    return {"title": capital(fact.entity), "text": capital(sentence)}


def files() -> dict[str, str]:
    """Path in the example's folder: text.

    Of each fact two wordings are in train, and two held out together, in test or in validation.
    """
    rng = generator("shop-facts")
    known = entries(rng)
    made = {"docs/season.jsonl": jsonl(document(rng, fact) for fact in known)}
    rng.shuffle(known)
    splits = {
        "test": [Pair(asked, fact.new) for fact in known[:40] for asked in fact.questions[:2]],
        "validation": [
            Pair(asked, fact.new) for fact in known[40:] for asked in fact.questions[:2]
        ],
        "train": [Pair(asked, fact.old) for fact in known for asked in fact.questions[2:]],
    }
    for split, pairs in splits.items():
        rng.shuffle(pairs)
        made[f"data/{split}.jsonl"] = jsonl(
            {"prompt": pair.message, "completion": pair.answer} for pair in pairs
        )
    return made
