"""Customer intents as a grid: a subject (card, transfer, parcel, booking ...) times a matter (lost,
late, fee ...).

A cell is one intent with a label such as `card_not_arrived`. The label's hash keeps one cell in
eight out of training, so that a held-out intent is a new pair of familiar words: what a reader of
label sets must be able to use.
"""

from .document import Source, articles, capital
from .wordings import nested, read

SUBJECTS = nested("subjects")
MATTERS = nested("matters")
_AROUND = read("openers")

INTENTS: dict[str, tuple[str, str, str]] = {
    f"{subject}_{matter}": (kind, subject, matter)
    for kind, subjects in SUBJECTS.items()
    for subject in subjects
    for matter in MATTERS[kind]
}


def message(source: Source, intent: str) -> str:
    """One way in which a customer may say it."""
    kind, subject, matter = INTENTS[intent]
    wording = source.wording(MATTERS[kind][matter])
    core = articles(wording.format(o=source.pick(SUBJECTS[kind][subject])))
    opener = source.pick(_AROUND["openers"])
    sentence = opener + core + source.pick(_AROUND["details"]) + source.pick(_AROUND["closers"])
    if source.chance(0.7):
        sentence = capital(sentence)
    if source.chance(0.5) and sentence[-1].isalpha():
        sentence += (
            "?"
            if core.startswith(
                ("how", "why", "what", "when", "where", "is", "can", "do", "who", "which")
            )
            else "."
        )
    return sentence


def related(source: Source, intent: str, count: int) -> list[str]:
    """`count` other intents, some of which share the subject or the matter with this one.

    In training none of them is held out; in scoring they come from both sides.
    """
    _, subject, matter = INTENTS[intent]
    pool = list(INTENTS) if source.held_out else source.side(list(INTENTS))
    near = [
        name
        for name in pool
        if name != intent and (INTENTS[name][1] == subject or INTENTS[name][2] == matter)
    ]
    chosen = source.some(near, min(count, round(count * source.rng.random())))
    far = [
        name
        for name in source.some(pool, count + len(chosen) + 1)
        if name != intent and name not in chosen
    ]
    return (chosen + far)[:count]
