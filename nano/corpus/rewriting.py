"""Skill: rewrite a text by a named rule."""

from collections.abc import Callable

from . import topics, words
from .document import Document, Source, assistant, capital, system, user
from .wordings import pairs, read

_REWRITES = read("rewrites")
_WANTS = pairs(_REWRITES["wants"])


def _words(source: Source) -> str:
    return " ".join(
        source.pick(words.COMMON_WORDS) if source.chance(0.8) else words.invented(source)
        for _ in range(source.number(1, 6))
    )


def _polite(source: Source) -> tuple[str, str]:
    rude, polite = source.pick(_WANTS)
    filled = {"o": source.pick(words.OBJECTS), "n": source.pick(words.FIRST_NAMES)}
    return rude.format(**filled) + source.pick(["", ".", "!"]), polite.format(**filled)


def _shorter(source: Source) -> tuple[str, str]:
    core = source.pick(_REWRITES["cores"]).format(
        o=source.pick(words.OBJECTS),
        a=source.pick(words.ADJECTIVES),
        n=source.pick(words.FIRST_NAMES),
    )
    return source.pick(_REWRITES["padding"]).format(c=core) + ".", capital(core) + "."


def _surname(source: Source) -> tuple[str, str]:
    first, last = words.person(source).split()
    return f"{first} {last}", f"{last}, {first}"


def _date(source: Source) -> tuple[str, str]:
    day, month, year = source.number(1, 28), source.number(1, 12), source.number(1950, 2030)
    name = words.MONTHS[month - 1]
    return source.pick(
        [f"{day} {name} {year}", f"{name} {day}, {year}", f"{day}. {name} {year}"]
    ), f"{year}-{month:02d}-{day:02d}"


def _lower(source: Source) -> tuple[str, str]:
    plain = _words(source)
    return (plain.upper() if source.chance(0.7) else plain.title()), plain


def _snake(source: Source) -> tuple[str, str]:
    plain = _words(source)
    return plain, plain.replace(" ", "_")


RULES: dict[str, tuple[Callable[[Source], tuple[str, str]], list[str]]] = {
    "upper": (
        lambda s: (lambda w: (w, w.upper()))(_words(s)),
        [
            "Write in upper case.",
            "Make the text upper case.",
            "Use capital letters.",
            "Rewrite in capitals.",
        ],
    ),
    "lower": (_lower, ["Write in lower case.", "Make the text lower case.", "Use small letters."]),
    "snake": (
        _snake,
        [
            "Write in snake_case.",
            "Turn the words into snake_case.",
            "Join the words with underscores.",
        ],
    ),
    "polite": (
        _polite,
        [
            "Make it polite.",
            "Rewrite the sentence politely.",
            "Say it more politely.",
            "Rewrite in a polite tone.",
        ],
    ),
    "shorter": (
        _shorter,
        [
            "Make it shorter.",
            "Shorten the sentence.",
            "Say it in fewer words.",
            "Summarise the sentence.",
        ],
    ),
    "surname": (
        _surname,
        [
            "Write the name as surname, first name.",
            "Put the surname first.",
            "Format: surname, name.",
        ],
    ),
    "date": (
        _date,
        ["Write the date as YYYY-MM-DD.", "Normalise the date.", "Rewrite the date in ISO format."],
    ),
    "reverse": (
        lambda s: (lambda w: (" ".join(w), " ".join(reversed(w))))(
            [s.pick(words.COMMON_WORDS) for _ in range(s.number(2, 4))]
        ),
        ["Reverse the order of the words.", "Write the words in reverse order."],
    ),
    "units": (
        lambda s: (lambda n: (f"{n} kilograms", f"{n} kg"))(s.number(1, 999)),
        ["Use the short unit.", "Abbreviate the unit."],
    ),
    "first": (
        lambda s: (lambda w: (" ".join(w), w[0]))([words.token(s) for _ in range(s.number(2, 5))]),
        ["Reply with the first word.", "What is the first word?"],
    ),
    "last": (
        lambda s: (lambda w: (" ".join(w), w[-1]))([words.token(s) for _ in range(s.number(2, 5))]),
        ["Reply with the last word.", "What is the last word?"],
    ),
}


def rewrite(source: Source) -> Document:
    """One rule, one to three texts."""
    draw, prompts = RULES[source.pick(list(RULES))]
    prompt = source.pick(prompts)
    if source.chance(0.25):
        given, answer = draw(source)
        return [user(f"{prompt.rstrip('.')}: {given}"), assistant(answer)]
    document: Document = [system(prompt)]
    for _ in range(source.number(1, 5)):
        given, answer = draw(source)
        document += [user(given), assistant(answer)]
    return document


def title(source: Source) -> Document:
    """A headline with capitals for a sentence of a topic."""
    sentence = topics.sentence(source, source.pick(list(topics.TOPICS)))
    return [
        system(source.pick(["Write the sentence in title case.", "Turn it into a headline."])),
        user(sentence),
        assistant(" ".join(map(capital, sentence.rstrip(".?!").split()))),
    ]
