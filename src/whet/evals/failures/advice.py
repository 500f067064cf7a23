"""What to do next about the wrong answers, in sentences with their numbers.

Better data before more data: rows that contradict each other come before rows that are missing,
and both before settings. A sentence is written only where the counts carry it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from whet.data.places import listed, printable
from whet.evals.confusion import OUTSIDE
from whet.evals.failures.categories import Category, Found
from whet.evals.failures.material import Material
from whet.evals.failures.needs import Disagreements, Distance, LabelNeed, SliceNeed
from whet.evals.failures.parts import WrongPart
from whet.evals.failures.phrases import Phrase
from whet.evals.failures.topics import Topic
from whet.stats import wilson

MIN_COUNT = 3
"""Wrong answers of a kind from which something is said about it."""
FEW_ROWS = 10
MAX_PAIRS = 3
MAX_SENTENCES = 8
ODD_SHARE = 0.15
"""Share of a label's training rows, most like rows of other labels, from which it is said."""
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the sentences are made from.

    `pairs` are (right answer, answered
    instead, times); `agreed` are places where all arms give one same other answer.
    """

    material: Material
    categories: Sequence[tuple[int, Found]]
    pairs: Sequence[tuple[str, str, int]]
    labels: Sequence[LabelNeed]
    said: Disagreements | None
    distance: Distance | None
    slices: Sequence[SliceNeed]
    topics: Sequence[Topic]
    parts: Sequence[WrongPart]
    phrases: Sequence[Phrase]
    agreed: Sequence[int]

    @property
    def wrong(self) -> int:
        return len(self.categories)

    def of(self, category: Category) -> int:
        """Wrong answers of a category."""
        return sum(found.category is category for _, found in self.categories)


def advice(found: Evidence) -> list[str]:
    """At most eight sentences, what is mended first first."""
    if not found.wrong:
        num = len(found.material.items)
        return [f"{found.material.arm} answered all {num} validation items well."]
    said = [
        *_gold(found),
        *_pairs(found),
        *_odd_labels(found),
        *_thin_labels(found),
        *_phrases(found),
        *_parts(found),
        *_kinds(found),
        *_far(found),
        *_slices(found),
        *_topics(found),
    ]
    return said[:MAX_SENTENCES] or [_nothing(found)]


def _nothing(found: Evidence) -> str:
    return (
        f"The {found.wrong} wrong answers show no pattern that these rules see: read them"
        f" (samples/validation/{found.material.arm}.jsonl), and write rows like those items."
    )


def _gold(found: Evidence) -> Iterator[str]:
    places = found.agreed
    if len(places) < MIN_COUNT:
        return
    rows = listed([found.material.items[place].source for place in places], 3)
    yield (
        f"On {len(places)} of the {found.wrong} items that are answered wrongly all arms give one"
        " same other answer. Read those first: their right answers may be wrong, or the question"
        f" does not say enough ({rows})."
    )


def _pairs(found: Evidence) -> Iterator[str]:
    """The labels that are mixed up most, both ways counted together."""
    ways = {(g, a): n for g, a, n in found.pairs if a != OUTSIDE}
    both = {tuple(sorted(pair)): 0 for pair in ways}
    for pair, count in ways.items():
        both[tuple(sorted(pair))] += count
    rows = Counter(row.answer for row in found.material.train)
    odd = {pair: found.said.between(*pair) if found.said else 0 for pair in both}
    # Wrong answers times the rows that may have taught them: what can be mended comes first.
    told = sorted(both, key=lambda pair: (-both[pair] * (1 + odd[pair]), pair))
    for one, other in [pair for pair in told if both[pair] >= MIN_COUNT][:MAX_PAIRS]:
        there, back = ways.get((one, other), 0), ways.get((other, one), 0)
        said = _mixed_up(one, other, there, back)
        yield (
            f"{there + back} of {found.wrong} wrong answers {said}."
            f" {_about_pair(found, rows, one, other)}"
        )


def _mixed_up(one: str, other: str, there: int, back: int) -> str:
    first, second = printable(one, 60), printable(other, 60)
    if there and back:
        return f"mix up {first} and {second} ({there} and {back} each way)"
    return f"are {first} taken for {second}" if there else f"are {second} taken for {first}"


def _about_pair(found: Evidence, rows: Counter[str], one: str, other: str) -> str:
    odd = found.said.between(one, other) if found.said else 0
    both = rows[one] + rows[other]
    if odd:
        stand = "is" if odd == 1 else "are"
        return (
            f"{odd} of the {both} training rows of these two {stand} most like rows of the other:"
            " look at those before you add any (whet review --data)."
        )
    few, many = sorted((one, other), key=lambda label: rows[label])
    if not rows[few]:
        return f"No training row has the answer {printable(few, 60)}: write some."
    return (
        f"There are {rows[few]} training rows of {printable(few, 60)} and {rows[many]} of the"
        " other: write rows that show the difference, or make the two one label."
    )


def _odd_labels(found: Evidence) -> Iterator[str]:
    """Labels with wrong answers of whose training rows many look like rows of other labels."""
    odd = [
        need
        for need in found.labels
        if need.unlike and need.wrong >= MIN_COUNT and need.unlike >= ODD_SHARE * need.train
    ]
    if odd:
        told = [f"{printable(n.label, 60)} {n.unlike} of {n.train}" for n in odd]
        wrong = sum(need.wrong for need in odd)
        yield (
            f"{wrong} of {found.wrong} wrong answers are about labels many of whose training rows"
            f" are most like rows of other labels: {listed(told, 3)}. Better rows come before more"
            " rows (whet review --data)."
        )


def _thin_labels(found: Evidence) -> Iterator[str]:
    thin = [need for need in found.labels if need.train < FEW_ROWS]
    wrong = sum(need.wrong for need in thin)
    if wrong < MIN_COUNT:
        return
    named = listed([f"{printable(need.label, 40)} ({need.train})" for need in thin], 5)
    yield (
        f"{wrong} of {found.wrong} wrong answers are about labels with fewer than {FEW_ROWS}"
        f" training rows: {named}. Write rows of these."
    )


def _parts(found: Evidence) -> Iterator[str]:
    if not found.parts:
        return
    part = found.parts[0]
    if part.wrong < MIN_COUNT or part.wrong < found.wrong / 2:
        return
    gold, said = printable(part.gold, 40), printable(part.answered, 40)
    often = f" ({part.times} times {gold!r} is answered {said!r})" if part.times > 1 else ""
    yield (
        f"In {part.wrong} of {found.wrong} wrong answers {part.name} is wrong{often}: write rows"
        " that differ in what decides it, and check that the training rows agree about it."
    )


def _phrases(found: Evidence) -> Iterator[str]:
    total, num = len(found.material.train), len(found.material.items)
    for phrase in found.phrases:
        yield (
            f"{printable(phrase.words, 60)!r} stands in {phrase.wrong} of the {found.wrong} items"
            f" that are answered wrongly and in {phrase.items - phrase.wrong} of the"
            f" {num - found.wrong} others; {phrase.train} of {total} training rows have it:"
            f" {_rows_with(phrase, found)}"
        )


def _rows_with(phrase: Phrase, found: Evidence) -> str:
    """Too few rows, or rows that do not teach it: judged by the share that the items have."""
    share = phrase.items / len(found.material.items)
    if phrase.train < share / 2 * len(found.material.train):
        return "write rows with it."
    return "look whether those rows agree about it, before you write more."


def _kinds(found: Evidence) -> Iterator[str]:
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


def _far(found: Evidence) -> Iterator[str]:
    """Said where the far third goes wrong more often than the near one, with intervals apart."""
    distance = found.distance
    if distance is None:
        return
    far, near = wilson(*distance.far, LEVEL), wilson(*distance.near, LEVEL)
    if far.low is None or near.high is None or far.low <= near.high:
        return
    rows = listed([found.material.items[place].source for place in distance.shown], 3)
    yield (
        f"Of the {distance.far[1]} items least like any training row {distance.far[0]} are answered"
        f" wrongly, of the {distance.near[1]} most like one {distance.near[0]}: write new rows"
        f" like {rows}."
    )


def _slices(found: Evidence) -> Iterator[str]:
    """Slices with a higher error rate than all items, the interval above it, and few rows."""
    rate = found.wrong / len(found.material.items)
    total = len(found.material.train)
    for each in found.slices:
        low = wilson(each.wrong, each.items, LEVEL / len(found.slices)).low
        if each.wrong < MIN_COUNT or low is None or low <= rate:
            continue
        yield (
            f"{each.column} = {printable(each.value, 40)}: {each.wrong} of {each.items} items are"
            f" answered wrongly, of all {100 * rate:.0f} %; {each.train} of {total} training rows"
            " are such. Write rows of it."
        )


def _topics(found: Evidence) -> Iterator[str]:
    for topic in found.topics:
        if not topic.stands_out or topic.wrong < MIN_COUNT:
            continue
        rows = listed([found.material.items[place].source for place in topic.shown], 2)
        yield (
            f"Items about {topic.name} go wrong more often than the rest: {topic.wrong} of"
            f" {topic.items}, such as {rows}. Write new rows like these."
        )
