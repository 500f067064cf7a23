"""house-voice: a small shop answers its customers in one voice.

    The blue teapot arrived in two pieces. It was a present. What now? Best, Clara
    Hello Clara, we are sorry that the blue teapot was damaged on its way. Please reply with a
    photo of the damage. Best wishes, the Linden team

Every reply greets, by name where the customer gave one, says one thing about the matter, names
one next step that begins with "Please", never promises money, and is signed by the team. Beyond
that a reply is free: each part has several wordings, drawn by chance, and the one in the data is
as good as the others. So no comparison with it can say how good an answer is; people can.
"""

from __future__ import annotations

from functools import partial
from random import Random
from typing import NamedTuple

from example_data.grammar import (
    Pair,
    capital,
    distinct,
    generator,
    table,
    without_near_copies,
    words,
)


class Matter(NamedTuple):
    """What a customer writes about. `{i}` is the thing, `{n}` the number of the order."""

    situations: list[str]
    asks: list[str]
    details: list[str]
    views: list[str]
    """What the shop says about it."""
    steps: list[str]
    """The one next step."""


ARRIVED = [
    "It was a present for my sister.",
    "The parcel came this morning.",
    "I had looked forward to it.",
    "The box looked fine from outside.",
    "Order {n}, if you need it.",
    "It is my second order with you.",
]
WAITING = [
    "The order number is {n}.",
    "My order is {n}.",
    "It is order {n} from last week.",
    "You will find it under {n}.",
]
ASKING = [
    "I like your shop very much.",
    "A friend told me about you.",
    "I looked on your page and found nothing.",
    "My kitchen is small.",
    "It is for our garden room.",
]
HELP = ["What should I do?", "Can you help me?", "What happens now?", "Please help."]

MATTERS: dict[str, Matter] = {
    "broken": Matter(
        ["the {i} arrived in two pieces", "the {i} came with a long crack",
         "my {i} was broken when I opened the box", "there is a big chip in the {i}"],
        HELP, ARRIVED,
        ["we are sorry that the {i} was damaged on its way.",
         "we are sorry that the {i} did not arrive whole."],
        ["Please send us a photo of it, and we will see what we can do.",
         "Please reply with a photo of the damage."],
    ),
    "late": Matter(
        ["my {i} has not come yet", "I am still waiting for the {i}",
         "where is my {i}", "the {i} should have been here on Monday"],
        ["When will it come?", "How much longer?", "Is it lost?", "Can you look into it?"], WAITING,
        ["waiting for a {i} is no fun, and we know it.", "the {i} takes longer than it should."],
        ["Please look at the tracking page tonight.",
         "Please open the tracking link in our letter."],
    ),
    "return": Matter(
        ["the {i} does not suit our room", "I do not like the {i} after all",
         "the {i} is too big for us", "I would rather not keep the {i}"],
        ["Can I send it back?", "How do I return it?", "May I bring it back?"], ARRIVED,
        ["of course the {i} may come back to us within thirty days.",
         "of course you can send the {i} back."],
        ["Please put the green label on the box and take it to the post office.",
         "Please print the green label in your account and stick it on the box."],
    ),
    "money": Matter(
        ["I want my money back for the {i}", "I ask for a full refund for the {i}",
         "the {i} is bad, give me my money back", "a refund for the {i} is the least you can do"],
        ["When will I have it?", "I expect an answer today.", "How soon can you pay?"], ARRIVED,
        ["it is a pity that you are not happy with the {i}.",
         "it is a pity that the {i} has let you down."],
        ["Please tell us what is wrong with it, so that we can find a good answer.",
         "Please write us in one line what is wrong with the {i}."],
    ),
    "cancel": Matter(
        ["I ordered a {i} and do not need it now", "please cancel the {i}",
         "I ordered the {i} twice by mistake", "we have found another {i} in the cellar"],
        ["Can you stop it?", "Is it too late to cancel?", "I hope that is all right."], WAITING,
        ["no trouble at all, the {i} can stay with us.",
         "no trouble at all, plans change and the {i} will not mind."],
        ["Please press cancel in your account.",
         "Please open your account and press cancel."],
    ),
    "care": Matter(
        ["my {i} has a stain", "I would like to clean my {i}",
         "the {i} is dusty and a little dull", "tea has run over my {i}"],
        ["How do I wash it?", "May I use soap?", "What is the best way?"], ASKING,
        ["a {i} likes it gentle.", "gentle care is best for the {i}."],
        ["Please wipe it with a soft cloth and warm water.",
         "Please use warm water, a soft cloth and no soap."],
    ),
}  # fmt: skip

LOOKS = words("blue green red white grey black yellow small large round tall brown")
THINGS = words("""teapot vase lantern basket blanket pillow clock mirror stool kettle bowl tray lamp
jug carpet shelf candle chair table plate""")
NAMES = words("Anna Ben Clara David Emma Felix Grace Henry Ida Leo Maria Noah Olga Paul Rosa Sam")
OPENERS = ["", "", "", "", "Hi, ", "Hello, ", "Good morning, ", "Dear team, ", "Dear Linden team, "]
SIGNED = ["", "", " Thanks, {name}", " {name}", " Best, {name}", " Regards, {name}"]
SIGNATURE = "Best wishes, the Linden team"


def letter(rng: Random) -> Pair:
    """One customer's message and a reply in the voice."""
    matter = MATTERS[rng.choice(list(MATTERS))]
    places = {"i": f"{rng.choice(LOOKS)} {rng.choice(THINGS)}", "n": rng.randrange(1000, 9000)}
    name = rng.choice(NAMES)
    signed = rng.choice(SIGNED).format(name=name)
    rest = [rng.choice(matter.details)]
    rest.insert(rng.randrange(2), rng.choice(matter.asks))
    first = capital(rng.choice(OPENERS) + rng.choice(matter.situations))
    message = " ".join([first + ".", *rest]).format(**places) + signed
    return Pair(message, reply(rng, matter, places, name if signed else ""))


def reply(rng: Random, matter: Matter, places: dict[str, object], name: str) -> str:
    """Greeting, a view of the matter, one next step, signature."""
    greeting = f"Hello {name}," if name else "Hello,"
    said = [rng.choice(matter.views), rng.choice(matter.steps)]
    return " ".join([greeting, *(part.format(**places) for part in said), SIGNATURE])


def files() -> dict[str, str]:
    """Path in the example's folder: text. Neither two messages nor two rows are nearly the same."""
    sizes = {"test": 120, "validation": 60, "train": 400}
    pairs = distinct(partial(letter, generator("house-voice")), 4 * sum(sizes.values()), set())
    whole = {f"{pair.message} {pair.answer}": pair for pair in without_near_copies(pairs)}
    kept = without_near_copies([Pair(text, "") for text in whole])
    rest = iter([whole[row.message] for row in kept])
    return {
        f"data/{split}.csv": table(("message", "reply"), [next(rest) for _ in range(count)])
        for split, count in sizes.items()
    }
