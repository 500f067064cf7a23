"""Skill: do as the examples do, whether they stand in the prompt or in earlier turns."""

from collections.abc import Callable

from . import judgements, topics
from .document import Document, Source, assistant, capital, system, user
from .words import code, invented, pair, token, word


def mapping(source: Source) -> Callable[[], tuple[str, str]]:
    """A hidden rule from inputs to outputs."""
    kind = source.pick(
        ["lookup", "lookup", "topic", "topic", "sentiment", "category", "wrap", "wrap"]
    )
    make = source.pick(
        [
            invented,
            code,
            pair,
            word,
        ]
    )
    if kind == "lookup":
        table = {token(source): make(source) for _ in range(source.number(2, 5))}
        return lambda: source.pick(list(table.items()))
    if kind == "wrap":
        before, after = source.pick(
            [
                (make(source) + " ", ""),
                ("", " " + make(source)),
                ("<", ">"),
                ("[", "]"),
                (make(source) + ": ", "!"),
                ("** ", " **"),
            ]
        )

        def wrap() -> tuple[str, str]:
            word = token(source)
            return word, f"{before}{word}{after}"

        return wrap
    if kind == "topic":
        names = source.some(source.side(list(topics.TOPICS)), source.number(2, 4))

        def draw() -> tuple[str, str]:
            name = source.pick(names)
            return topics.sentence(source, name), name

    else:
        base = judgements.sentiment if kind == "sentiment" else judgements.category
        names = (
            ["positive", "negative"]
            if kind == "sentiment"
            else source.some(list(judgements.CATEGORIES), source.number(2, 3))
        )

        def draw() -> tuple[str, str]:
            while True:
                message, name = base(source)
                if name in names:
                    return message, name

    renamed = {name: make(source) if source.chance(0.8) else name for name in names}

    def draw_renamed() -> tuple[str, str]:
        message, name = draw()
        return message, renamed[name]

    return draw_renamed


def few_shot(source: Source) -> Document:
    """Examples, as turns or in the system prompt, then more inputs answered the same way."""
    draw = mapping(source)
    shown = [draw() for _ in range(source.number(2, 9))]
    asked = [draw() for _ in range(source.number(1, 6))]
    seen = {answer for _, answer in shown}
    # A label that no example shows cannot be known; an input of `wrap` answers itself.
    asked = [
        (question, answer) for question, answer in asked if answer in seen or question in answer
    ] or [source.pick(shown)]
    style = source.number(0, 2)
    if style == 0:
        document = (
            [
                system(
                    source.pick(
                        [
                            "Follow the examples.",
                            "Continue the pattern.",
                            "Answer as before.",
                            "Classify.",
                            "Do the same.",
                        ]
                    )
                )
            ]
            if source.chance(0.5)
            else []
        )
        for question, answer in [*shown, *asked]:
            document += [user(question), assistant(answer)]
        return document
    arrow = source.pick([" -> ", " => ", ": ", " | ", "\nLabel: ", "\nOutput: ", "\nAnswer: "])
    lead = {"\nLabel: ": "Text: ", "\nOutput: ": "Input: ", "\nAnswer: ": "Question: "}.get(
        arrow, ""
    )
    listing = "\n".join(f"{lead}{question}{arrow}{answer}" for question, answer in shown)
    head = source.pick(
        [
            "Examples:",
            "Follow these examples:",
            "Answer like this:",
            "Here are some examples.",
            "Label the text as in the examples.",
        ]
    )
    if style == 1:
        document = [system(f"{head}\n{listing}")]
        for question, answer in asked:
            document += [user(question), assistant(answer)]
        return document
    question, answer = asked[0]
    return [user(f"{head}\n{listing}\n{lead}{question}{arrow.rstrip()}"), assistant(answer)]


NEAREST_HEADS = [
    "Examples:",
    "Similar messages and their labels:",
    "Use the nearest example.",
]


def nearest(source: Source) -> Document:
    """Examples in the prompt whose inputs come back, whole or nearly: the nearest one holds the
    answer.
    """
    rows: dict[str, str] = {}
    for _ in range(source.number(2, 7)):
        name = source.pick(list(topics.TOPICS))
        question = topics.sentence(source, name)
        make = source.pick([pair, invented, code, None])
        rows[question] = make(source) if make else name
    question, answer = source.pick(list(rows.items()))
    words = question.split()
    if source.chance(0.6) and len(words) > 4:
        words.pop(source.number(0, len(words) - 1))
        question = capital(" ".join(words))
    arrow = source.pick([" -> ", "\nLabel: ", " => ", "\nAnswer: "])
    listing = "\n".join(f"{shown}{arrow}{label}" for shown, label in rows.items())
    if source.chance(0.5):
        return [
            system(f"{source.pick(NEAREST_HEADS)}\n{listing}"),
            user(question),
            assistant(answer),
        ]
    document: Document = []
    for shown, label in rows.items():
        document += [user(shown), assistant(label)]
    return [*document, user(question), assistant(answer)]
