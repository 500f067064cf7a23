"""Plain English: stories, descriptions, how things work, and short talk."""

from . import facts, topics, words
from .document import Document, Source, articles, assistant, capital, system, text, user
from .wordings import pairs, read

_STORIES = read("stories")
GREETINGS = pairs(read("greetings")["greetings"])


def _slots(source: Source) -> dict[str, str]:
    first, second = source.some(words.ADJECTIVES, 2)
    food, other_food = source.some(words.FOODS, 2)
    name, other = source.some(words.FIRST_NAMES, 2)
    return {
        "a": first,
        "b": second,
        "name": name,
        "other": other,
        "place": source.pick(words.PLACE_KINDS),
        "thing": source.pick(words.OBJECTS),
        "animal": source.pick(words.ANIMALS),
        "food": food,
        "second": other_food,
        "job": source.pick(words.JOBS),
        "city": source.pick(words.CITIES),
        "month": source.pick(words.MONTHS),
        "day": source.pick(words.WEEKDAYS),
        "street": source.pick(words.STREETS),
        "material": source.pick(words.MATERIALS),
        "time": source.pick(["morning", "evening", "afternoon", "night", "day"]),
        "number": str(source.number(2, 99)),
    }


def story(source: Source) -> Document:
    """A short story whose people and things stay the same."""
    slots = _slots(source)
    middles = source.some(_STORIES["middles"], source.number(3, 9))
    # Adjectives change from sentence to sentence; who and what do not.
    told = [
        frame.format(
            **{**slots, "a": source.pick(words.ADJECTIVES), "b": source.pick(words.ADJECTIVES)}
        )
        for frame in [source.pick(_STORIES["openings"]), *middles, source.pick(_STORIES["endings"])]
    ]
    return text(articles(" ".join(told)))


def essay(source: Source) -> Document:
    """A paragraph on one topic, or two."""
    names = source.some(list(topics.TOPICS), source.number(1, 2))
    parts = [
        f"{capital(name)}. {topics.paragraph(source, name, source.number(3, 7))}"
        if source.chance(0.5)
        else topics.paragraph(source, name, source.number(3, 7))
        for name in names
    ]
    return text("\n".join(parts))


def explanation(source: Source) -> Document:
    """How things work."""
    return text(" ".join(source.some(_STORIES["explanations"], source.number(2, 5))))


def catalogue(source: Source) -> Document:
    """Plain text in which invented places and products are described."""
    lines = []
    for _ in range(source.number(2, 5)):
        kind = source.pick(list(facts.KINDS))
        entity = facts.name(source, kind)
        lines.append(
            " ".join(
                facts.state(source, entity, attribute, attribute.value(source))
                for attribute in source.some(facts.KINDS[kind], source.number(2, 5))
            )
        )
    return text("\n".join(lines))


def small_talk(source: Source) -> Document:
    """Greetings and a few words about a topic."""
    document: Document = (
        [
            system(
                source.pick(
                    [
                        "You are a helpful assistant.",
                        "You are a friendly assistant.",
                        "Be polite.",
                        "You are whet-nano.",
                    ]
                )
            )
        ]
        if source.chance(0.5)
        else []
    )
    for _ in range(source.number(1, 3)):
        if source.chance(0.6):
            question, answer = source.pick(GREETINGS)
        else:
            name = source.pick(list(topics.TOPICS))
            question = source.pick(
                [
                    "Tell me something about {t}.",
                    "Say something about {t}.",
                    "Write a sentence about {t}.",
                    "What do you know about {t}?",
                ]
            ).format(t=name)
            answer = topics.sentence(source, name)
        document += [user(question), assistant(answer)]
    return document


def dialogue(source: Source) -> Document:
    """Plain text: two people talk about a topic."""
    first, second = source.some(words.FIRST_NAMES, 2)
    name = source.pick(list(topics.TOPICS))
    return text(
        "\n".join(
            f"{first if i % 2 == 0 else second}: {topics.sentence(source, name)}"
            for i in range(source.number(3, 8))
        )
    )
