"""Skill: copy from the context. Repeat, look up, and continue a pattern shown by examples.

Invented words and random labels make remembering useless: only attention to the context can answer.
"""

from collections.abc import Callable

from . import judgements, topics
from .document import Document, Source, assistant, capital, system, text, user
from .words import COMMON_WORDS, code, invented, person, snake, token


def repeat(source: Source) -> Document:
    """Repeat what the user wrote."""
    prompt = source.pick(["Repeat the user's text.", "Say exactly what the user says.", "Echo the message.", "Copy the input.", "Repeat after me."])
    document: Document = []
    in_system = source.chance(0.5)
    if in_system:
        document.append(system(prompt))
    for _ in range(source.number(1, 3)):
        words = " ".join(token(source) for _ in range(source.number(1, 6)))
        lead = "" if in_system else source.pick(["Repeat: ", "Repeat after me: ", "Say: ", "Copy this: ", "Please repeat: ", "Write: "])
        document += [user(lead + words), assistant(words)]
    return document


def pattern(source: Source) -> Document:
    """Plain text in which a random sequence comes back: the shortest way to induction."""
    make: Callable[[], str] = source.pick([lambda: token(source), lambda: invented(source), lambda: source.pick(COMMON_WORDS), lambda: snake(source, 2)])
    sequence = [make() for _ in range(source.number(3, 14))]
    separator = source.pick([" ", ", ", "\n", " ; ", " - "])
    times = 3 if len(sequence) < 7 else 2
    return text(separator.join(sequence * times))


def lookup(source: Source) -> Document:
    """A table of keys and values; asked for the value of a key."""
    make_key = source.pick([lambda: source.pick(COMMON_WORDS), lambda: invented(source), lambda: code(source), lambda: person(source), lambda: snake(source, 2)])
    make_value = source.pick([lambda: token(source), lambda: str(source.number(1, 999)), lambda: invented(source), lambda: snake(source, 2),
        lambda: source.pick(COMMON_WORDS), lambda: code(source)])
    table = {make_key(): make_value() for _ in range(source.pick([2, 2, 3, 3, 4, 5, 6, 8, 12]))}
    join = source.pick([": ", " = ", " -> ", " is ", "\t", " => "])
    listing = source.pick(["\n", "\n", "; ", ", "]).join(f"{key}{join}{value}" for key, value in table.items())
    head = source.pick(["Use this table.", "Answer with the value.", "Look up the key.", "Table:", "Give the value of the key.", "Translate with this list."])
    ask = source.pick(["{k}", "{k}", "{k}?", "What is {k}?", "What is the value of {k}?", "Look up {k}.", "Value of {k}?", "{k}" + join.rstrip()])
    document = [system(f"{head}\n{listing}")] if source.chance(0.7) else []
    for number, key in enumerate(source.some(list(table), source.number(1, 4))):
        lead = "" if document else f"{head}\n{listing}\n\n"
        document += [user(lead + ask.format(k=key) if number == 0 else ask.format(k=key)), assistant(table[key])]
    return document


def pick_field(source: Source) -> Document:
    """A record of fields; asked for one of them."""
    values = {
        "name": person(source), "order": code(source), "item": source.pick(COMMON_WORDS), "price": str(source.number(2, 900)),
        "code": code(source), "label": snake(source), "city": invented(source).capitalize(), "status": source.pick(["open", "closed", "sent", "paid", "late"]),
        "size": source.pick(["small", "medium", "large"]), "note": " ".join(token(source) for _ in range(2)),
    }
    names = source.some(list(values), source.number(2, 6))
    asked = source.pick(names)
    record = source.pick(["\n", "; ", ", ", " | "]).join(f"{name}: {values[name]}" for name in names)
    prompt = source.pick([f"Copy the field {asked}.", f"Reply with the {asked} only.", f"What is the {asked}?", f"Give me the {asked}.", f"Extract the {asked}."])
    if source.chance(0.6):
        return [system(prompt), user(record), assistant(values[asked])]
    return [user(f"{record}\n{prompt}" if source.chance(0.5) else f"{prompt}\n{record}"), assistant(values[asked])]


def mapping(source: Source) -> tuple[Callable[[], tuple[str, str]], bool]:
    """A hidden rule from inputs to outputs, and whether its inputs come back (so that the nearest example answers)."""
    kind = source.pick(["lookup", "lookup", "topic", "topic", "sentiment", "category", "wrap", "wrap"])
    make = source.pick([lambda: invented(source), lambda: code(source), lambda: snake(source, 2), lambda: source.pick(COMMON_WORDS)])
    if kind == "lookup":
        table = {token(source): make() for _ in range(source.number(2, 5))}
        return lambda: source.pick(list(table.items())), True
    if kind == "wrap":
        before, after = source.pick([(make() + " ", ""), ("", " " + make()), ("<", ">"), ("[", "]"), (make() + ": ", "!"), ("** ", " **")])

        def wrap() -> tuple[str, str]:
            word = token(source)
            return word, f"{before}{word}{after}"

        return wrap, False
    if kind == "topic":
        names = source.some(source.side(list(topics.TOPICS)), source.number(2, 4))
        draw: Callable[[], tuple[str, str]] = lambda: (lambda name: (topics.sentence(source, name), name))(source.pick(names))
    else:
        base = judgements.sentiment if kind == "sentiment" else judgements.category
        names = ["positive", "negative"] if kind == "sentiment" else source.some(list(judgements.CATEGORIES), source.number(2, 3))

        def draw() -> tuple[str, str]:
            while True:
                message, name = base(source)
                if name in names:
                    return message, name

    renamed = {name: make() if source.chance(0.8) else name for name in names}

    def draw_renamed() -> tuple[str, str]:
        message, name = draw()
        return message, renamed[name]

    return draw_renamed, False


def few_shot(source: Source) -> Document:
    """Examples, as turns or in the system prompt, then more inputs answered the same way."""
    draw, _ = mapping(source)
    shown = [draw() for _ in range(source.number(2, 9))]
    asked = [draw() for _ in range(source.number(1, 3))]
    seen = {answer for _, answer in shown}
    # A label that no example shows cannot be known; inputs of `wrap` answer themselves, so anything goes there.
    asked = [(question, answer) for question, answer in asked if answer in seen or question in answer] or [source.pick(shown)]
    style = source.number(0, 2)
    if style == 0:
        document = [system(source.pick(["Follow the examples.", "Continue the pattern.", "Answer as before.", "Classify.", "Do the same."]))] if source.chance(0.5) else []
        for question, answer in [*shown, *asked]:
            document += [user(question), assistant(answer)]
        return document
    arrow = source.pick([" -> ", " => ", ": ", " | ", "\nLabel: ", "\nOutput: ", "\nAnswer: "])
    lead = {"\nLabel: ": "Text: ", "\nOutput: ": "Input: ", "\nAnswer: ": "Question: "}.get(arrow, "")
    listing = "\n".join(f"{lead}{question}{arrow}{answer}" for question, answer in shown)
    head = source.pick(["Examples:", "Follow these examples:", "Answer like this:", "Here are some examples.", "Label the text as in the examples."])
    if style == 1:
        document = [system(f"{head}\n{listing}")]
        for question, answer in asked:
            document += [user(question), assistant(answer)]
        return document
    question, answer = asked[0]
    return [user(f"{head}\n{listing}\n{lead}{question}{arrow.rstrip()}"), assistant(answer)]


def nearest(source: Source) -> Document:
    """Examples in the prompt whose inputs come back, whole or nearly: the nearest one holds the answer."""
    rows: dict[str, str] = {}
    for _ in range(source.number(2, 7)):
        name = source.pick(list(topics.TOPICS))
        rows[topics.sentence(source, name)] = source.pick([lambda: snake(source, 2), lambda: invented(source), lambda: code(source), lambda: name])()
    question, answer = source.pick(list(rows.items()))
    words = question.split()
    if source.chance(0.6) and len(words) > 4:
        words.pop(source.number(0, len(words) - 1))
        question = capital(" ".join(words))
    arrow = source.pick([" -> ", "\nLabel: ", " => ", "\nAnswer: "])
    listing = "\n".join(f"{shown}{arrow}{label}" for shown, label in rows.items())
    if source.chance(0.5):
        return [system(f"{source.pick(['Examples:', 'Similar messages and their labels:', 'Use the nearest example.'])}\n{listing}"), user(question), assistant(answer)]
    document: Document = []
    for shown, label in rows.items():
        document += [user(shown), assistant(label)]
    return [*document, user(question), assistant(answer)]
