"""Rows that repeat others, and rows that ask the same and answer otherwise."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from whet.data.keys import answer_key, input_key, row_key
from whet.data.near_clusters import near_copies
from whet.data.overlap.near import near_duplicates
from whet.data.overlap.texts import row_text
from whet.data.places import listed
from whet.data.suspicion.reason import Found, Reason, Sign, quoted
from whet.data.suspicion.subject import Subject

NUM_OTHERS = 5


def duplicates(subject: Subject) -> Found:
    """A reason at each row that repeats an earlier one or contradicts another."""
    rows = subject.rows
    again = [group for group in _groups([row_key(row) for row in rows]) if len(group) > 1]
    for group in again:
        for number in group[1:]:
            said = f"the same row as {rows[group[0]].source}."
            others = (rows[group[0]].source,)
            yield number, Reason(Sign.DUPLICATE, 0.5, said, others=others)
    yield from _near(subject)
    yield from _contradictions(subject)


def _near(subject: Subject) -> Found:
    """Near copies of earlier rows, answers and all."""
    rows = subject.rows
    found = near_duplicates((str(number), row_text(row)) for number, row in enumerate(rows))
    for cluster in found.clusters:
        first = rows[int(cluster.ids[0])]
        for name, alike in zip(cluster.ids[1:], cluster.similarity[1:], strict=True):
            said = f"nearly the same row as {first.source} ({alike:.0%} alike)."
            yield int(name), Reason(Sign.DUPLICATE, 0.3, said, others=(first.source,))


def _contradictions(subject: Subject) -> Found:
    """Rows whose question, word for word or nearly so, has another answer elsewhere."""
    rows = subject.rows
    exact = list(_conflicts(subject, [input_key(row) for row in rows]))
    told = {number for number, _ in exact}
    near = [
        (number, others)
        for number, others in _conflicts(subject, near_copies(rows))
        if number not in told
    ]
    for found, how, strength in ((exact, "the same", 0.75), (near, "nearly the same", 0.5)):
        if not subject.labels:
            strength -= 0.1  # several answers may be right
        for number, others in found:
            shown = rows[others[0]]
            said = (
                f"{how} question is answered otherwise in "
                f"{listed([rows[o].source for o in others], 3)}: "
                f"{quoted(shown.answer, 60)}."
            )
            weight = strength
            if subject.labels:
                alike = sum(subject.answers[o] == subject.answers[number] for o in others)
                weight *= 1 if alike == 0 else 0.3
            sources = tuple(rows[o].source for o in others[:NUM_OTHERS])
            yield (
                number,
                Reason(Sign.CONTRADICTION, weight, said, subject.last(number), others=sources),
            )


def _conflicts(subject: Subject, keys: Sequence[object]) -> Iterator[tuple[int, list[int]]]:
    """Each row with the rows of its key that have other answers."""
    for group in _groups(keys):
        answers = {number: answer_key(subject.rows[number]) for number in group}
        counts = Counter(answers.values())
        if len(counts) < 2:
            continue
        for number in group:
            others = [other for other in group if answers[other] != answers[number]]
            # Of three rows that agree and one that does not, the one is suspected.
            if counts[answers[number]] <= max(counts[answers[other]] for other in others):
                yield number, others


def _groups(keys: Sequence[object]) -> list[list[int]]:
    found: dict[object, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        found[key].append(number)
    return [numbers for numbers in found.values() if len(numbers) > 1]
