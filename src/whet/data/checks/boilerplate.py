"""Words with which many free-text answers begin or end alike: they will open every answer."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from whet.data.checks.accused import lines_of, share
from whet.data.checks.texts import free_answers
from whet.data.places import printable
from whet.findings import Finding, Kind, Severity
from whet.types import Example

MIN_ROWS = 20
NUM_WORDS = 3
"""An opening or closing is told apart by so many words, and then followed further."""
MIN_SHARE = 0.10
SHORT_SHARE = 0.20
"""Three shared words alone are told from this share on; longer phrases from `MIN_SHARE`."""
MIN_FILLER_SHARE = 0.03
MIN_COUNT = 5
KEEPS = 0.8
"""A further word belongs to it while so many of its answers share that word."""
MAX_WORDS = 15
MAX_SHOWN = 5

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_FILLER = re.compile(
    r"^(?:sure\b|i(?:'m| am) sorry|certainly|of course|absolutely"
    r"|great question|good question"
    r"|i(?:'d| would) be happy|i(?:'m| am) happy to help|happy to help|no problem"
    r"|thank(?:s| you) for|as an ai\b"
    r"|here (?:is|are)\b|here's)"
    r"|(?:hope (?:this|that|it) helps?|let me know(?: if)?.*|feel free to (?:ask|reach|contact).*"
    r"|(?:any|other|further|more) questions|anything else|glad (?:to|i could) help|you're welcome"
    r"|have a (?:great|nice|good|wonderful) day)$",
    re.IGNORECASE,
)

_Side = tuple[str, ...]


def boilerplate(examples: Sequence[Example]) -> list[Finding]:
    """One finding for each opening or closing that many answers share.

    A warning for the fillers of chat assistants, from 3 % of the answers; a note for other words,
    from 10 %.
    """
    rows = free_answers(examples)
    if len(rows) < MIN_ROWS:
        return []
    words = [tuple(_WORD.findall(row.answer.replace("\u2019", "'"))) for row in rows]
    backward = [tuple(reversed(each)) for each in words]
    openings = _shared(rows, words, "begin")
    closings = _shared(rows, backward, "end")
    whole = {said for said, _ in openings}  # answers that all are one sentence are told once
    return [f for _, f in openings] + [f for said, f in closings if said not in whole]


def _shared(rows: list[Example], sides: list[_Side], verb: str) -> list[tuple[str, Finding]]:
    groups: dict[_Side, list[int]] = defaultdict(list)
    for index, side in enumerate(sides):
        # An answer that is nothing but these words is an answer, not a frame around one.
        if len(side) > NUM_WORDS + 1:
            groups[tuple(word.casefold() for word in side[:NUM_WORDS])].append(index)
    found = []
    for members in sorted(groups.values(), key=lambda group: (-len(group), group[0])):
        if len(members) < max(MIN_COUNT, MIN_FILLER_SHARE * len(rows)):
            break
        phrase = _followed([sides[index] for index in members])
        said = " ".join(phrase if verb == "begin" else reversed(phrase))
        filler = bool(_FILLER.search(said))
        least = SHORT_SHARE if len(phrase) == NUM_WORDS else MIN_SHARE
        if filler or len(members) >= least * len(rows):
            them = [rows[index] for index in members]
            found.append((said, _finding(them, len(rows), verb, said, filler)))
    return found[:MAX_SHOWN]


def _followed(sides: list[_Side]) -> list[str]:
    """The words that most of these answers share, in the spelling of the first of them."""
    kept = sides
    length = NUM_WORDS
    while length < MAX_WORDS:
        nexts: dict[str, list[_Side]] = defaultdict(list)
        for side in kept:
            if len(side) > length:
                nexts[side[length].casefold()].append(side)
        most = max(nexts.values(), key=len, default=[])
        if len(most) < KEEPS * len(sides):
            break
        kept, length = most, length + 1
    return list(kept[0][:length])


def _finding(rows: list[Example], total: int, verb: str, said: str, filler: bool) -> Finding:
    message = (
        f"{share(len(rows), total)} answers {verb} with {printable(said)!r}, such as "
        f"{lines_of([row.source for row in rows])}."
    )
    if filler:
        fix = "Take it out, unless every answer shall have it: the model will learn it."
        return Finding(Severity.WARNING, Kind.BOILERPLATE, message, fix=fix)
    fix = "Fine if that is the form you want; else vary it."
    return Finding(Severity.NOTE, Kind.BOILERPLATE, message, fix=fix)
