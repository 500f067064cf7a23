"""Skill: answer from the given passages, exactly, and say so when the answer is not there."""

import re
from dataclasses import dataclass

from . import facts, topics
from .document import Document, Source, assistant, capital, system, user
from .facts import Attribute
from .wordings import read

ABSTAIN = "I don't know."

_PROMPTS = read("prompts")
PROMPTS, ABSTAINS, HEADS = (_PROMPTS[part] for part in ("answer", "abstain", "context heads"))

RETRIEVED = """\
Passages that may help:

{passages}

Answer from the passages where they hold the answer."""
RETRIEVED_ABSTAIN = " If they do not, say that you do not know."
"""The frame in which whet's own rag arm shows passages, under the system prompt."""


@dataclass(frozen=True)
class Fact:
    """A stated fact of the small world."""

    entity: str
    attribute: Attribute
    value: str


def world(source: Source, num_entities: int, facts_each: int) -> tuple[str, list[list[Fact]]]:
    """Entities of one or two kinds with facts: a question has distractors of its own sort."""
    drawn = [*facts.KINDS, "place", "product", "product"]
    kinds = source.some(drawn, 2) if source.chance(0.2) else [source.pick(drawn)]
    shared = {kind: source.some(facts.KINDS[kind], facts_each) for kind in kinds}
    entities: list[list[Fact]] = []
    names: set[str] = set()
    while len(entities) < num_entities:
        kind = source.pick(kinds)
        entity = facts.name(source, kind)
        if entity.lower() in names:
            continue
        names.add(entity.lower())
        chosen = shared[kind] if source.chance(0.7) else source.some(facts.KINDS[kind], facts_each)
        unique = list({id(attribute): attribute for attribute in chosen}.values())
        entities.append([Fact(entity, attribute, attribute.value(source)) for attribute in unique])
    return kinds[0], entities


def passage(source: Source, known: list[Fact], num_filler: int) -> str:
    """The facts of an entity as running text or as rows, with filler sentences about something
    else.
    """
    entity = known[0].entity
    if source.chance(0.08):
        table = facts.rows(source, [(fact.attribute, fact.value) for fact in known])
        return f"{capital(entity)}\n{table}"
    sentences = [facts.state(source, entity, fact.attribute, fact.value) for fact in known]
    if source.chance(0.3) and entity.lower().startswith(("the ", "project ")):
        # Later sentences may say "It"; the first one names what it is about.
        sentences[1:] = [
            re.sub(rf"^{re.escape(capital(entity))} ", "It ", sentence)
            for sentence in sentences[1:]
        ]
    topic = source.pick(list(topics.TOPICS))
    for _ in range(num_filler):
        sentences.insert(
            source.number(0, len(sentences))
            if not any(s.startswith("It ") for s in sentences)
            else len(sentences),
            topics.sentence(source, topic),
        )
    body = " ".join(sentences)
    return f"{capital(entity)}\n{body}" if source.chance(0.2) else body


def layout(source: Source, passages: list[tuple[str, str]], style: int) -> str:
    """The passages in one of the layouts in which retrieved text is shown."""
    head = source.pick(HEADS)
    if style == 0:
        body = "\n".join(f"[{i}] {body}" for i, (_, body) in enumerate(passages, 1))
    elif style == 1:
        body = "\n".join(f"- {body}" for _, body in passages)
    elif style == 2:
        body = "\n\n".join(f"{capital(title)}\n{body}" for title, body in passages)
    elif style == 3:
        body = "\n".join(f"{i}. {body}" for i, (_, body) in enumerate(passages, 1))
    elif style == 4:
        body = "\n\n".join(f"Document {i}:\n{body}" for i, (_, body) in enumerate(passages, 1))
    elif style == 5:
        body = "\n\n".join(f"# {capital(title)}\n\n{body}" for title, body in passages)
    elif style == 6:
        body = "\n".join(f"<document>\n{body}\n</document>" for _, body in passages)
    else:
        body = source.pick(["\n", "\n\n", " "]).join(body for _, body in passages)
    return f"{head}\n{body}" if head else body


LEADS = [
    *[""] * 5,
    "Hello, ",
    "Hi! ",
    "Please tell me: ",
    "Question: ",
    "I have a question. ",
]


def unanswerable(source: Source, entities: list[list[Fact]], kind: str) -> str:
    """A question whose answer is not stated: for another fact, or about another entity."""
    known = source.pick(entities)
    stated = {id(fact.attribute) for fact in known}
    missing = [attribute for attribute in facts.KINDS[kind] if id(attribute) not in stated]
    is_of_kind = any(attribute is known[0].attribute for attribute in facts.KINDS[kind])
    if missing and is_of_kind and source.chance(0.4):
        return facts.ask(source, known[0].entity, source.pick(missing))
    names = {other[0].entity.lower() for other in entities}
    stranger = facts.name(source, kind)
    if stranger.lower() in names:
        stranger = "the Nowhere Gate"
    return facts.ask(source, stranger, source.pick(facts.KINDS[kind]))


def questions(
    source: Source, entities: list[list[Fact]], kind: str, share_unknown: float, count: int
) -> list[tuple[str, str]]:
    """At most `count` questions with their exact answers, each fact asked for once."""
    stated = [fact for known in entities for fact in known]
    pairs = []
    for fact in source.some(stated, count):
        if source.chance(share_unknown):
            asked, answer = unanswerable(source, entities, kind), ABSTAIN
        else:
            asked, answer = facts.ask(source, fact.entity, fact.attribute), fact.value
        lead = source.pick(LEADS)
        if lead.endswith(", ") and source.chance(0.5):
            asked = asked[:1].lower() + asked[1:]
        pairs.append((lead + (asked if source.chance(0.97) else asked.rstrip("?")), answer))
    return pairs


def compose(
    source: Source, num_passages: int, facts_each: int, num_filler: int, share_unknown: float
) -> Document:
    """Passages in the system or the user message, then one to four questions."""
    kind, entities = world(source, num_passages, facts_each)
    style = source.number(0, 8)
    merged = num_passages > 1 and facts_each <= 2 and source.chance(0.3)
    bodies = [(known[0].entity, passage(source, known, num_filler)) for known in entities]
    if merged:
        bodies = [(bodies[0][0], " ".join(body for _, body in bodies))]
    shown = layout(source, bodies, style)
    if source.chance(0.6):
        return retrieved(source, [body for _, body in bodies], entities, kind, share_unknown)
    # A prompt without any word about abstaining is still followed by an honest answer.
    prompt = source.wording(PROMPTS)
    abstain = source.pick(ABSTAINS)
    prompt = f"{prompt} {abstain}".strip()
    pairs = questions(source, entities, kind, share_unknown, source.number(1, 9))
    place = source.number(0, 3)
    document: Document = []
    if place <= 1:
        document.append(system(f"{prompt}{source.pick([chr(10), chr(10) * 2])}{shown}"))
        for question, answer in pairs:
            document += [user(question), assistant(answer)]
        return document
    question, answer = pairs[0]
    label = (
        "" if question.startswith("Question: ") else source.pick(["", "Question: ", "Question: "])
    )
    joined = (
        f"{shown}\n\n{label}{question}" if source.chance(0.75) else f"{label}{question}\n\n{shown}"
    )
    if place == 2:
        document = [system(prompt), user(joined), assistant(answer)]
    else:
        document = [user(f"{prompt}\n\n{joined}"), assistant(answer)]
    for question, answer in pairs[1:]:
        document += [user(question), assistant(answer)]
    return document


def retrieved(
    source: Source, bodies: list[str], entities: list[list[Fact]], kind: str, share_unknown: float
) -> Document:
    """Numbered passages in the frame of the rag arm, then one or two questions."""
    numbered = "\n\n".join(f"[{i}] {body}" for i, body in enumerate(bodies, 1))
    prompt = source.wording(PROMPTS) if source.chance(0.9) else ""
    frame = RETRIEVED.format(passages=numbered) + (RETRIEVED_ABSTAIN if source.chance(0.7) else "")
    document = [system("\n\n".join(part for part in (prompt, frame) if part))]
    for question, answer in questions(source, entities, kind, share_unknown, source.number(1, 9)):
        document += [user(question), assistant(answer)]
    return document


def grid(source: Source) -> Document:
    """Passages, then every fact asked for and answered in one text: the densest lesson in finding
    the value that belongs to both the thing and the kind of fact.
    """
    kind, entities = world(source, source.number(2, 4), source.number(1, 3))
    listing = "\n".join(passage(source, known, 0) for known in entities)
    pairs = questions(source, entities, kind, share_unknown=0.0, count=12)
    request = source.pick(["Ask and answer everything.", "Make questions.", "Make a quiz."])
    answer = "\n".join(f"{question} {value}" for question, value in pairs)
    return [user(f"{request}\n{listing}"), assistant(answer)]


def one_fact(source: Source) -> Document:
    """One or two short passages: the first lesson."""
    return compose(source, source.number(1, 3), source.number(1, 3), 0, 0.08)


def short_passages(source: Source) -> Document:
    """Two to six short passages about similar things."""
    return compose(source, source.number(2, 6), source.number(1, 3), source.number(0, 1), 0.1)


def long_passages(source: Source) -> Document:
    """Three to eight passages of up to some 120 words."""
    return compose(source, source.number(3, 8), source.number(2, 5), source.number(1, 5), 0.15)


def closed_book(source: Source) -> Document:
    """The same questions with nothing to answer from."""
    kind = source.pick(list(facts.KINDS))
    document: Document = []
    if source.chance(0.8):
        document.append(system(f"{source.wording(PROMPTS)} {source.pick(ABSTAINS)}".strip()))
    for _ in range(source.number(1, 2)):
        document += [
            user(facts.ask(source, facts.name(source, kind), source.pick(facts.KINDS[kind]))),
            assistant(ABSTAIN),
        ]
    return document
