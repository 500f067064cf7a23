"""Facts that a text states and that can be looked up: numbers, names, quoted words.

    "The Blue Spice opens at 9 and costs 20 euros."    Blue Spice, 9, 20

A rule, not a parser. It sees no negation, no relation ("left of"), no adjective, and a name only
by its capitals: a single capitalised word that begins a sentence is not taken for one, and
languages that write nouns with capitals (German) or none at all are not for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from whet.evals.scorers.numeric import numbers


class FactKind(StrEnum):
    """What is looked up, and how."""

    NUMBER = "number"
    NAME = "name"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: its words as written, the form that is looked up, and the sentence around it."""

    kind: FactKind
    text: str
    key: str
    sentence: str


_COUNTED = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty"
)
NUMBER_WORDS = {word: str(float(n)) for n, word in enumerate(_COUNTED.split(), start=2)}
_OPENING = (
    "a an the this that these those it its they he she we you i there here in on at by near for"
    " from of to with as if when while after before and or but so not no yes please sorry our"
    " your their his her my located situated is are was were do does did can could what where who"
    " how why which all both each every some any most many one"
)
OPENERS = frozenset(_OPENING.split())
_LITTLE = (
    "has have had be been being will would should may might than then too very also just only"
    " into out up down over under about between them him us me"
)
STOP_WORDS = OPENERS | frozenset(_LITTLE.split())

_SENTENCE = re.compile(r"(?<=[.!?])[\"'\u201d)]*\s+(?=[\"'\u201c(\[]?[A-Z0-9])|\n+")
_QUOTE = re.compile(
    r"\"([^\"\n]{2,200})\"|\u201c([^\u201d\n]{2,200})\u201d|\u00ab([^\u00bb\n]{2,200})\u00bb"
)
_CAPITAL = r"[^\W\d_a-z][\w\u2019'-]*"
_NAME = re.compile(rf"(?<!\w){_CAPITAL}(?:\s+(?:(?:of|de|von|van|&)\s+)?{_CAPITAL})*")
_WORD = re.compile(r"[^\W_]+(?:[\u2019'-][^\W_]+)*")
_DIGITS = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text that hold a word."""
    return [part.strip() for part in _SENTENCE.split(text) if _WORD.search(part)]


def facts(text: str) -> list[Fact]:
    """Every fact of a text, each key once a sentence, in order."""
    found: dict[tuple[str, str, str], Fact] = {}
    for sentence in sentences(text):
        for fact in (*_quotes(sentence), *_numbers(sentence), *_names(sentence)):
            found.setdefault((fact.kind, fact.key, sentence), fact)
    return list(found.values())


def plain(text: str) -> str:
    """Words in lower case with one space between them and at both ends: what is looked up in."""
    words = (word.replace("\u2019", "'").removesuffix("'s") for word in _WORD.findall(text))
    return f" {' '.join(words).casefold()} "


def content_words(text: str) -> frozenset[str]:
    """The words of a text that carry its meaning, numbers apart."""
    words = plain(text).split()
    return frozenset(w for w in words if w not in STOP_WORDS and not w[0].isdigit())


def number_keys(text: str) -> frozenset[str]:
    """Every number of a text, digits and words from two to twenty."""
    said = {NUMBER_WORDS[word] for word in plain(text).split() if word in NUMBER_WORDS}
    return frozenset({*map(str, numbers(text)), *said})


def _quotes(sentence: str) -> Iterator[Fact]:
    for match in _QUOTE.finditer(sentence):
        text = next(group for group in match.groups() if group)
        if plain(text).strip():
            yield Fact(FactKind.QUOTE, text, plain(text), sentence)


def _numbers(sentence: str) -> Iterator[Fact]:
    for match in _DIGITS.finditer(sentence):
        for value in numbers(match[0].rstrip(",")):
            yield Fact(FactKind.NUMBER, match[0].rstrip(","), str(value), sentence)
    for word in plain(sentence).split():
        if word in NUMBER_WORDS:
            yield Fact(FactKind.NUMBER, word, NUMBER_WORDS[word], sentence)


def _names(sentence: str) -> Iterator[Fact]:
    first = _WORD.search(sentence)
    opening = first.start() if first else 0
    for match in _NAME.finditer(sentence):
        words = match[0].split()
        begins = match.start() == opening
        kept = list(words)
        while kept and kept[0].casefold() in OPENERS:
            kept.pop(0)
        while kept and kept[-1].casefold() in OPENERS:
            kept.pop()
        if not kept or (begins and len(words) == 1):
            continue
        text = " ".join(kept)
        yield Fact(FactKind.NAME, text, plain(text), sentence)
