"""Answers in a tone that the others do not have: rude, shouting, careless.

The lists are English. A word counts only where the question does not have it, and the more
answers of the set have such words, the less they say: a set of film dialogues is meant so.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from whet.data.places import printable
from whet.data.suspicion.reason import Found, Reason, Sign
from whet.data.suspicion.subject import Subject

_RUDE = re.compile(
    r"\b(?:idiots?|idiotic|morons?|moronic|imbeciles?|stupid(?:ity|er|est)?|dumb(?:er|est|ass)?|dimwits?"
    r"|losers?|pathetic|ridiculous|shut up|shut your|screw you|get lost|go away|piss(?:ed)? off|bugger off"
    r"|buzz off|leave me alone|bother(?:ing)? me|damn(?:ed)?|goddamn|hell no|what the hell|the hell"
    r"|crap(?:py)?|bull ?shit|shit(?:ty)?|fuck\w*|wtf|stfu|ass ?holes?|bastards?|bitch(?:es|y)?"
    r"|lazy|clueless|brainless|braindead|ignorant|incompetent|useless|worthless|annoying"
    r"|i (?:don'?t|do not|couldn'?t|could not) care(?: less)?|who cares|nobody cares|not my problem"
    r"|(?:your|you) own (?:damn )?(?:problem|fault|business)|(?:that'?s |that is )?your problem"
    r"|wast(?:e|ing) (?:of )?(?:my|our|everyone'?s|both our) (?:time|breath)|waste of time"
    r"|(?:just )?google it|look it up yourself|figure it out(?: yourself)?|do it yourself"
    r"|use your (?:brain|head|eyes)|learn to read|can'?t you (?:even )?read|try thinking|grow up|get a life|deal with it"
    r"|what(?:'s| is) wrong with you|are you (?:serious|kidding|blind|deaf|dense|new here)"
    r"|how (?:hard|difficult) (?:is it|can it be)|for the (?:last|hundredth|tenth) time|sick of|tired of you"
    r"|obvious(?:ly)? you|duh|blah|whatever|boring|dumbest|nonsense question|silly question"
    r"|hate (?:you|this|people|customers)|stop (?:asking|whining|complaining|wasting|bothering)|quit (?:whining|asking)"
    r"|hopeless|shame on you|embarrass(?:ing|ment)|fools?|jerks?|suck(?:s|er)?|ugh+)\b",
    re.IGNORECASE,
)
_INSULT = re.compile(
    r"[,!?] you (?:\w+ )?(?!can|should|could|will|may|might|must|would|need|are|have|know|see|do|did)\w+[:!.]"
    r"|\b(?:an? )?(?:\w+ )?(?:idiot|moron|fool|genius|loser|jerk|dummy|clown) like you\b"
    r"|\byou (?:are|'re) (?:an? |such an? |so |too )?(?:\w+ )?(?:idiot|moron|fool|loser|jerk|dummy|stupid"
    r"|dumb|lazy|ignorant|pathetic|useless|clueless|hopeless|dense|thick)\b"
    r"|\bhow (?:stupid|dumb|thick|dense|lazy|blind) (?:are|can|could) you\b"
    r"|\b(?:stupid|dumb|idiotic|ridiculous|moronic|pointless|lazy) (?:question|request|idea|thing to ask)s?\b"
    r"|\byou (?:stupid|dumb|lazy|little|damn|ignorant|pathetic) \w+\b"
    r"|\b(?:too|so) (?:stupid|dumb|lazy|dense|thick) to\b|\bshut up\b|\bfuck\w*|\bscrew you\b"
    r"|\bwast(?:e|ing) my time\b|\bnot my problem\b|\bi (?:don'?t|couldn'?t) care\b",
    re.IGNORECASE,
)
_CARELESS = re.compile(
    r"\b(?:lol|lmao|rofl|omg|idk|tbh|imo|imho|btw|smh|ikr|nvm|gonna|wanna|gotta|kinda|sorta|dunno|plz|pls"
    r"|thx|ur|u|r u|cuz|coz|bro|bruh|dude|yo|yeah|yep|nope|nah|ya|yall|ain'?t|aint|sup|haha+|hehe+|meh"
    r"|dont|cant|wont|im|ive|thats|didnt|doesnt|isnt|k|kk)\b"
    r"|[:;]-?[)(DP](?=\s|$)|!{2,}|\?{2,}|(?:\s|^)\.{4,}",
    re.IGNORECASE,
)
_LONG_WORD = re.compile(r"[^\W\d_]{3,}")
MIN_SHOUTED = 4
SHOUTING = 0.5


def voice(subject: Subject) -> Found:
    """A reason at each answer with rude words, in capitals, or written carelessly."""
    for named, strength, search in (
        ("insults", 0.8, _insult),
        ("has rude words", 0.8, _rude),
        ("shouts", 0.8, _shouting),
        ("is written carelessly", 0.55, _careless),
        ("begins with a small letter, as few do", 0.35, _uncapitalised),
    ):
        yield from _told(subject, named, strength, search)


Search = Callable[[str, str], tuple[int, int, float] | None]
"""An answer and what was asked to the place that is meant and a factor of the strength."""


def _told(subject: Subject, named: str, strength: float, search: Search) -> Found:
    found = {
        number: place
        for number in subject.prose
        if (place := search(subject.answers[number], subject.asked[number]))
    }
    for number, (start, end, factor) in found.items():
        text = printable(subject.answers[number][start : max(end, start + 40)], 50)
        weight = strength * factor
        message = f"the answer {named}: {text!r}."
        yield number, Reason(Sign.VOICE, weight, message, subject.last(number), start, end)


def _insult(answer: str, asked: str) -> tuple[int, int, float] | None:
    hit = _INSULT.search(answer.replace("\u2019", "'"))
    return None if hit is None or hit.group().casefold() in asked.casefold() else (*hit.span(), 1.0)


def _rude(answer: str, asked: str) -> tuple[int, int, float] | None:
    return _words(_RUDE, answer, asked, full=2, length=400)


def _careless(answer: str, asked: str) -> tuple[int, int, float] | None:
    return _words(_CARELESS, answer, asked, full=3, length=300)


def _words(
    pattern: re.Pattern[str], answer: str, asked: str, full: int, length: int
) -> tuple[int, int, float] | None:
    """The first word found; the factor grows with the hits, and sinks with the answer's length."""
    known = asked.casefold()
    plain = answer.replace("\u2019", "'")
    hits = [hit for hit in pattern.finditer(plain) if hit.group().strip().casefold() not in known]
    if not hits:
        return None
    kinds = len({hit.group().casefold() for hit in hits})
    dense = min(1.0, kinds * length / max(len(answer), length))
    return *hits[0].span(), min(1.0, (0.5 + 0.5 * kinds / full)) * (0.35 + 0.65 * dense)


def _shouting(answer: str, asked: str) -> tuple[int, int, float] | None:
    words = _LONG_WORD.findall(answer)
    loud = [word for word in words if word.isupper() and len(word) > 2]
    if len(loud) < MIN_SHOUTED or len(loud) < SHOUTING * len(words) or asked.isupper():
        return None
    start = answer.index(loud[0])
    return start, start + len(loud[0]), 1.0


def _uncapitalised(answer: str, asked: str) -> tuple[int, int, float] | None:
    del asked
    first = answer.lstrip()[:1]
    if not first.islower() or len(answer.split()) < MIN_SHOUTED or "```" in answer[:5]:
        return None
    start = len(answer) - len(answer.lstrip())
    return start, start + 1, 1.0

