"""Words and phrases of a tone, English; each a pattern, with commas between them."""

from __future__ import annotations

import re

RUDE = """
    idiots?, idiotic, morons?, moronic, imbeciles?, stupid(?:ity|er|est)?, dumb(?:er|est|ass)?,
    dimwits?, losers?, pathetic, ridiculous, shut up, shut your, screw you, get lost, go away,
    piss(?:ed)? off, bugger off, buzz off, leave me alone, bother(?:ing)? me, damn(?:ed)?, goddamn,
    hell no, the hell, crap(?:py)?, bull ?shit, shit(?:ty)?, fuck\\w*, wtf, stfu, ass ?holes?,
    bastards?, bitch(?:es|y)?, lazy, clueless, brainless, braindead, ignorant, incompetent, useless,
    worthless, annoying, who cares, nobody cares, i (?:don'?t|do not|couldn'?t|could not) care,
    not my problem, your problem, your? own (?:problem|fault|business), waste of time,
    wast(?:e|ing) (?:my|our) (?:time|breath), google it, look it up yourself, figure it out,
    do it yourself, use your (?:brain|head|eyes), learn to read, try thinking, grow up, get a life,
    deal with it, what(?:'s| is) wrong with you, are you (?:serious|kidding|blind|deaf|dense),
    how (?:hard|difficult) (?:is it|can it be), for the (?:last|hundredth|tenth) time, sick of,
    tired of you, obvious(?:ly)? you, duh, blah, whatever, boring, hate (?:you|people|customers),
    (?:stop|quit) (?:asking|whining|complaining|wasting|bothering), hopeless, shame on you,
    embarrass(?:ing|ment), fools?, jerks?, suck(?:s|er)?, ugh+
"""
INSULTS = """
    (?:idiot|moron|fool|genius|loser|jerk|dummy|clown) like you,
    you(?: are|'re) (?:an? |such an? |so |too )?(?:\\w+ )?(?:idiot|moron|fool|loser|jerk|dummy),
    you(?: are|'re) (?:so |too )?(?:stupid|dumb|lazy|ignorant|pathetic|useless|clueless|thick),
    how (?:stupid|dumb|thick|dense|lazy|blind) (?:are|can|could) you,
    (?:stupid|dumb|idiotic|ridiculous|moronic|pointless|lazy) (?:question|request|idea)s?,
    (?:stupid|dumb|idiotic|ridiculous) thing to ask,
    you (?:stupid|dumb|lazy|little|damn|ignorant|pathetic) \\w+,
    (?:too|so) (?:stupid|dumb|lazy|dense|thick) to, shut up, fuck\\w*, screw you,
    wast(?:e|ing) my time, not my problem, i (?:don'?t|couldn'?t) care
"""
ADDRESSED = (
    r"[,!?] you (?!too\b|all\b|both\b|guys\b)(?:\w+ )?(?!can|should|could|will|may|might|must|would"
    r"|need|are|have|know|see|do|did|too\b)\w+[:!.]"
)
"""A name that somebody is called: "Listen, you muppet!"."""
CARELESS = """
    lol, lmao, rofl, omg, idk, tbh, imo, imho, btw, smh, ikr, nvm, gonna, wanna, gotta, kinda,
    sorta, dunno, plz, pls, thx, ur, u, cuz, coz, bro, bruh, dude, yo, yeah, yep, nope, nah, ya,
    yall, ain'?t, sup, haha+, hehe+, meh, dont, cant, wont, im, ive, thats, didnt, doesnt, isnt, kk?
"""
FACES = (r"[:;]-?[)(DP](?=\s|$)", r"!{2,}", r"\?{2,}", r"(?:\s|^)\.{4,}")


def any_of(phrases: str, *more: str) -> re.Pattern[str]:
    """A pattern for each phrase of a list as whole words, and for `more` as they are."""
    words = "|".join(phrase.strip() for phrase in phrases.replace("\n", " ").split(",") if phrase)
    return re.compile("|".join([rf"\b(?:{words})\b", *more]), re.IGNORECASE)
