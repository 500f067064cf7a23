"""What a chat template writes around each message, found by asking it.

Conversations of marked messages are rendered, and the texts between the marks are read off:

    opening QUESTION asked ANSWER between QUESTION asked      `asked` ends with the answer's head
    head SYSTEM after QUESTION ...                            or SYSTEM before the last question
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from whet.errors import DataError, ModelError
from whet.rows.template import render_text, within_time
from whet.types import Message

SYSTEM, QUESTIONS, ANSWERS = "XSYSTEMX", ("XQ1X", "XQ2X", "XQ3X"), ("XA1X", "XA2X")


@dataclass(frozen=True, slots=True)
class Wrappers:
    """The texts around messages.

    Attributes:
        opening: before the first question, where there is no system message.
        asked: after a question that has been answered, up to its answer.
        between: after an answer, up to the next question.
        ask: after the last question: what the model's answer follows.
        system_head, system_tail: around a system message, up to the first question; with
            `system_is_late`, around one that stands right before the last question. None: the
            template takes no system message.
        answer_tail: the part of `between` that ends an answer.
    """

    opening: str
    asked: str
    between: str
    ask: str
    system_head: str | None
    system_tail: str | None
    system_is_late: bool
    answer_tail: str


def find_wrappers(tokenizer: Any) -> Wrappers:
    """The texts that the tokenizer's chat template writes around messages.

    Raises:
        ModelError: it writes messages by other rules than by their roles and places.
    """
    return within_time(lambda: _found(tokenizer))


def _found(tokenizer: Any) -> Wrappers:
    talk = _talk(len(QUESTIONS))
    opening, asked, between, again, after, ask = _cut(_asked(tokenizer, talk), _marks(talk))
    if (again, after) != (asked, between):
        raise ModelError(
            "the chat template writes later turns otherwise than the first"
            f" ({asked!r} and then {again!r}; {between!r} and then {after!r})."
        )
    head, tail, is_late = _system(tokenizer, opening, between)
    return Wrappers(
        opening, asked, between, ask, head, tail, is_late, _answer_tail(tokenizer, between)
    )


def _system(tokenizer: Any, opening: str, between: str) -> tuple[str | None, str | None, bool]:
    """What stands around a system message, and whether it stands before the last question."""
    system: Message = {"role": "system", "content": SYSTEM}
    talk = [system, *_talk(2)]
    try:
        text = _asked(tokenizer, talk)
    except DataError:
        return None, None, False  # the template refuses it
    if SYSTEM not in text:
        return None, None, False
    if text.index(SYSTEM) < text.index(QUESTIONS[0]):
        head, tail, *_ = _cut(text, _marks(talk))
        return head, tail, False
    late = [*talk[1:3], system, talk[3]]
    first, _, before, tail, _ = _cut(text, _marks(late))
    if (first, before) != (opening, between):
        raise ModelError("the chat template writes questions otherwise with a system message.")
    return "", tail, True


def _answer_tail(tokenizer: Any, between: str) -> str:
    """What ends an answer, where `between` begins with it; else nothing."""
    text = render_text(tokenizer, _talk(2)[:2], generation_prompt=False)
    tail = text.rpartition(ANSWERS[0])[2]
    return tail if between.startswith(tail) else ""


def _talk(questions: int) -> list[Message]:
    """A conversation of so many marked questions, all but the last answered."""
    turns: list[Message] = []
    for question, answer in zip(QUESTIONS, (*ANSWERS, ""), strict=True):
        turns.append({"role": "user", "content": question})
        turns.append({"role": "assistant", "content": answer})
    return turns[: 2 * questions - 1]


def _marks(talk: list[Message]) -> list[str]:
    return [message["content"] for message in talk]


def _asked(tokenizer: Any, talk: list[Message]) -> str:
    return render_text(tokenizer, talk, generation_prompt=True)


def _cut(text: str, marks: list[str]) -> list[str]:
    """The texts before, between and after the marks."""
    parts = []
    for mark in marks:
        before, found, text = text.partition(mark)
        if not found:
            raise ModelError(f"the chat template leaves out a message or changes it ({mark}).")
        parts.append(before)
    return [*parts, text]
