"""What to do next about the wrong answers, in sentences with their numbers.

Better data before more data: rows that contradict each other come before rows that are missing,
and both before settings. A sentence is written only where the counts carry it.
"""

from __future__ import annotations

from collections.abc import Iterator

from whet.data.places import listed
from whet.evals.failures import lacking
from whet.evals.failures.categories import Category
from whet.evals.failures.findings import MIN_COUNT, Findings
from whet.stats import wilson

MAX_SENTENCES = 8
LEVEL = 0.05
CONTROL = "nearest"


def advice(found: Findings) -> list[str]:
    """At most eight sentences, what is mended first first."""
    if not found.wrong:
        num = len(found.material.items)
        return [f"{found.material.arm} answered all {num} validation items well."]
    said = [
        *_beaten(found),
        *_gold(found),
        *lacking.pairs(found),
        *lacking.odd_labels(found),
        *lacking.thin_labels(found),
        *lacking.phrases(found),
        *lacking.parts(found),
        *_kinds(found),
        *lacking.far(found),
        *lacking.slices(found),
        *lacking.topics(found),
    ]
    return said[:MAX_SENTENCES] or [_nothing(found)]


def _nothing(found: Findings) -> str:
    return (
        f"The {found.wrong} wrong answers show no pattern that these rules see: read them"
        f" (samples/validation/{found.material.arm}.jsonl), and write rows like those items."
    )


def _beaten(found: Findings) -> Iterator[str]:
    """Arms that answer more items better than worse, with the whole interval of that share."""
    for duel in found.duels:
        better, worse = len(duel.lost), len(duel.won)
        low = wilson(better, better + worse, LEVEL).low if better + worse else None
        if low is None or low <= 0.5 or better < MIN_COUNT:
            continue
        told = f"{duel.other} answers {better} of {len(found.material.items)} items better than"
        control = "copying the answer of the most similar training row does more than training did."
        mend = control if duel.other == CONTROL else "look at those items first."
        yield f"{told} {found.material.arm} and {worse} worse: {mend}"


def _gold(found: Findings) -> Iterator[str]:
    places = found.agreed
    if len(places) < MIN_COUNT:
        return
    rows = listed([found.material.items[place].source for place in places], 3)
    yield (
        f"On {len(places)} of the {found.wrong} items that are answered wrongly all arms give one"
        " same other answer. Read those first: their right answers may be wrong, or the question"
        f" does not say enough ({rows})."
    )


def _kinds(found: Findings) -> Iterator[str]:
    limit = found.material.max_new_tokens
    closed = bool(found.material.choices)
    told = {
        Category.EMPTY: "are empty: look for empty or white answers among the training rows, and at"
        " the stop strings.",
        Category.LOOP: "repeat themselves to the end: fewer epochs or a lower learning rate, and no"
        " training rows that repeat themselves.",
        Category.TRUNCATED: f"are cut off after {limit} tokens: raise generate.max_new_tokens, or"
        " write shorter training answers.",
        Category.REFUSAL: "decline where they should not, or the other way round: look for"
        " refusals among the training answers (whet check names them).",
        Category.LANGUAGE: "are in another language than the right answer: write rows that answer"
        " in the language of the question.",
        Category.PERSONA: "leave the voice of the training answers: say in the prompt who speaks,"
        " and look whether all training answers keep to it.",
        Category.FORMAT: "break the form: " + _form(closed),
        Category.HALLUCINATION: "state a number or name that stands nowhere: facts belong in"
        " documents (rag.documents) or in the question; training teaches form.",
        Category.NEAR_MISS: "are nearly right: look whether the training answers agree about such"
        " details before you add rows.",
    }
    for category, sentence in told.items():
        count = found.of(category)
        if count >= MIN_COUNT and not (category is Category.NEAR_MISS and found.parts):
            yield f"{count} of {found.wrong} wrong answers {sentence}"


def _form(closed: bool) -> str:
    if closed:
        return "an endpoint or ready answers can, as only a local model ranks the choices."
    return "show it in the prompt, or rank a closed set (generate.choices: auto)."
