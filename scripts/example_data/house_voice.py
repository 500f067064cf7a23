"""house-voice: a small shop answers its customers in one voice.

    The blue teapot arrived in two pieces. It was a present. What now? Best, Clara
    Hello Clara, thank you for writing to us. We are sorry that the blue teapot was damaged on its
    way. Please send us a photo of it, and we will see what we can do. – the Linden team

Every reply greets, by name where the customer gave one, says one thing about the matter, names
one next step that begins with "Please", never promises money, and is signed by the team. Beyond
that a reply is free: each part has several wordings, drawn by chance, and the one in the data is
as good as the others. So no comparison with it can say how good an answer is; people can.
"""

from __future__ import annotations

from functools import partial
from random import Random
from typing import NamedTuple

from example_data.grammar import Pair, capital, distinct, generator, table, without_near_copies, words


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
        ["We are sorry that the {i} was damaged on its way.",
         "A {i} should arrive whole, and we are sorry that yours did not."],
        ["Please send us a photo of it, and we will see what we can do.",
         "Please reply with a photo of the damage."],
    ),
    "missing": Matter(
        ["the {i} came without its screws", "one part of the {i} is missing",
         "there was no lid in the box with the {i}", "my {i} has only half of its parts"],
        HELP, ARRIVED,
        ["We are sorry that the {i} is not complete.",
         "Something was left out when we packed the {i}, and we are sorry."],
        ["Please tell us which part is missing.",
         "Please write us the name of the part, and we will look for it."],
    ),
    "wrong": Matter(
        ["I wanted a different colour and got a {i}", "you sent me a {i} that I never ordered",
         "the {i} in the parcel is not mine", "I opened the box and found a {i} instead"],
        HELP, ARRIVED,
        ["The {i} was meant for somebody else, and we are sorry for the mix-up.",
         "We are sorry that a {i} came to you by mistake."],
        ["Please keep it in its box until our driver calls.",
         "Please leave the {i} in its box; our driver will collect it."],
    ),
    "late": Matter(
        ["my {i} has not come yet", "I am still waiting for the {i}",
         "where is my {i}", "the {i} should have been here on Monday"],
        ["When will it come?", "How much longer?", "Is it lost?", "Can you look into it?"], WAITING,
        ["We know that waiting for a {i} is no fun.", "We are sorry that the {i} is late."],
        ["Please look at the tracking page of order {n} tonight.",
         "Please open the tracking link in our letter about order {n}."],
    ),
    "return": Matter(
        ["the {i} does not suit our room", "I do not like the {i} after all",
         "the {i} is too big for us", "I would rather not keep the {i}"],
        ["Can I send it back?", "How do I return it?", "May I bring it back?"], ARRIVED,
        ["The {i} may come back to us within thirty days.",
         "It is no trouble at all to send the {i} back."],
        ["Please put the green label on the box and take it to the post office.",
         "Please print the green label in your account and stick it on the box."],
    ),
    "money": Matter(
        ["I want my money back for the {i}", "I ask for a full refund for the {i}",
         "the {i} is bad, give me my money back", "a refund for the {i} is the least you can do"],
        ["When will I have it?", "I expect an answer today.", "How soon can you pay?"], ARRIVED,
        ["We hear that you are not happy with the {i}.",
         "It is clear that the {i} has let you down."],
        ["Please tell us what is wrong with it, so that we can find a good answer.",
         "Please write us in one line what is wrong with the {i}."],
    ),
    "cancel": Matter(
        ["I ordered a {i} and do not need it now", "please cancel the {i}",
         "I ordered the {i} twice by mistake", "we have found another {i} in the cellar"],
        ["Can you stop it?", "Is it too late to cancel?", "I hope that is all right."], WAITING,
        ["We understand that you no longer need the {i}.",
         "Plans change, and the {i} can stay with us."],
        ["Please press cancel beside order {n} in your account.",
         "Please open order {n} in your account and press cancel."],
    ),
    "address": Matter(
        ["I have moved and the {i} should go to my new flat", "I gave a wrong street for the {i}",
         "the {i} must go to my office instead", "please send the {i} to another address"],
        ["Can you change it?", "Is there still time?", "What do you need from me?"], WAITING,
        ["The {i} shall find you wherever you are.",
         "There is still time to send the {i} elsewhere."],
        ["Please write us the full new address for order {n}.",
         "Please reply with the street and town for order {n}."],
    ),
    "bill": Matter(
        ["I need a bill for the {i}", "there was no bill in the box with the {i}",
         "my office asks for the bill of the {i}", "I have lost the bill for my {i}"],
        ["Can you send it again?", "Where do I find it?", "Could I have a copy?"], WAITING,
        ["The bill for the {i} is easy to find.",
         "Every order has its bill, and so has your {i}."],
        ["Please open order {n} in your account and choose bill.",
         "Please look under bills in your account for order {n}."],
    ),
    "care": Matter(
        ["my {i} has a stain", "I would like to clean my {i}",
         "the {i} is dusty and a little dull", "tea has run over my {i}"],
        ["How do I wash it?", "May I use soap?", "What is the best way?"], ASKING,
        ["A {i} likes it gentle.", "We are glad that you look after your {i}."],
        ["Please wipe it with a soft cloth and warm water.",
         "Please use warm water, a soft cloth and no soap."],
    ),
    "stock": Matter(
        ["I am looking for a {i}", "do you still have the {i}",
         "I would love to buy a {i}", "the {i} is sold out on your page"],
        ["When will it be back?", "Can I order one?", "Will there be more?"], ASKING,
        ["We make the {i} in small numbers.", "It is lovely that you like the {i}."],
        ["Please press the bell beside it on our page, and we will write to you.",
         "Please leave your address with the bell beside the {i} on our page."],
    ),
}  # fmt: skip

LOOKS = words("blue green red white grey black yellow small large round tall brown")
THINGS = words("""teapot vase lantern basket blanket pillow clock mirror stool kettle bowl tray lamp
jug carpet shelf candle chair table plate""")
NAMES = words("Anna Ben Clara David Emma Felix Grace Henry Ida Leo Maria Noah Olga Paul Rosa Sam")
OPENERS = ["", "", "", "", "Hi, ", "Hello, ", "Good morning, ", "Dear team, ", "Dear Linden team, "]
SIGNED = ["", "", " Thanks, {name}", " {name}", " Best, {name}", " Regards, {name}"]
THANKS = [
    "thank you for writing to us.",
    "thank you for your message.",
    "thank you for getting in touch.",
]
SIGNATURE = "– the Linden team"


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
    """Greeting, thanks, a view of the matter, one next step, signature."""
    greeting = f"Hello {name}," if name else "Hello,"
    said = [rng.choice(THANKS), rng.choice(matter.views), rng.choice(matter.steps)]
    return " ".join([greeting, *(part.format(**places) for part in said), SIGNATURE])


def files() -> dict[str, str]:
    """Path in the example's folder: text."""
    sizes = {"test": 120, "validation": 60, "train": 300}
    pairs = distinct(partial(letter, generator("house-voice")), 4 * sum(sizes.values()), set())
    rest = iter(without_near_copies(pairs))
    return {
        f"data/{split}.csv": table(("message", "reply"), [next(rest) for _ in range(count)])
        for split, count in sizes.items()
    }
