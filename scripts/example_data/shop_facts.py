"""shop-facts: questions about the shops of a market hall, whose facts change each season.

The documents hold this season's facts; validation and test ask for them. The training rows are
last season's answers to the same kinds of questions, in other words, and nearly all out of date.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from example_data.grammar import Pair, capital, generator, jsonl, words


class Attribute(NamedTuple):
    """A kind of fact. `{e}` is whose it is, `{v}` its value."""

    value: Callable[[Random], str]
    statements: list[str]
    questions: list[str]


WEEKDAYS = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
PEOPLE_FIRST = words("Anna Ben Clara David Emma Felix Grace Henry Karen Leo Maria Noah Paul Rosa")
PEOPLE_LAST = words("Baker Carter Ellis Fisher Hughes Keller Lopez Moore Owens Parker Smith")

OPENS = Attribute(
    lambda r: f"{r.randrange(6, 12)}:{r.choice(['00', '15', '30', '45'])}",
    ["{e} opens at {v}.", "The doors of {e} open at {v}.", "Opening time of {e}: {v}."],
    [
        "When does {e} open?",
        "At what time does {e} open?",
        "What is the opening time of {e}?",
        "What time does {e} open?",
    ],
)
CLOSES = Attribute(
    lambda r: f"{r.randrange(15, 23)}:{r.choice(['00', '15', '30', '45'])}",
    ["{e} closes at {v}.", "{e} shuts at {v}.", "The doors of {e} close at {v}."],
    [
        "When does {e} close?",
        "At what time does {e} close?",
        "What is the closing time of {e}?",
        "What time does {e} shut?",
    ],
)
DAY_OFF = Attribute(
    lambda r: r.choice(WEEKDAYS),
    ["{e} is closed on {v}.", "{e} does not open on {v}.", "On {v} {e} stays shut."],
    [
        "On which day is {e} closed?",
        "Which day does {e} stay shut?",
        "Hello, on which day is {e} closed?",
        "Please tell me: on which day is {e} closed?",
    ],
)
MANAGER = Attribute(
    lambda r: f"{r.choice(PEOPLE_FIRST)} {r.choice(PEOPLE_LAST)}",
    ["The manager of {e} is {v}.", "{v} manages {e}.", "{e} is run by {v}."],
    [
        "Who runs {e}?",
        "Who is the manager of {e}?",
        "Who manages {e}?",
        "Who is in charge of {e}?",
    ],
)
PRICE = Attribute(
    lambda r: f"{r.randrange(3, 99)} euros",
    ["{e} costs {v}.", "The price of {e} is {v}.", "{e} is sold for {v}."],
    [
        "How much is {e}?",
        "What does {e} cost?",
        "What is the price of {e}?",
        "How much does {e} cost?",
    ],
)
STOCK = Attribute(
    lambda r: str(r.randrange(2, 100)),
    ["There are {v} pieces of {e} in stock.", "We have {v} of {e} in stock."],
    [
        "How many of {e} are in stock?",
        "How many pieces of {e} are left?",
        "How many units of {e} do you have?",
        "Hello, how many of {e} are in stock?",
    ],
)
DELIVERY = Attribute(
    lambda r: f"{r.randrange(2, 30)} days",
    ["Delivery of {e} takes {v}.", "{e} is delivered within {v}."],
    [
        "How long does delivery of {e} take?",
        "How long does it take to deliver {e}?",
        "Hello, how long does delivery of {e} take?",
        "Please tell me: how long does it take to deliver {e}?",
    ],
)

PLACE = [OPENS, CLOSES, DAY_OFF, MANAGER]
PRODUCT = [PRICE, STOCK, DELIVERY]

PLACES = [
    "the Golden Otter cafe",
    "the Blue Anchor bakery",
    "the Crooked Lantern bookshop",
    "the Silver Heron gallery",
    "the Little Acorn shop",
    "the Old Compass pharmacy",
    "the Red Willow restaurant",
    "the Happy Falcon gym",
    "the White Thistle studio",
    "the Royal Harp theatre",
    "the Quiet Raven library",
    "the Green Clover market",
    "the Lucky Maple cinema",
    "the Grand Ember hotel",
    "the Rusty Barrel workshop",
    "the Sunny Meadow garden",
    "the Hidden Comet cafe",
    "the Wild Juniper bakery",
    "the Black Feather bookshop",
    "the Northern Pebble shop",
]
PRODUCTS = [
    "the Velmora lamp",
    "the Plobu chair",
    "the Trinda kettle",
    "the Sorello clock",
    "the Grefta mirror",
    "the Kalino basket",
    "the Brustan blanket",
    "the Jarewo guitar",
    "the Fimola camera",
    "the Doskira radio",
    "the Nuvento bicycle",
    "the Walipa tent",
    "the Hestron jacket",
    "the Clumira teapot",
    "the Rovanda suitcase",
    "the Skelto umbrella",
    "the Thumbra drum",
    "the Mirelo vase",
    "the Pagando scarf",
    "the Orbelin watch",
]


class Entry(NamedTuple):
    """A fact: what it is about, then and now, and the orders of its wordings."""

    entity: str
    attribute: Attribute
    old: str
    new: str
    questions: list[str]


def entries(rng: Random) -> list[list[Entry]]:
    """The facts of each entity; the old value never is the new one."""
    found = []
    for names, attributes in ((PLACES, PLACE), (PRODUCTS, PRODUCT)):
        for entity in names:
            facts = []
            for attribute in attributes:
                new = old = attribute.value(rng)
                while old == new:
                    old = attribute.value(rng)
                asked = [q.format(e=entity) for q in attribute.questions]
                facts.append(Entry(entity, attribute, old, new, rng.sample(asked, len(asked))))
            found.append(facts)
    return found


def document(rng: Random, facts: list[Entry]) -> dict[str, str]:
    """This season's facts about one entity, a sentence each."""
    sentences = [
        capital(rng.choice(fact.attribute.statements).format(e=fact.entity, v=fact.new))
        for fact in facts
    ]
    return {"title": capital(facts[0].entity), "text": " ".join(sentences)}


def files() -> dict[str, str]:
    """Path in the example's folder: text. Each fact: two wordings in train, two held out."""
    rng = generator("shop-facts")
    known = entries(rng)
    made = {"docs/season.jsonl": jsonl(document(rng, facts) for facts in known)}
    flat = [fact for facts in known for fact in facts]
    held_out = [Pair(q, fact.new) for fact in flat for q in fact.questions[:2]]
    train = [Pair(q, fact.old) for fact in flat for q in fact.questions[2:]]
    rng.shuffle(held_out)
    rng.shuffle(train)
    splits = {"test": held_out[:180], "validation": held_out[180:], "train": train}
    for split, pairs in splits.items():
        made[f"data/{split}.jsonl"] = jsonl(
            {"prompt": pair.message, "completion": pair.answer} for pair in pairs
        )
    return made
