r"""The learnt turns of a conversation as text, from the chat template and nothing else.

For each learnt assistant turn the template is asked twice: how the server would *ask* for this
turn (history and generation prompt) and how the turn reads once *answered*. The difference is the
answer; nothing is searched for by typed marks.

    asked      <user>\nHi<end>\n<assistant>\n
    answered   <user>\nHi<end>\n<assistant>\nHello<end>\n
    learnt                                   ~~~~~~~~~         answer through its stop token

A template with generation markers says itself what is learnt: then the answer ends where its
marker closes, and the marker may open a little before, in the head of the reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from whet.errors import DataError
from whet.rows.markers import Span, has_markers, marked_text
from whet.rows.template import answer_text, realigned_answer, render_text
from whet.types import Example, Message

WhichTurns = Literal["all", "last"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One learnt assistant turn as text: what is asked and what is answered.

    `marked_from` is where the template's marker opens, in characters of `prompt + answer`; None
    without markers.
    """

    prompt: str
    answer: str
    content: str
    marked_from: int | None = None


def learnt_turns(
    messages: Sequence[Message], which: WhichTurns = "all", first: int = 0
) -> list[int]:
    """Indices of the assistant turns to learn: all or the last, without those of weight 0.

    Turns before message `first` are context.
    """
    answers = [i for i, m in enumerate(messages) if m["role"] == "assistant" and i >= first]
    chosen = answers[-1:] if which == "last" else answers
    return [i for i in chosen if messages[i].get("weight", 1)]


def turns_of(
    example: Example, tokenizer: Any, which: WhichTurns = "all", first: int = 0
) -> list[Turn]:
    """The turns of an example from message `first` on that are learnt, in order; at least one.

    Raises:
        ModelError: the template cannot be trained with.
        DataError: it refuses this conversation, or there is no turn to learn.
    """
    chosen = learnt_turns(example.messages, which, first)
    if not chosen:
        raise DataError(
            "the conversation has no assistant turn to learn (none, or all of weight 0). "
            "Remove the row, or give an answer weight 1."
        )
    marked = has_markers(tokenizer, example.tools)
    return [_turn(example, index, tokenizer, marked) for index in chosen]


def _turn(example: Example, index: int, tokenizer: Any, marked: bool) -> Turn:
    history, message = example.messages[:index], example.messages[index]
    if not history:
        raise DataError(
            "the conversation begins with the assistant; a turn needs a prompt. "
            "Put a user turn before it, or give it weight 0."
        )
    tools = example.tools
    prompt = render_text(tokenizer, history, tools=tools, generation_prompt=True)
    spans: list[Span] = []
    if marked:
        full, spans = marked_text(tokenizer, [*history, message], tools)
    else:
        full = render_text(tokenizer, [*history, message], tools=tools, generation_prompt=False)
    content = message.get("content") or ""
    if full.startswith(prompt):
        answer = answer_text(prompt, full)
    else:
        swapped: Message = {**message, "content": ("B" if content[:1] == "A" else "A") + content}
        other = render_text(tokenizer, [*history, swapped], tools=tools, generation_prompt=False)
        answer = realigned_answer(prompt, full, other)
    return _as_marked(prompt, answer, full, content, spans) if marked else Turn(
        prompt, answer, content
    )  # fmt: skip


def _as_marked(prompt: str, answer: str, full: str, content: str, spans: Sequence[Span]) -> Turn:
    """The turn with its answer cut where its marker closes."""
    begin = len(full) - len(answer)
    own = [span for span in spans if span[1] > begin]
    if not own:
        raise DataError(
            f"the template's generation markers leave out the reply {content[:40]!r}, so nothing "
            "of it would be learnt. Put {% generation %} and {% endgeneration %} around it."
        )
    if len(own) > 1:
        raise DataError(
            f"the template's generation markers leave out {full[own[0][1] : own[1][0]][:40]!r} in "
            "the midst of a reply, which the model has to write when served. Mark the whole reply."
        )
    start, end = own[0]
    return Turn(prompt, full[begin:end], content, start - begin + len(prompt))
