"""How each arm asks: from an item to the messages that its completer is given.

    prompt      system prompt, the item's messages
    few_shot    system prompt, k similar training examples as turns, the item's messages
    rag         system prompt with retrieved passages, the item's messages
    tuned       the tuned prompt, the item's messages                        (with the adapter)
    tuned_rag   the tuned prompt with retrieved passages, the item's messages (with the adapter)
    nearest     no model: the answer of the most similar training row

All arms answer the same items. What differs stands in `Arm`, and nowhere else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from whet.errors import DataError
from whet.types import Example, Message


class ArmKind(StrEnum):
    """What a verdict does with an arm."""

    BASELINE = "baseline"
    CANDIDATE = "candidate"
    CONTROL = "control"


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to answer the test set.

    `prompt` is the text of the system prompt with its `{{field}}` places; None leaves each row's
    own system message as it is. `num_shots` examples and `num_passages` passages are shown.
    """

    name: str
    kind: ArmKind
    prompt: str | None = None
    uses_adapter: bool = False
    num_shots: int = 0
    num_passages: int = 0

    @property
    def uses_rag(self) -> bool:
        return self.num_passages > 0


SimilarRows = Callable[[str, int], Sequence[Example]]
"""(question, k) -> the k most similar training rows, the most similar first."""
Passages = Callable[[str, int], Sequence[str]]
"""(question, k) -> the k best passages, best first, each with its title in its text."""

PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")

CONTEXT_TEMPLATE = """\
Passages that may help:

{passages}

Answer from the passages where they hold the answer.{abstain}"""

ABSTAIN = " If they do not, say that you do not know."


def fill(text: str, example: Example, source: str = "the prompt") -> str:
    """The prompt with each `{{field}}` replaced by that field of the row.

    Values are put in as they are and not searched again, so data cannot name fields.

    Raises:
        DataError: The row lacks a field; names the row, the field and those that it has.
    """
    faults = [
        f"{example.source}: {source} asks for {{{{{name}}}}}, and the row has no such field"
        f" (it has: {', '.join(sorted(example.fields)) or 'none'})."
        for name in dict.fromkeys(PLACE.findall(text))
        if example.fields.get(name) is None
    ]
    if faults:
        raise DataError(faults)
    return PLACE.sub(lambda place: str(example.fields[place[1]]), text)


def ask(
    arm: Arm,
    example: Example,
    *,
    similar: SimilarRows | None = None,
    passages: Passages | None = None,
    abstain: bool = True,
) -> list[Message]:
    """The messages that an arm sends for an item; never its gold answer.

    Args:
        arm: The way to ask.
        example: The item.
        similar: Finds training rows; needed where the arm shows examples.
        passages: Finds passages; needed where the arm shows some.
        abstain: Whether passages come with leave to say "I do not know". False where the answers
            are a closed set: there it could only make the baseline weaker.

    Raises:
        DataError: A placeholder has no field, or the row's own system message conflicts.
    """
    system = system_text(arm.prompt, example)
    shown: list[Message] = []
    if arm.num_shots:
        assert similar is not None, f"{arm.name} shows examples and was given nothing to find them"
        shown = shots(similar(example.question, arm.num_shots))
    if arm.num_passages:
        assert passages is not None, f"{arm.name} shows passages and was given no retrieval"
        found = passages(example.question, arm.num_passages)
        system = with_context(system, rag_context(found, abstain=abstain))
    first: list[Message] = [{"role": "system", "content": system}] if system else []
    return [*first, *shown, *_turns(example)]


def system_text(prompt: str | None, example: Example) -> str:
    """The system message of an item: the prompt if there is one, else the row's own.

    Raises:
        DataError: Both are there and differ.
    """
    own = example.system
    if prompt is None:
        return own or ""
    text = fill(prompt, example).strip()
    if own is None or own.strip() == text:
        return text
    raise DataError(
        f"{example.source}: the row has its own system message, and it is not the prompt's text."
        " Leave out `prompt` to use each row's own, remove the system messages from the rows, or"
        " make a placeholder of what differs between them."
    )


def with_system(prompt: str | None, example: Example) -> tuple[Message, ...]:
    """The row's messages with the prompt as its system message, if there is one."""
    text = system_text(prompt, example)
    own = example.messages[1:] if example.system is not None else example.messages
    return ({"role": "system", "content": text}, *own) if text else own


def shots(rows: Sequence[Example]) -> list[Message]:
    """Rows as turns before the question, the most similar last, without system messages.

    Args:
        rows: Most similar first.
    """
    return [turn for row in reversed(rows) for turn in (*_turns(row), row.messages[-1])]


def _turns(example: Example) -> tuple[Message, ...]:
    """The row's prompt without its system message."""
    return example.prompt[1:] if example.system is not None else example.prompt


def rag_context(passages: Sequence[str], *, abstain: bool = True) -> str:
    """Retrieved passages as text: numbered, best first, with what to do without an answer.

    Training rows of `tuned_rag` are written with the same text. Empty without passages.
    """
    if not passages:
        return ""
    numbered = "\n\n".join(f"[{i}] {text.strip()}" for i, text in enumerate(passages, 1))
    return CONTEXT_TEMPLATE.format(passages=numbered, abstain=ABSTAIN if abstain else "")


def with_context(system: str, context: str) -> str:
    """A system message with passages under it."""
    return "\n\n".join(part for part in (system, context) if part)


def gets_context(example_id: str, *, share: float, seed: int) -> bool:
    """Whether a training row of `tuned_rag` is shown with passages: by hash, not by order."""
    digest = hashlib.sha256(f"rag-context:{seed}:{example_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def training_row(
    arm: Arm,
    example: Example,
    *,
    passages: Passages | None = None,
    share: float = 1.0,
    seed: int = 0,
    abstain: bool = True,
) -> Example:
    """The row that an adapter for this arm is trained on: what the arm asks, and the answer.

    A part of the rows, `share`, is shown with passages where the arm uses retrieval; the others
    without, so that the adapter also learns the task itself. Id and source stay the row's own.
    """
    plain = Arm(arm.name, arm.kind, arm.prompt, arm.uses_adapter)
    asks = arm if gets_context(example.id, share=share, seed=seed) else plain
    asked = ask(asks, example, passages=passages, abstain=abstain)
    return replace(example, messages=(*asked, example.messages[-1]))


def nearest_answers(items: Sequence[Example], similar: SimilarRows) -> list[str]:
    """The control: for each item the answer of the most similar training row, or nothing."""
    found = (similar(item.question, 1) for item in items)
    return [rows[0].answer if rows else "" for rows in found]
