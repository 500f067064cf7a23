"""Skill: choose one label out of a set that the system prompt names."""

from collections.abc import Callable
from dataclasses import dataclass

from . import intents, judgements, topics
from .document import Document, Source, assistant, capital, system, user
from .wordings import read
from .words import code, invented, pair

_PROMPTS = read("prompts")
INTROS, REPLY, LIST_HEADS = (
    _PROMPTS[part] for part in ("label intros", "label replies", "list heads")
)

JUDGEMENTS: dict[str, tuple[Callable[[Source], tuple[str, str]], list[str], list[str]]] = {
    "sentiment": (
        judgements.sentiment,
        ["positive", "negative"],
        [
            "Is the review positive or negative?",
            "Classify the sentiment.",
            "What is the sentiment of the text?",
            "Decide whether the message is positive or negative.",
            "Classify the sentiment of the review.",
        ],
    ),
    "sentiment_three": (
        judgements.sentiment_three,
        ["positive", "negative", "neutral"],
        ["Classify the sentiment.", "What is the tone of the text?"],
    ),
    "urgency": (
        judgements.urgency,
        ["urgent", "normal"],
        [
            "How urgent is the message?",
            "Is this urgent?",
            "Classify the urgency.",
            "Decide if the message is urgent or normal.",
            "Triage the message.",
        ],
    ),
    "language": (
        judgements.language,
        list(judgements.LANGUAGES),
        ["Which language is this?", "Name the language of the text.", "Detect the language."],
    ),
    "spam": (
        judgements.spam,
        ["spam", "ham"],
        ["Is this spam?", "Spam filter.", "Decide if the mail is spam or ham."],
    ),
    "kind": (
        judgements.kind,
        ["question", "statement", "request"],
        ["What kind of sentence is this?", "Classify the sentence."],
    ),
    "category": (
        judgements.category,
        list(judgements.CATEGORIES),
        ["What is this?", "Name the category of the word.", "What kind of word is it?"],
    ),
    "subject": (
        judgements.subject,
        ["shop", "payments", "account", "travel"],
        ["Which team should get the message?", "Route the message to a team."],
    ),
}

SYNONYMS = {
    "positive": ["positive", "good", "happy", "pos", "favourable"],
    "negative": ["negative", "bad", "unhappy", "neg", "unfavourable"],
    "urgent": ["urgent", "high", "now", "critical"],
    "normal": ["normal", "low", "later", "routine"],
    "spam": ["spam", "junk", "unwanted"],
    "ham": ["ham", "fine", "wanted"],
}


@dataclass(frozen=True)
class Task:
    """A set of labels and a way to draw (message, label) pairs; `meanings` is given when labels say
    nothing themselves.
    """

    labels: list[str]
    draw: Callable[[], tuple[str, str]]
    intro: str
    meanings: dict[str, str] | None = None


def styled(name: str, style: int) -> str:
    """A snake_case name in one of the styles in which labels are written."""
    words = name.split("_")
    return [
        "_".join(words),
        " ".join(words),
        "-".join(words),
        "".join(map(capital, words)),
        "_".join(words).upper(),
        capital(" ".join(words)),
    ][style]


def num_labels(source: Source, most: int) -> int:
    """Mostly a handful, sometimes dozens."""
    roll = source.rng.random()
    if roll < 0.55:
        return source.number(2, min(6, most))
    if roll < 0.85:
        return source.number(min(4, most), min(14, most))
    return source.number(min(10, most), most)


def intent_task(source: Source, most: int = 30) -> Task:
    """Customer intents from the grid."""
    first = source.pick_split(list(intents.INTENTS))
    names = [first, *intents.related(source, first, num_labels(source, most) - 1)]
    style = source.pick([0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 5])
    asked = [name for name in names if not source.held_out or source.side([name])]

    def draw() -> tuple[str, str]:
        name = source.pick(asked)
        return intents.message(source, name), styled(name, style)

    return Task([styled(name, style) for name in names], draw, source.wording(INTROS))


def topic_task(source: Source, most: int = 20) -> Task:
    """Topics, under one of their names."""
    asked = source.side(list(topics.TOPICS))
    pool = list(topics.TOPICS) if source.held_out else asked
    first = source.pick(asked)
    others = [
        name
        for name in source.some(pool, num_labels(source, min(most, len(asked))))
        if name != first
    ]
    chosen = {
        name: source.pick([name, name, *topics.TOPICS[name].names])
        for name in [first, *(others or [asked[0]])]
    }
    style = source.pick([0, 0, 0, 0, 0, 0, 4, 5, 5])

    def draw() -> tuple[str, str]:
        name = source.pick([name for name in chosen if name in asked])
        return topics.paragraph(source, name, source.number(1, 3)), styled(chosen[name], style)

    return Task([styled(label, style) for label in chosen.values()], draw, source.wording(INTROS))


def judgement_task(source: Source) -> Task:
    """A closed question such as sentiment; labels sometimes under another name."""
    draw_name, labels, intros = JUDGEMENTS[
        source.pick([*["sentiment"] * 4, "urgency", *JUDGEMENTS])
    ]
    column = source.pick([0, 0, 0, 1, 2])
    style = source.pick([0, 0, 0, 0, 0, 0, 4, 5, 5])

    def name_of(label: str) -> str:
        names = SYNONYMS.get(label, [label])
        return (
            styled(names[min(column, len(names) - 1)], style)
            if label in SYNONYMS
            else styled(label, style)
        )

    def draw() -> tuple[str, str]:
        message, label = draw_name(source)
        return message, name_of(label)

    return Task(
        [name_of(label) for label in labels],
        draw,
        source.wording(intros) if source.chance(0.7) else source.wording(INTROS),
    )


def yes_no_task(source: Source) -> Task:
    """Does the message have this property: yes or no."""
    draw_name, labels, _ = JUDGEMENTS[
        source.pick(["sentiment", "urgency", "spam", "category", "kind"])
    ]
    asked = source.pick(labels)
    negative = source.chance(0.5)

    def draw() -> tuple[str, str]:
        while True:
            message, label = draw_name(source)
            if (label == asked) or negative or source.chance(0.5):
                return message, "yes" if label == asked else "no"

    question = source.pick(
        [
            "Is the message {a}?",
            "Does the label {a} fit? Answer yes or no.",
            "Say yes if the text is {a}, otherwise no.",
            "Answer yes or no: is this {a}?",
            "Is this {a}? yes or no",
        ]
    )
    return Task(["yes", "no"], draw, question.format(a=asked))


def defined_task(source: Source) -> Task:
    """Labels without meaning (invented words, codes), each defined in the prompt."""
    base = (
        source.pick([topic_task, judgement_task, intent_task])(source)
        if source.chance(0.3)
        else topic_task(source, 6)
    )
    labels = base.labels[:6] if len(base.labels) > 6 else base.labels
    make = source.pick([invented, code, pair, None])
    renamed = {
        label: make(source) if make else str(number) for number, label in enumerate(labels, 1)
    }

    def draw() -> tuple[str, str]:
        while True:
            message, label = base.draw()
            if label in renamed:
                return message, renamed[label]

    return Task(
        list(renamed.values()), draw, base.intro, {new: old for old, new in renamed.items()}
    )


def instruction(source: Source, task: Task) -> str:
    """The system prompt that names the labels, in one of many wordings."""
    labels = source.some(task.labels, len(task.labels))
    style = source.number(0, 6)
    head = source.wording(LIST_HEADS)
    if task.meanings:
        join = source.pick([": ", " = ", " - ", " means ", ": messages about ", " for "])
        rows = [f"{label}{join}{task.meanings[label]}" for label in labels]
        listing = (
            head.strip() + "\n" + "\n".join(source.pick(["- ", ""]) * 1 + row for row in rows)
            if style < 4
            else head + "; ".join(rows)
        )
    elif style <= 2:
        listing = head + ", ".join(labels) + source.pick([".", "", ""])
    elif style == 3:
        listing = head.strip() + "\n" + "\n".join(labels)
    elif style == 4:
        listing = head.strip() + "\n" + "\n".join(f"- {label}" for label in labels)
    elif style == 5 and len(labels) <= 8:
        listing = "Answer with " + ", ".join(labels[:-1]) + f" or {labels[-1]}."
    else:
        listing = head + " | ".join(labels)
    reply = source.wording(REPLY)
    parts = [task.intro, listing, reply] if source.chance(0.7) else [task.intro, reply, listing]
    if source.chance(0.1):
        parts = parts[1:]
    return source.pick([" ", "\n", "\n", "\n\n"]).join(part for part in parts if part)


def conversation(source: Source, task: Task, turns: int) -> Document:
    """System prompt and turns; or one user message that holds everything."""
    prompt = instruction(source, task)
    marker = source.pick(["", "", "", "", "Message: ", "Text: ", "Customer: ", "Input: "])
    if source.chance(0.12):
        message, label = task.draw()
        return [user(f"{prompt}\n\n{marker or 'Message: '}{message}"), assistant(label)]
    document = [system(prompt)]
    for _ in range(turns):
        message, label = task.draw()
        document += [user(marker + message), assistant(label)]
    return document


TURNS = [1, 1, 2, 3, 4, 6, 8]
"""Many turns share the cost of one prompt; single ones are what is asked of the model later."""


def classify_intent(source: Source) -> Document:
    """2 to 30 customer intents."""
    return conversation(source, intent_task(source), source.pick(TURNS))


def classify_many(source: Source) -> Document:
    """30 to 77 customer intents: the long documents."""
    first = source.pick_split(list(intents.INTENTS))
    names = [first, *intents.related(source, first, source.number(30, 77) - 1)]
    asked = [name for name in names if not source.held_out or source.side([name])]

    def draw() -> tuple[str, str]:
        name = source.pick(asked)
        return intents.message(source, name), name

    return conversation(source, Task(names, draw, source.wording(INTROS)), source.number(2, 8))


def classify_topic(source: Source) -> Document:
    """Topics of everyday life."""
    return conversation(source, topic_task(source), source.pick(TURNS))


def classify_judgement(source: Source) -> Document:
    """Sentiment, urgency, language and the like."""
    return conversation(source, judgement_task(source), source.pick(TURNS))


def classify_yes_no(source: Source) -> Document:
    """Yes or no."""
    return conversation(source, yes_no_task(source), source.pick(TURNS))


def classify_defined(source: Source) -> Document:
    """Labels that the prompt defines."""
    return conversation(source, defined_task(source), source.pick(TURNS))
