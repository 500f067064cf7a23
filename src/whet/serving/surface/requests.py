"""From a checked body to what an engine is asked; what it cannot honour is a fault, by field."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from whet.serving.backends.backend import About, Conversation, Prompt, Sampling
from whet.serving.server.limits import LIMITS
from whet.serving.surface.faults import Fault
from whet.serving.surface.fields import (
    HARMLESS,
    KNOWN_ELSEWHERE,
    Asked,
    ChatBody,
    ChosenTool,
    CompletionBody,
    Turn,
)
from whet.types import Message

COMPLETION_TOKENS = 16
"""OpenAI's default of `max_tokens` in completions."""
UNSET: tuple[Any, ...] = (None, [], {})


def check_model(asked: Asked, about: About) -> None:
    """Refuses another model's name."""
    if asked.model != about.id:
        raise Fault(
            404,
            f"The model {asked.model!r} is not served here; {about.id!r} is.",
            param="model",
            code="model_not_found",
        )


def check_tokens(asked: Asked, about: About) -> None:
    """Refuses biases on tokens that the model does not have."""
    ids = [int(token) for token in asked.logit_bias or {}]
    if about.vocabulary is not None and ids and max(ids) >= about.vocabulary:
        raise Fault(
            400,
            f"logit_bias: token id {max(ids)}; the model has {about.vocabulary} tokens.",
            param="logit_bias",
        )


def check_honoured(asked: Asked, refuses: Mapping[str, str], engine: str) -> None:
    """Refuses fields that would have no effect, rather than to leave them out silently."""
    for name, value in (asked.model_extra or {}).items():
        if name in KNOWN_ELSEWHERE and value not in UNSET and value not in HARMLESS.get(name, ()):
            raise Fault(400, f"{name} is not supported.", param=name, code="unsupported_parameter")
    for name, reason in refuses.items():
        is_own = name in type(asked).model_fields  # another route's field was checked above
        if is_own and _has_effect(name, getattr(asked, name)):
            raise Fault(400, f"{name}: {engine} {reason}", param=name, code="unsupported_parameter")


def _has_effect(name: str, value: Any) -> bool:
    if name == "response_format":
        return value is not None and value.type != "text"
    if name == "tool_choice":
        return value not in (None, "none", "auto")
    return bool(value)


def conversation_of(body: ChatBody) -> Conversation:
    """What a chat is answered from.

    Raises:
        Fault: a message, tool or format that makes no sense.
    """
    messages = [_message(turn, f"messages[{i}]") for i, turn in enumerate(body.messages)]
    tools = tuple(_tool(tool) for tool in body.tools or ())
    choice = body.tool_choice or ("auto" if tools else "none")
    if isinstance(choice, ChosenTool):
        tools = tuple(t for t in tools if t["function"]["name"] == choice.function.name)
        if not tools:
            name = choice.function.name
            raise Fault(400, f"tool_choice: no tool is named {name!r}.", param="tool_choice")
        choice = "required"
    if choice == "required" and not tools:
        raise Fault(400, "tool_choice: 'required' needs tools.", param="tool_choice")
    schema = _schema(body)
    if schema is not None and tools and choice != "none":
        raise Fault(
            400,
            "response_format: an answer cannot follow a schema and call tools; send one of them.",
            param="response_format",
        )
    return Conversation(messages, tools, choice, body.parallel_tool_calls, schema)


def chat_sampling(body: ChatBody) -> Sampling:
    """How a chat is drawn."""
    both = (body.max_tokens, body.max_completion_tokens)
    if None not in both and both[0] != both[1]:
        raise Fault(
            400,
            f"max_tokens is {both[0]} and max_completion_tokens {both[1]}; send one.",
            param="max_completion_tokens",
        )
    if body.top_logprobs and not body.logprobs:
        raise Fault(400, "top_logprobs needs logprobs: true.", param="top_logprobs")
    limit = body.max_tokens if body.max_completion_tokens is None else body.max_completion_tokens
    return _sampling(body, limit, (body.top_logprobs or 0) if body.logprobs else None)


def completion_sampling(body: CompletionBody) -> Sampling:
    """How a completion is drawn."""
    limit = COMPLETION_TOKENS if body.max_tokens is None else body.max_tokens
    return _sampling(body, limit, body.logprobs)


def prompts_of(body: CompletionBody, about: About) -> list[Prompt]:
    """The prompts of a completion, one for each answer (but for `n`).

    Raises:
        Fault: a token id that the model does not have.
    """
    sent: Any = body.prompt
    if isinstance(sent, str):
        return [sent]
    if isinstance(sent[0], int):
        sent = [sent]
    found: list[Prompt] = [item if isinstance(item, str) else tuple(item) for item in sent]
    ids = [max(prompt) for prompt in found if not isinstance(prompt, str)]
    if about.vocabulary is not None and ids and max(ids) >= about.vocabulary:
        raise Fault(
            400,
            f"prompt: token id {max(ids)}; the model has {about.vocabulary} tokens.",
            param="prompt",
        )
    if len(found) * (body.n or 1) > LIMITS.max_prompts:
        raise Fault(
            400,
            f"{len(found)} prompts with n = {body.n} are more than {LIMITS.max_prompts} answers.",
            param="n",
        )
    return found


def _sampling(body: Asked, limit: int | None, logprobs: int | None) -> Sampling:
    stop = body.stop if body.stop is not None else ()
    default = Sampling()
    return Sampling(
        max_tokens=limit,
        temperature=default.temperature if body.temperature is None else body.temperature,
        top_p=default.top_p if body.top_p is None else body.top_p,
        seed=body.seed,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        frequency_penalty=body.frequency_penalty or 0.0,
        presence_penalty=body.presence_penalty or 0.0,
        logit_bias={int(token): bias for token, bias in (body.logit_bias or {}).items()},
        logprobs=logprobs,
    )


def _message(turn: Turn, place: str) -> Message:
    if turn.content is None and not (turn.role == "assistant" and turn.tool_calls):
        raise Fault(400, f"{place}.content is missing.", param=f"{place}.content")
    if turn.role == "tool" and turn.tool_call_id is None:
        raise Fault(400, f"{place}.tool_call_id is missing.", param=f"{place}.tool_call_id")
    if turn.tool_calls and turn.role != "assistant":
        raise Fault(
            400, f"{place}.tool_calls: only an assistant calls.", param=f"{place}.tool_calls"
        )
    content = turn.content or ""
    text = content if isinstance(content, str) else "".join(part.text for part in content)
    message: Message = {
        "role": "system" if turn.role == "developer" else turn.role,
        "content": text,
    }
    if turn.name is not None:
        message["name"] = turn.name
    if turn.tool_calls:
        message["tool_calls"] = [call.model_dump() for call in turn.tool_calls]
    if turn.tool_call_id is not None:
        message["tool_call_id"] = turn.tool_call_id
    return message


def _tool(tool: Any) -> dict[str, Any]:
    _check_schema(tool.function.parameters, "tools")
    function = tool.function.model_dump(exclude_none=True)
    return {"type": "function", "function": {"parameters": {"type": "object"}, **function}}


def _schema(body: ChatBody) -> Mapping[str, Any] | None:
    wanted = body.response_format
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return {}
    if wanted.json_schema is None:
        param = "response_format.json_schema"
        raise Fault(400, f"{param} is missing.", param=param)
    _check_schema(wanted.json_schema.shape, "response_format.json_schema.schema")
    return wanted.json_schema.shape


def _check_schema(schema: Any, param: str) -> None:
    """Bounds a schema before an engine makes a grammar of it."""
    if len(json.dumps(schema)) > LIMITS.max_schema_bytes:
        most = LIMITS.max_schema_bytes
        raise Fault(400, f"{param}: a schema is longer than {most:,} bytes.", param=param)
    if _depth(schema) > LIMITS.max_schema_depth:
        most = LIMITS.max_schema_depth
        raise Fault(400, f"{param}: a schema is nested more than {most} deep.", param=param)


def _depth(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return 1 + max(map(_depth, value), default=0)
    return 0
