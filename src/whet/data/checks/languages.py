"""Rows in another language than the rest.

The script decides where it can (Greek, Thai, kana, Hangul ...); for Latin and Cyrillic letters
the little words that every sentence of a language is full of. Short texts, and texts of which no
language has clearly more little words than the others, are not judged.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from whet.data.checks.accused import share, summed
from whet.data.checks.little_words import LANGUAGES, LITTLE_WORDS
from whet.data.places import at, printable
from whet.findings import Finding, Kind, Severity
from whet.types import Example

MIN_WORDS = 8
MIN_LETTERS = 12
"""Least letters of a text in a script without spaces."""
MIN_RATE = 0.18
MIN_LEAD = 1.6
MIN_DIFFERENT = 4
"""Different little words that a text must have of its language."""
MAX_CODE_SIGNS = 0.06
MAJORITY = 0.8
MIN_JUDGED = 20
MAX_CHARS = 3000

_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_CODE = re.compile(r"```.*?(?:```|$)|`[^`\n]*`|https?://\S+|\{{1,2}[^{}]*\}{1,2}", re.DOTALL)
_CODE_SIGN = re.compile(r"[{}()\[\];=<>_#*+/\\|$]")
_SCRIPTS = {
    "Japanese": re.compile(r"[\u3040-\u30ff]"),
    "Korean": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "Chinese": re.compile(r"[\u3400-\u9fff]"),
    "Arabic script": re.compile(r"[\u0600-\u06ff\u0750-\u077f]"),
    "Hebrew": re.compile(r"[\u0590-\u05ff]"),
    "Greek": re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]"),
    "Thai": re.compile(r"[\u0e00-\u0e7f]"),
    "Devanagari script": re.compile(r"[\u0900-\u097f]"),
    "Bengali": re.compile(r"[\u0980-\u09ff]"),
    "Tamil": re.compile(r"[\u0b80-\u0bff]"),
    "Armenian": re.compile(r"[\u0530-\u058f]"),
    "Georgian": re.compile(r"[\u10a0-\u10ff]"),
}
_ASKS_FOR_LANGUAGE = re.compile(
    r"\b(?:translat\w*|\u00fcbersetz\w*|traduc\w*|tradui\w*|tradu\w*|language|sprache|langue|"
    + "|".join(LANGUAGES)
    + r")\b|\u7ffb\u8bd1|\u7ffb\u8b6f|\u8bd1\u6210|\u8bed|\u82f1\u6587|\u4e2d\u6587|\u6587\u8a00",
    re.IGNORECASE,
)


def language_of(text: str) -> str | None:
    """The language of a text by its English name, or None where it cannot be told."""
    text = _CODE.sub(" ", text[:MAX_CHARS])
    if len(_CODE_SIGN.findall(text)) > MAX_CODE_SIGNS * len(text):
        return None
    letters = len(_LETTER.findall(text))
    if letters < MIN_LETTERS:
        return None
    if not text.isascii():
        for name, script in _SCRIPTS.items():
            least = 0.1 if name == "Japanese" else 0.5  # kana stand among Chinese signs
            if len(script.findall(text)) >= least * letters:
                return name
    words = [word.casefold().replace("\u2019", "'") for word in _WORD.findall(text)]
    return _by_little_words(words) if len(words) >= MIN_WORDS else None


def _by_little_words(words: list[str]) -> str | None:
    counts: Counter[str] = Counter()
    for word in words:
        counts.update(LITTLE_WORDS.get(word, ()))
    ranked = counts.most_common(2)
    if not ranked or ranked[0][1] < max(3, MIN_RATE * len(words)):
        return None
    name, most = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0
    different = {word for word in words if name in LITTLE_WORDS.get(word, ())}
    return name if most >= MIN_LEAD * second and len(different) >= MIN_DIFFERENT else None


def languages(examples: Sequence[Example]) -> list[Finding]:
    """A warning at each row whose question or answer is in another language than most.

    A row that asks for a language, as translations do, is left alone. A set without a main
    language gets one note on its languages.
    """
    questions = [language_of(example.question) for example in examples]
    answers = [language_of(example.answer) for example in examples]
    notes, accused = [], {}
    for side, found in (("question", questions), ("answer", answers)):
        counts = Counter(name for name in found if name)
        judged = sum(counts.values())
        if judged < MIN_JUDGED or len(counts) < 2:
            continue
        main, most = counts.most_common(1)[0]
        if most < MAJORITY * judged:
            notes.append(_mixed(side, counts))
            continue
        for index, name in enumerate(found):
            if name and name != main and index not in accused:
                example = examples[index]
                text = example.question if side == "question" else example.answer
                if not asks_for_language(example) and not _partly(text, main):
                    accused[index] = _accusation(example, side, name, main)
    rows = [accused[index] for index in sorted(accused)]
    fix = "Fine where users write so; else take them out."
    return [*summed(rows, len(examples), "are in another language than the rest", fix), *notes]


def _partly(text: str, main: str) -> bool:
    """Whether a text quotes another language inside one with a script of its own."""
    script = _SCRIPTS.get(main)
    return script is not None and bool(script.search(text))


def asks_for_language(example: Example) -> bool:
    """Whether a row asks for a language or a translation, so that another one is meant."""
    asked = " ".join(message["content"] for message in example.prompt)[-MAX_CHARS:]
    return bool(_ASKS_FOR_LANGUAGE.search(asked))


def _accusation(example: Example, side: str, name: str, main: str) -> Finding:
    text = example.question if side == "question" else example.answer
    message = f"the {side} is in {name}, most are in {main}: {printable(text, 60)!r}."
    fix = "Fine where users write so; else take it out."
    found = at(example, Severity.WARNING, Kind.LANGUAGE, message, fix)
    return replace(found, field=side)


def _mixed(side: str, counts: Counter[str]) -> Finding:
    total = sum(counts.values())
    shares = ", ".join(f"{name} {share(count, total)}" for name, count in counts.most_common(4))
    message = f"{side}s are in several languages: {shares} of those that can be told."
    fix = "Test rows should have the languages of the users, in their shares."
    return Finding(Severity.NOTE, Kind.LANGUAGE, message, fix=fix)
