"""Closed questions about a message: sentiment, urgency, yes or no, language, kind of sentence,
spam, category of a thing.
"""

from . import intents, topics, words
from .document import Source, articles, capital
from .wordings import read

_WORDINGS = read("judgements")
_LISTS = ("good words", "bad words", "reviewed")
GOOD, BAD, REVIEWED = (_WORDINGS[name][0].split() for name in _LISTS)
LANGUAGES = {
    name.removeprefix("language/"): sentences
    for name, sentences in _WORDINGS.items()
    if name.startswith("language/")
}

CATEGORIES = {
    "animal": words.ANIMALS,
    "food": words.FOODS,
    "colour": words.COLOURS,
    "city": words.CITIES,
    "job": words.JOBS,
    "material": words.MATERIALS,
    "thing": words.OBJECTS,
    "building": words.PLACE_KINDS,
    "month": words.MONTHS,
    "weekday": words.WEEKDAYS,
    "name": words.FIRST_NAMES,
}


def review(source: Source, good: bool) -> str:
    """A short review, good or bad."""
    adjectives, tails = (GOOD, _WORDINGS["good tails"]) if good else (BAD, _WORDINGS["bad tails"])
    first, second = source.some(adjectives, 2)
    tail = source.pick(tails)
    written = source.wording(_WORDINGS["review frames"]).format(
        o=source.pick(REVIEWED), a=first, b=second, A=capital(first), t=tail, T=capital(tail)
    )
    return articles(written)


def neutral(source: Source) -> str:
    """A sentence about the same things without praise or blame."""
    return source.pick(_WORDINGS["neutral"]).format(o=source.pick(REVIEWED))


def sentiment(source: Source) -> tuple[str, str]:
    """(message, `positive` or `negative`)."""
    good = source.chance(0.5)
    return review(source, good), "positive" if good else "negative"


def sentiment_three(source: Source) -> tuple[str, str]:
    """(message, `positive`, `negative` or `neutral`)."""
    return (neutral(source), "neutral") if source.chance(0.33) else sentiment(source)


def urgency(source: Source) -> tuple[str, str]:
    """(message, `urgent` or `normal`)."""
    urgent = source.chance(0.5)
    return _ended(
        source,
        source.pick(_WORDINGS["urgent"] if urgent else _WORDINGS["calm"]).format(
            o=source.pick(words.OBJECTS)
        ),
    ), "urgent" if urgent else "normal"


def language(source: Source) -> tuple[str, str]:
    """(message, its language)."""
    name = source.pick(list(LANGUAGES))
    return _ended(
        source,
        capital(
            " ".join(source.some([capital(s) + "." for s in LANGUAGES[name]], source.number(1, 2)))
        ).rstrip("."),
    ), name


def spam(source: Source) -> tuple[str, str]:
    """(message, `spam` or `ham`)."""
    bad = source.chance(0.5)
    return source.pick(_WORDINGS["spam"] if bad else _WORDINGS["ham"]).format(
        n=source.number(2, 90), o=source.pick(words.OBJECTS)
    ), "spam" if bad else "ham"


def kind(source: Source) -> tuple[str, str]:
    """(message, `question`, `statement` or `request`)."""
    thing, name = source.pick(words.OBJECTS), source.pick(words.FIRST_NAMES)
    adjective = source.pick(words.ADJECTIVES)
    which = source.pick(["question", "statement", "request"])
    frames = {
        "question": [
            "Where is the {o}?",
            "Is the {o} {a}?",
            "Who took {n}'s {o}?",
            "What does the {a} {o} cost?",
            "Has {n} seen my {o}?",
        ],
        "statement": [
            "The {o} is {a}.",
            "{n} has a {a} {o}.",
            "There was a {o} on the floor.",
            "{n} sold the {o} last year.",
        ],
        "request": [
            "Please bring me the {o}.",
            "Give {n} the {a} {o}.",
            "Close the {o}, please.",
            "Put the {o} on the table.",
            "Clean the {o}, {n}.",
        ],
    }[which]
    return source.pick(frames).format(o=thing, n=name, a=adjective), which


def category(source: Source) -> tuple[str, str]:
    """(a word, its category)."""
    name = source.pick(list(CATEGORIES))
    return source.pick(CATEGORIES[name]), name


def topic(source: Source) -> tuple[str, str]:
    """(a sentence, its topic), from the topics of this side of the split."""
    name = source.pick_split(list(topics.TOPICS))
    return " ".join(topics.sentence(source, name) for _ in range(source.number(1, 3))), name


def subject(source: Source) -> tuple[str, str]:
    """(a customer's message, one of four kinds of service)."""
    departments = {"item": "shop", "money": "payments", "account": "account", "booking": "travel"}
    intent = source.pick(list(intents.INTENTS))
    return intents.message(source, intent), departments[intents.INTENTS[intent][0]]


def _ended(source: Source, sentence: str) -> str:
    return sentence + source.pick([".", "", "!", "."])
