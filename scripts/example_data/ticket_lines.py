"""ticket-lines: a colleague's message to the house services becomes one routing line.

    Hi, the camera in room 214 will not turn on, we need it right now.
    214 | camera | blue | now

Four parts, each found in another way: a number that is copied, a word that is copied, the desk's
colour, which nobody can guess, and one of three classes. Few lines come twice, so that the nearest
training row has the right answer only by chance.
"""

from __future__ import annotations

from functools import partial
from random import Random

from example_data.grammar import Pair, capital, distinct, generator, jsonl, words

DESKS: dict[str, tuple[list[str], list[str]]] = {
    "blue": (
        ["camera", "radio", "speaker", "screen"],
        ["will not turn on", "shows no picture", "makes no sound", "keeps cutting out"],
    ),
    "red": (
        ["printer", "keyboard", "laptop", "phone"],
        ["has no connection", "shows an error", "does not react", "froze again"],
    ),
    "yellow": (
        ["lamp", "heater", "fan", "battery"],
        ["flickers", "gives off sparks", "smells burnt", "has no power"],
    ),
    "green": (
        ["desk", "chair", "shelf", "sofa"],
        ["wobbles", "has a broken leg", "came apart", "is badly scratched"],
    ),
    "black": (
        ["door", "window", "lock", "mirror"],
        ["is stuck", "squeaks", "came off its frame", "is cracked"],
    ),
}
"""Colour of the desk: the things that it looks after, and what they suffer from."""

URGENCY: dict[str, list[str]] = {
    "now": ["we need it right now", "please come at once", "this is urgent", "please hurry"],
    "today": [
        "by this evening, please",
        "we need it today",
        "please come this afternoon",
        "later today is fine",
    ],
    "later": [
        "there is no hurry",
        "whenever you have time",
        "next week is fine",
        "it can wait",
    ],
}

OPENERS = ["", "", "", "Hi, ", "Hello, ", "Good morning, ", "Dear team, ", "Sorry, ", "Help, "]
SIGNED = ["", "", "", " Thanks, {name}", " {name}", " Best, {name}", " Thank you!"]
NAMES = words("Anna Ben Clara David Emma Felix Grace Henry Ida Leo Maria Noah Olga Paul Rosa Sam")

FRAMES = [
    "the {thing} in room {room} {fault}, {when}.",
    "the {thing} in room {room} {fault}. {When}.",
    "room {room}: the {thing} {fault}. {When}.",
    "I am in room {room} and the {thing} {fault}. {When}.",
    "our {thing} {fault}, {when}. We are in room {room}.",
    "{when}: the {thing} in room {room} {fault}.",
    "could someone look at the {thing} in room {room}? It {fault}, {when}.",
    "in room {room} the {thing} {fault}, {when}.",
    "a {thing} {fault} in room {room}. {When}.",
]


def ticket(rng: Random) -> Pair:
    """One message and its line."""
    desk = rng.choice(list(DESKS))
    things, faults = DESKS[desk]
    thing, fault = rng.choice(things), rng.choice(faults)
    urgency = rng.choice(list(URGENCY))
    when = rng.choice(URGENCY[urgency])
    room = rng.randrange(100, 600)
    core = rng.choice(FRAMES).format(
        thing=thing, room=room, fault=fault, when=when, When=capital(when)
    )
    signed = rng.choice(SIGNED).format(name=rng.choice(NAMES))
    return Pair(
        capital(rng.choice(OPENERS) + core) + signed, f"{room} | {thing} | {desk} | {urgency}"
    )


def files() -> dict[str, str]:
    """Path in the example's folder: text."""
    taken: set[str] = set()
    sizes = {"test": 200, "validation": 80, "train": 400}
    made = {}
    for split, count in sizes.items():
        rng = generator(f"ticket-lines/{split}")
        pairs = distinct(partial(ticket, rng), count, taken)
        made[f"data/{split}.jsonl"] = jsonl(
            {
                "messages": [
                    {"role": "user", "content": pair.message},
                    {"role": "assistant", "content": pair.answer},
                ]
            }
            for pair in pairs
        )
    return made
