"""Skill: copy from the context. Repeat, continue a sequence, look up, copy a field.

Invented words and random labels make remembering useless: only attention to the context can answer.
"""

from . import facts
from .document import Document, Source, assistant, system, text, user
from .wordings import pairs, read
from .words import (
    FIRST_NAMES,
    code,
    invented,
    invented_name,
    pair,
    person,
    small_number,
    snake,
    token,
    word,
)

_ASSOCIATIONS = read("associations")


def repeat(source: Source) -> Document:
    """Repeat what the user wrote."""
    prompt = source.pick(
        [
            "Repeat the user's text.",
            "Say exactly what the user says.",
            "Echo the message.",
            "Copy the input.",
            "Repeat after me.",
        ]
    )
    document: Document = []
    in_system = source.chance(0.5)
    if in_system:
        document.append(system(prompt))
    for _ in range(source.number(1, 3)):
        words = " ".join(token(source) for _ in range(source.number(1, 6)))
        lead = (
            ""
            if in_system
            else source.pick(
                [
                    "Repeat: ",
                    "Repeat after me: ",
                    "Say: ",
                    "Copy this: ",
                    "Please repeat: ",
                    "Write: ",
                ]
            )
        )
        document += [user(lead + words), assistant(words)]
    return document


def pattern(source: Source) -> Document:
    """Plain text in which a random sequence comes back: the shortest way to induction."""
    make = source.pick(
        [
            token,
            invented,
            word,
            pair,
        ]
    )
    sequence = [make(source) for _ in range(source.number(3, 14))]
    separator = source.pick([" ", ", ", "\n", " ; ", " - "])
    times = 3 if len(sequence) < 7 else 2
    return text(separator.join(sequence * times))


def lookup(source: Source) -> Document:
    """A table of keys and values; asked for the value of a key."""
    make_key = source.pick(
        [
            word,
            invented,
            code,
            person,
            pair,
        ]
    )
    make_value = source.pick(
        [
            token,
            small_number,
            invented,
            pair,
            word,
            code,
        ]
    )
    table = {
        make_key(source): make_value(source)
        for _ in range(source.pick([2, 2, 3, 3, 4, 5, 6, 8, 12]))
    }
    join = source.pick([": ", " = ", " -> ", " is ", "\t", " => "])
    listing = source.pick(["\n", "\n", "; ", ", "]).join(
        f"{key}{join}{value}" for key, value in table.items()
    )
    head = source.pick(
        [
            "Use this table.",
            "Answer with the value.",
            "Look up the key.",
            "Table:",
            "Give the value of the key.",
            "Translate with this list.",
        ]
    )
    ask = source.pick(
        [
            "{k}",
            "{k}",
            "{k}?",
            "What is {k}?",
            "What is the value of {k}?",
            "Look up {k}.",
            "Value of {k}?",
            "{k}" + join.rstrip(),
        ]
    )
    document = [system(f"{head}\n{listing}")] if source.chance(0.7) else []
    for number, key in enumerate(source.some(list(table), source.number(1, 8))):
        lead = "" if document else f"{head}\n{listing}\n\n"
        document += [
            user(lead + ask.format(k=key) if number == 0 else ask.format(k=key)),
            assistant(table[key]),
        ]
    return document


def associate(source: Source) -> Document:
    """A few facts of one form, then two questions for each: the plainest lesson in finding the
    right one among equals.
    """
    statement, question = source.pick(pairs(_ASSOCIATIONS["forms"]))
    if source.chance(0.4):
        question = statement.split("{v}")[0].strip()
    make_key = source.pick([_first_name, word, word, invented_name])
    # Prices, times and names of several tokens must come back whole.
    longer = source.pick(["price", "opens at", "owner", "phone", "deadline"])
    make_value = source.pick(
        [word, small_number, _first_name, *[facts.ATTRIBUTES[longer].value] * 2]
    )
    table = {make_key(source): make_value(source) for _ in range(source.pick([2, 3, 4, 5, 6, 8]))}
    stated = [statement.format(k=key, v=value) for key, value in table.items()]
    listing = "\n".join(stated)
    prompt = source.wording(_ASSOCIATIONS["prompts"])
    asked = source.some(list(table), len(table)) + source.some(list(table), len(table))
    turns = [(question.format(k=key), table[key]) for key in asked]
    document: Document = []
    if source.chance(0.7):
        document.append(system(f"{prompt}\n{listing}"))
    else:
        turns[0] = (f"{prompt}\n{listing}\n\n{turns[0][0]}", turns[0][1])
    for asked_for, answer in turns:
        document += [user(asked_for), assistant(answer)]
    return document


def shuffled(source: Source) -> Document:
    """A list of pairs, and the same pairs again in another order and form: every value of the
    second showing must be found by its key, over a gap that grows from nothing to a question.
    """
    form = source.pick(_ASSOCIATIONS["lists"])
    again = form if source.chance(0.25) else source.pick(_ASSOCIATIONS["repeats"])
    make_key = source.pick([_first_name, word, word, invented_name])
    make_value = source.pick([word, word, small_number, _first_name])
    table = {make_key(source): make_value(source) for _ in range(source.number(2, 7))}
    listing = "\n".join(form.format(k=key, v=value) for key, value in table.items())
    order = [key for _ in range(2) for key in source.some(list(table), len(table))]
    request = source.pick(["Write the list twice, in any order.", "Shuffle the list.", "Mix it."])
    answer = "\n".join(again.format(k=key, v=table[key]) for key in order)
    return [user(f"{request}\n{listing}"), assistant(answer)]


def _first_name(source: Source) -> str:
    return source.pick(FIRST_NAMES)


def pick_field(source: Source) -> Document:
    """A record of fields; asked for one of them."""
    values = {
        "name": person(source),
        "order": code(source),
        "item": word(source),
        "price": str(source.number(2, 900)),
        "code": code(source),
        "label": snake(source),
        "city": invented(source).capitalize(),
        "status": source.pick(["open", "closed", "sent", "paid", "late"]),
        "size": source.pick(["small", "medium", "large"]),
        "note": " ".join(token(source) for _ in range(2)),
    }
    names = source.some(list(values), source.number(2, 6))
    asked = source.pick(names)
    record = source.pick(["\n", "; ", ", ", " | "]).join(
        f"{name}: {values[name]}" for name in names
    )
    prompt = source.pick(
        [
            f"Copy the field {asked}.",
            f"Reply with the {asked} only.",
            f"What is the {asked}?",
            f"Give me the {asked}.",
            f"Extract the {asked}.",
        ]
    )
    if source.chance(0.6):
        return [system(prompt), user(record), assistant(values[asked])]
    return [
        user(f"{record}\n{prompt}" if source.chance(0.5) else f"{prompt}\n{record}"),
        assistant(values[asked]),
    ]
