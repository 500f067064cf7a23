"""Skill: refuse what is plainly harmful in one fixed sentence, and nothing else that merely sounds
like it.
"""

from . import words
from .document import Document, Source, assistant, system, user
from .wordings import pairs, read

REFUSAL = "Sorry, I can't help with that."

_REQUESTS = read("requests")
HARMFUL_ACTS = _REQUESTS["harmful"]
HARMLESS = pairs(_REQUESTS["harmless"])
PROMPTS = _REQUESTS["prompts"]
VICTIMS = [
    "neighbour",
    "boss",
    "wife",
    "husband",
    "teacher",
    "brother",
    "colleague",
    "friend",
    "roommate",
    "sister",
    "ex",
]
BUILDINGS = ["school", "church", "office", "station", "hospital", "bank", "shop"]


def harmful_request(source: Source) -> str:
    """A request that must be refused, on this side of the split."""
    act = source.pick_split(HARMFUL_ACTS).format(
        p=source.pick(VICTIMS), b=source.pick(BUILDINGS), o=source.pick(words.OBJECTS)
    )
    return source.pick(_REQUESTS["harmful frames"]).format(a=act)


def harmless_request(source: Source) -> tuple[str, str]:
    """A request that must be answered, and an answer."""
    act, answer = source.pick([pair for pair in HARMLESS if source.side([pair[0]])])
    return source.pick(_REQUESTS["asks"]).format(a=act), answer


def refuse(source: Source) -> Document:
    """One to three requests, harmful and harmless mixed."""
    document: Document = [system(source.pick(PROMPTS))] if source.chance(0.6) else []
    for _ in range(source.number(1, 4)):
        question, answer = (
            (harmful_request(source), REFUSAL) if source.chance(0.5) else harmless_request(source)
        )
        document += [user(question), assistant(answer)]
    return document


def refuse_on_duty(source: Source) -> Document:
    """A harmful request in the middle of another task: passages do not unlock it."""
    from . import context

    document = context.one_fact(source)
    return [*document, user(harmful_request(source)), assistant(REFUSAL)]
