"""The nouns that every room shares: messages, examples, completions.

Plain data and one protocol. Nothing here imports torch, reads a file or knows a path.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NotRequired, Protocol, TypedDict


class Message(TypedDict):
    """One turn in OpenAI form. `role` is system, user, assistant or tool.

    `weight` stands on assistant turns only: 0 makes one context that is not learnt.
    """

    role: str
    content: str
    tool_calls: NotRequired[list[dict[str, Any]]]
    tool_call_id: NotRequired[str]
    name: NotRequired[str]
    reasoning_content: NotRequired[str]
    weight: NotRequired[float]


Messages = Sequence[Message]
Tools = Sequence[Mapping[str, Any]]
"""What a prompt offers to call, in OpenAI form; empty for nothing."""


def content_id(value: Any) -> str:
    """Sixteen hex digits of SHA-256 over canonical JSON: equal content, equal id, anywhere."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation that ends with the answer to learn or to be compared with.

    `id` is a hash of the messages and tools alone, so a copied row has the same id; `source` is
    `file:line` of where it was read; `fields` are the row's other columns, which placeholders
    in a prompt file, slices and `group_by` may name.

    A preference pair has `rejected`, the turns that stand against the final answer after the
    same prompt; a judged answer has `desirable`. Both are part of the id only where they are set.
    """

    id: str
    messages: tuple[Message, ...]
    source: str
    group: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[Mapping[str, Any], ...] = ()
    rejected: tuple[Message, ...] = ()
    desirable: bool | None = None

    @staticmethod
    def of(
        messages: Sequence[Message],
        source: str,
        group: str | None = None,
        fields: Mapping[str, Any] | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        rejected: Sequence[Message] = (),
        desirable: bool | None = None,
    ) -> Example:
        """An example whose id is computed from its content."""
        content: dict[str, Any] = {"messages": list(messages), "tools": list(tools)}
        content |= {"rejected": list(rejected)} if rejected else {}
        content |= {"desirable": desirable} if desirable is not None else {}
        return Example(
            content_id(content), tuple(messages), source, group, fields or {}, tuple(tools),
            tuple(rejected), desirable,
        )  # fmt: skip

    @property
    def prompt(self) -> tuple[Message, ...]:
        """Everything before the final assistant turn."""
        return self.messages[:-1]

    @property
    def answer(self) -> str:
        """The text of the final assistant turn: the target, or the gold answer of a test item."""
        return self.messages[-1]["content"]

    @property
    def question(self) -> str:
        """The text of the last user turn: what retrieval and similarity look at."""
        return next((m["content"] for m in reversed(self.prompt) if m["role"] == "user"), "")

    @property
    def system(self) -> str | None:
        """The row's own system message, if it has one."""
        first = self.messages[0]
        return first["content"] if first["role"] == "system" else None


class FinishReason(StrEnum):
    """Why a completion ended. `CHOICE`: it was ranked among a closed set, not spelt."""

    STOP = "stop"
    LENGTH = "length"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Decoding:
    """How answers are produced; the same for every arm of a comparison.

    `temperature` 0 is greedy. `choices`, when not empty, is a closed set that is ranked by
    likelihood instead of spelt. `stop` are further stop strings beside the template's stop token.
    """

    temperature: float = 0.0
    max_new_tokens: int = 256
    stop: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer. `seconds` is the wall time of its batch divided by the batch's answers."""

    text: str
    finish_reason: FinishReason
    num_prompt_tokens: int = 0
    num_output_tokens: int = 0
    seconds: float = 0.0


class Completer(Protocol):
    """Anything that turns messages into text: a local model, an HTTP endpoint, a fake.

    `identity` names weights, adapter, template and precision in one string: equal identities
    give equal greedy answers, so answers may be cached by it.
    """

    identity: str

    def complete(
        self, prompts: Sequence[Messages], decoding: Decoding, tools: Sequence[Tools] = ()
    ) -> list[Completion]:
        """One completion for each prompt, in order; `tools`, where given, are each prompt's own."""
        ...


class Outcome(StrEnum):
    """What a gate, or one lamp of the report, says."""

    PASS = "pass"  # noqa: S105 - a word, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its interval. `level` is the two-sided error: 0.04 means 96 %.

    `low` and `high` are None where no interval can be given (a single value, no items).
    """

    value: float
    low: float | None
    high: float | None
    n: int
    level: float = 0.05
    method: str = ""
