"""Held-out questions for every skill, each with its exact answer and the score of a guess."""

from collections.abc import Callable
from dataclasses import dataclass

from .corpus import (
    Document,
    Message,
    Source,
    context,
    copying,
    examples,
    forms,
    intents,
    labels,
    refusals,
    rewriting,
)
from .corpus.document import system, user


@dataclass(frozen=True)
class Question:
    """Messages to answer, the exact answer, and how often a blind guess would be right."""

    messages: list[Message]
    answer: str
    chance: float


@dataclass(frozen=True)
class Exam:
    """A skill and how to draw a question of it."""

    name: str
    draw: Callable[[Source], Question]


def _labels(
    make: Callable[[Source], labels.Task], low: int, high: int
) -> Callable[[Source], Question]:
    """A label out of `low` to `high`; the guess knows the labels."""

    def draw(source: Source) -> Question:
        while True:
            task = make(source)
            if low <= len(task.labels) <= high:
                break
        message, label = task.draw()
        return Question(
            [system(labels.instruction(source, task)), user(message)], label, 1 / len(task.labels)
        )

    return draw


def _many(source: Source) -> labels.Task:
    """All 77 labels."""
    first = source.pick_split(list(intents.INTENTS))
    names = [first, *intents.related(source, first, 76)]

    def draw() -> tuple[str, str]:
        name = source.pick(source.side(names))
        return intents.message(source, name), name

    return labels.Task(names, draw, source.wording(labels.INTROS))


def _judgement(name: str) -> Callable[[Source], labels.Task]:
    draw_name, names, intros = labels.JUDGEMENTS[name]
    return lambda source: labels.Task(
        list(names), lambda: draw_name(source), source.wording(intros)
    )


def _turn(
    write: Callable[[Source], Document],
    last: bool = False,
    keep: Callable[[str], bool] = lambda answer: True,
) -> Callable[[Source], Question]:
    """The first (or last) answer of a document; the guess is 0, as nothing is told about the
    answer.
    """

    def draw(source: Source) -> Question:
        while True:
            document = write(source)
            spoken = [i for i, message in enumerate(document) if message["role"] == "assistant"]
            at = spoken[-1 if last else 0]
            if keep(document[at]["content"]):
                return Question(document[:at], document[at]["content"], 0.0)

    return draw


def _few_shot(source: Source) -> Question:
    """The last answer after examples; the guess takes one of the answers shown."""
    question = _turn(examples.few_shot, last=True)(source)
    shown = {m["content"] for m in question.messages if m["role"] == "assistant"}
    return Question(question.messages, question.answer, 1 / len(shown) if len(shown) > 1 else 0.5)


def _lookup(source: Source) -> Question:
    """A value of a table; the guess takes one of its rows."""
    question = _turn(copying.lookup)(source)
    rows = max(2, max(question.messages[0]["content"].count(mark) for mark in ("\n", "; ", ", ")))
    return Question(question.messages, question.answer, 1 / rows)


def _retrieved(source: Source) -> Question:
    """Three to five passages in the frame of the rag arm, one question that they answer."""
    kind, entities = context.world(source, source.number(3, 5), source.number(2, 4))
    bodies = [context.passage(source, known, source.number(0, 2)) for known in entities]
    document = context.retrieved(source, bodies, entities, kind, share_unknown=0.0)
    return Question(document[:2], document[2]["content"], 0.0)


def _refusal(harmful: bool) -> Callable[[Source], Question]:
    def draw(source: Source) -> Question:
        prompt = [system(source.pick(refusals.PROMPTS))]
        if harmful:
            return Question(
                [*prompt, user(refusals.harmful_request(source))], refusals.REFUSAL, 0.5
            )
        return Question([*prompt, user(refusals.harmless_request(source)[0])], NOT_REFUSED, 0.5)

    return draw


NOT_REFUSED = "anything but the refusal"


def _rewrite(rule: str) -> Callable[[Source], Question]:
    draw_pair, prompts = rewriting.RULES[rule]

    def draw(source: Source) -> Question:
        given, answer = draw_pair(source)
        return Question([system(source.pick(prompts)), user(given)], answer, 0.0)

    return draw


def _known(answer: str) -> bool:
    return answer != context.ABSTAIN


def _unknown(answer: str) -> bool:
    return answer == context.ABSTAIN


PLAIN_SENTIMENT = """\
Classify the sentiment of the review.
Labels: positive, negative
Reply with the label only."""


def _always_sentiment(source: Source) -> Question:
    """The plainest wording, which the easy bundled example uses."""
    message, label = labels.JUDGEMENTS["sentiment"][0](source)
    return Question([system(PLAIN_SENTIMENT), user(message)], label, 0.5)


EXAMS: tuple[Exam, ...] = (
    Exam("intent, 2-6 labels", _labels(labels.intent_task, 2, 6)),
    Exam("intent, 7-20 labels", _labels(labels.intent_task, 7, 20)),
    Exam("intent, 77 labels", _labels(_many, 2, 77)),
    Exam("topic, 2-10 labels", _labels(labels.topic_task, 2, 10)),
    Exam("sentiment, plain prompt", _always_sentiment),
    Exam("urgency", _labels(_judgement("urgency"), 2, 2)),
    Exam("language", _labels(_judgement("language"), 2, 9)),
    Exam("spam", _labels(_judgement("spam"), 2, 2)),
    Exam("kind of word, 11 labels", _labels(_judgement("category"), 2, 20)),
    Exam("yes or no", _labels(labels.yes_no_task, 2, 2)),
    Exam("labels defined in the prompt", _labels(labels.defined_task, 2, 6)),
    Exam("repeat", _turn(copying.repeat)),
    Exam("look up a key", _lookup),
    Exam("copy a field", _turn(copying.pick_field)),
    Exam("few-shot", _few_shot),
    Exam("nearest example", _turn(examples.nearest, last=True)),
    Exam("one to three passages", _turn(context.one_fact, keep=_known)),
    Exam("two to six passages", _turn(context.short_passages, keep=_known)),
    Exam("three to eight long passages", _turn(context.long_passages, keep=_known)),
    Exam("passages of the rag arm", _retrieved),
    Exam("not in the passages", _turn(context.short_passages, keep=_unknown)),
    Exam("no passages", _turn(context.closed_book)),
    Exam("JSON form", _turn(forms.json_form)),
    Exam("key: value lines", _turn(forms.key_value)),
    Exam("lists", _turn(forms.numbered)),
    Exam("fixed frame", _turn(forms.fixed_frame)),
    Exam("upper case", _rewrite("upper")),
    Exam("lower case", _rewrite("lower")),
    Exam("snake_case", _rewrite("snake")),
    Exam("politer", _rewrite("polite")),
    Exam("shorter", _rewrite("shorter")),
    Exam("surname first", _rewrite("surname")),
    Exam("ISO date", _rewrite("date")),
    Exam("refuse the harmful", _refusal(harmful=True)),
    Exam("answer the harmless", _refusal(harmful=False)),
)

__all__ = ["EXAMS", "NOT_REFUSED", "Exam", "Question"]
