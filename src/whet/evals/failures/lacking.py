"""Sentences about the training rows: which contradict each other, and which are missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from whet.data.places import listed, printable
from whet.evals.confusion import OUTSIDE
from whet.evals.failures.findings import MIN_COUNT, Findings
from whet.evals.failures.phrases import Phrase
from whet.stats import wilson

FEW_ROWS = 10
MAX_PAIRS = 3
ODD_SHARE = 0.15
"""Share of a label's training rows, most like rows of other labels, from which it is said."""
LEVEL = 0.05


def pairs(found: Findings) -> Iterator[str]:
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


def _about_pair(found: Findings, rows: Counter[str], one: str, other: str) -> str:
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


def odd_labels(found: Findings) -> Iterator[str]:
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


def thin_labels(found: Findings) -> Iterator[str]:
    """Labels that go wrong and have few training rows."""
    thin = [need for need in found.labels if need.train < FEW_ROWS]
    wrong = sum(need.wrong for need in thin)
    if wrong < MIN_COUNT:
        return
    named = listed([f"{printable(need.label, 40)} ({need.train})" for need in thin], 5)
    yield (
        f"{wrong} of {found.wrong} wrong answers are about labels with fewer than {FEW_ROWS}"
        f" training rows: {named}. Write rows of these."
    )


def phrases(found: Findings) -> Iterator[str]:
    """Words that tell wrong items, with what the training rows have of them."""
    total, num = len(found.material.train), len(found.material.items)
    for phrase in found.phrases:
        yield (
            f"{printable(phrase.words, 60)!r} stands in {phrase.wrong} of the {found.wrong} items"
            f" that are answered wrongly and in {phrase.items - phrase.wrong} of the"
            f" {num - found.wrong} others; {phrase.train} of {total} training rows have it:"
            f" {_rows_with(phrase, found)}"
        )


def _rows_with(phrase: Phrase, found: Findings) -> str:
    """Too few rows, or rows that do not teach it: judged by the share that the items have."""
    share = phrase.items / len(found.material.items)
    if phrase.train < share / 2 * len(found.material.train):
        return "write rows with it."
    return "look whether those rows agree about it, before you write more."


def parts(found: Findings) -> Iterator[str]:
    """The part that is wrong in most wrong answers."""
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


def far(found: Findings) -> Iterator[str]:
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


def slices(found: Findings) -> Iterator[str]:
    """Values of a column with an error rate above that of all items, with their whole interval."""
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


def topics(found: Findings) -> Iterator[str]:
    """Topics that go wrong more often than the rest."""
    for topic in found.topics:
        if not topic.stands_out or topic.wrong < MIN_COUNT:
            continue
        rows = listed([found.material.items[place].source for place in topic.shown], 2)
        yield (
            f"Items about {topic.name} go wrong more often than the rest: {topic.wrong} of"
            f" {topic.items}, such as {rows}. Write new rows like these."
        )
