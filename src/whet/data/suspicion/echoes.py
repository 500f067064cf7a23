"""Answers that repeat: the question, themselves, or what stands under quite other questions."""

from __future__ import annotations

from collections import Counter, defaultdict

from whet.data.keys import normal
from whet.data.places import listed
from whet.data.suspicion.reason import Found, Reason, Sign, quoted, ramp
from whet.data.suspicion.subject import WORD, Subject

MIN_WORDS = 4
MIN_ANSWER_CHARS = 20
MIN_LOOP_WORDS = 12
NUM_LOOP = 4


def echoes(subject: Subject) -> Found:
    """A reason at each answer that repeats something as a whole."""
    yield from _copied(subject)
    yield from _circles(subject)
    yield from _shared(subject)


def _copied(subject: Subject) -> Found:
    """Answers that are the question, begin with all of it, or are a piece of it."""
    found: list[tuple[int, float, str]] = []
    for number in subject.prose:
        asked, answer = normal(subject.asked[number]), normal(subject.answers[number])
        question = normal(subject.questions[number])
        if not answer or not question:
            continue
        num_words = len(answer.split())
        if answer in (question, asked):
            found.append((number, 0.95, "is the question, word for word"))
        elif len(question.split()) > MIN_WORDS and answer.startswith(question):
            found.append((number, 0.8, "begins with the whole question"))
        elif num_words > MIN_WORDS and _starts_alike(question, answer):
            found.append((number, 0.85, "is the beginning of the question"))
        elif num_words >= 2 * MIN_WORDS and f" {answer} " in f" {asked} ":
            found.append((number, 0.45, "is a piece of the question, word for word"))
        elif num_words > MIN_WORDS and (share := _share(question, answer)) > 0.75:
            found.append((number, 0.8 * share, "is the question with few other words"))
    for number, strength, said in found:
        whole = (subject.last(number), 0, len(subject.answers[number]))
        yield number, Reason(Sign.COPIED, strength, f"the answer {said}.", *whole)


def _starts_alike(question: str, answer: str) -> bool:
    return question.startswith(answer)


def _share(question: str, answer: str) -> float:
    """The share of words that question and answer have in common, of all their words."""
    asked, said = Counter(question.split()), Counter(answer.split())
    return (asked & said).total() / max((asked | said).total(), 1)


def _circles(subject: Subject) -> Found:
    """Answers in which the same words come again and again."""
    for number in subject.prose:
        words = subject.words[number]
        if len(words) < MIN_LOOP_WORDS:
            continue
        runs = Counter(tuple(words[i : i + NUM_LOOP]) for i in range(len(words) - NUM_LOOP + 1))
        total = runs.total()
        again = 1 - len(runs) / total
        strength = 0.8 * ramp(again, 0.2, 0.6)
        if strength:
            most = " ".join(runs.most_common(1)[0][0])
            said = f"{again:.0%} of the answer repeats itself, such as {quoted(most, 50)}."
            yield number, Reason(Sign.REPEATED, strength, said, subject.last(number))


def _shared(subject: Subject) -> Found:
    """The same long answer under several questions that are not the same."""
    rows: dict[str, list[int]] = defaultdict(list)
    for number in subject.prose:
        answer = subject.answers[number]
        if len(answer) >= MIN_ANSWER_CHARS and len(WORD.findall(answer)) >= MIN_WORDS:
            rows[normal(answer)].append(number)
    for numbers in rows.values():
        questions = {normal(subject.asked[number]) for number in numbers}
        if len(questions) < 2:
            continue
        for number in numbers:
            others = [subject.rows[other].source for other in numbers if other != number]
            said = (
                f"the same answer stands under {len(questions)} questions; see {listed(others, 3)}."
            )
            yield (
                number,
                Reason(Sign.REPEATED, 0.6, said, subject.last(number), others=tuple(others[:5])),
            )
