"""Training rows that hold test items: verbatim, re-wrapped, within more text, with words changed.

8 words and more     n-grams of normalised words, lines joined      `ngrams`
20 words and more    weight of the word pairs still there           `coverage`
fewer                the whole message has to be the text, and the item's texts that are so
                     found have to have four words together
any, with embed      the message means the same                    `paraphrase`
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from whet.data.checks.vectors import Embed
from whet.data.keys import normal
from whet.data.overlap.coverage import held_in_part
from whet.data.overlap.items import Item
from whet.data.overlap.ngrams import MAX_COMMON, SHORT, Pairs, held_word_for_word
from whet.data.overlap.paraphrase import paraphrases
from whet.data.overlap.words import read_words
from whet.data.places import at, listed
from whet.findings import Finding, Kind, Severity
from whet.types import Example

MIN_EXACT_WORDS = 4


@dataclass(frozen=True, slots=True)
class Contamination:
    """A warning for each training row that holds items, and the ids of all items touched.

    `by_row` [row number] names the items and how each was found.
    """

    findings: list[Finding]
    touched: frozenset[str]
    by_row: dict[int, dict[str, str]]


def contamination(
    rows: Sequence[Example],
    items: Sequence[Item],
    embed: Embed | None = None,
    *,
    whole: bool = False,
) -> Contamination:
    """What of these items stands in these training rows; scores on the others are clean.

    Paraphrases are looked for only with `embed`, which gives texts their unit vectors. With
    `whole`, only items that stand there word for word from end to end are found: for test rows
    from the same source as the training rows, which are all somewhat alike.
    """
    if not rows or not items:
        return Contamination([], frozenset(), {})
    by_row: dict[int, dict[str, str]] = defaultdict(dict)
    loosely = () if whole else chain(_exact(rows, items), _paraphrased(rows, items, embed))
    for row, item, how in chain(_held(rows, items, whole), loosely):
        by_row[row].setdefault(items[item].id, how)
    touched = frozenset(name for found in by_row.values() for name in found)
    found = [(row, by_row[row]) for row in sorted(by_row)]
    return Contamination(
        [_finding(rows[row], of_row) for row, of_row in found], touched, dict(found)
    )


Found = Iterator[tuple[int, int, str]]
"""Row number, item number, and how it was found."""


def _finding(row: Example, found: dict[str, str]) -> Finding:
    names = listed([f"{name} ({how})" for name, how in found.items()], 4)
    message = f"holds {len(found)} test item{'s' * (len(found) > 1)}: {names}."
    remedy = "Remove the row, or do not count these items."
    return at(row, Severity.WARNING, Kind.CONTAMINATION, message, remedy)


def _held(rows: Sequence[Example], items: Sequence[Item], whole: bool) -> Found:
    texts = [text for item in items for text in item.texts]
    owners = [number for number, item in enumerate(items) for _ in item.texts]
    contents = ("\n".join(m["content"] for m in row.messages) for row in rows)
    words = read_words(chain(texts, contents))
    sought, held = words.part(0, len(texts)), words.part(len(texts), words.num_rows)
    for pairs in held_word_for_word(held, sought):
        for row, text, share in zip(*(part.tolist() for part in pairs), strict=True):
            if share == 1 or not whole:
                yield row, owners[text], "word for word"
    pairs = Pairs.none() if whole else held_in_part(held, sought)
    for row, text in zip(pairs.rows.tolist(), pairs.texts.tolist(), strict=True):
        yield row, owners[text], "with words changed"


def _exact(rows: Sequence[Example], items: Sequence[Item]) -> Found:
    """Items whose short texts are whole messages of a row."""
    owners: dict[str, set[int]] = defaultdict(set)
    for number, item in enumerate(items):
        for text in map(normal, item.texts):
            if len(text.split()) < SHORT:
                owners[text].add(number)
    for row, example in enumerate(rows):
        num_words: dict[int, int] = defaultdict(int)
        for text in {normal(message["content"]) for message in example.messages}:
            of_text = owners.get(text, ())
            for number in of_text if len(of_text) <= MAX_COMMON else ():
                num_words[number] += len(text.split())
        yield from (
            (row, number, "exactly") for number, num in num_words.items() if num >= MIN_EXACT_WORDS
        )


def _paraphrased(rows: Sequence[Example], items: Sequence[Item], embed: Embed | None) -> Found:
    if embed is None:
        return
    said = [(row, m["content"]) for row, each in enumerate(rows) for m in each.messages]
    texts = [(number, item.texts[0]) for number, item in enumerate(items) if item.texts]
    for match in paraphrases([text for _, text in said], [text for _, text in texts], embed):
        yield said[match.seen][0], texts[match.held_out][0], "in other words"
