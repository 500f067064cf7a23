"""What a Go template writes for a conversation, given to it as Ollama gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from whet.artifacts.ollama.go_template import (
    Assign,
    Call,
    Expression,
    If,
    Literal,
    Node,
    Path,
    Print,
    Range,
    Text,
    parse,
)
from whet.errors import ModelError
from whet.types import Messages


def render(source: str, messages: Messages) -> str:
    """The prompt that Ollama makes of a conversation with this template.

    Messages of one role that follow each other are one to Ollama, with an empty line between.

    Raises:
        ModelError: the template is broken, or uses what is not read here.
    """
    return execute(source, collated(messages))


def execute(source: str, data: Mapping[str, Any]) -> str:
    """What a Go template writes for a map of values."""
    return "".join(_written(parse(source), data, {"$": data}))


def collated(messages: Messages) -> dict[str, Any]:
    """A conversation as Ollama hands it to a template (`collate` in its template.go)."""
    system = [m["content"] for m in messages if m["role"] == "system"]
    turns: list[dict[str, str]] = []
    for message in messages:
        if turns and turns[-1]["Role"] == message["role"] != "tool":
            turns[-1]["Content"] += "\n\n" + message["content"]
        else:
            turns.append({"Role": message["role"], "Content": message["content"]})
    return {"System": "\n\n".join(system), "Messages": turns, "Response": ""}


def _written(nodes: Sequence[Node], dot: Any, variables: dict[str, Any]) -> list[str]:
    """What nodes write; variables that they declare end with them."""
    scope = dict(variables)
    own: set[str] = set()
    out: list[str] = []
    for node in nodes:
        if isinstance(node, Assign):
            if node.is_new:
                own.add(node.name)
            elif node.name not in scope:
                raise ModelError(f"the Go template sets {node.name}, which is not declared.")
            scope[node.name] = _value(node.value, dot, scope)
        else:
            out += _one(node, dot, scope)
    variables.update({k: v for k, v in scope.items() if k in variables and k not in own})
    return out


def _one(node: Node, dot: Any, scope: dict[str, Any]) -> list[str]:
    match node:
        case Text(text):
            return [text]
        case Print(value):
            return [_printed(_value(value, dot, scope))]
        case If(branches):
            for condition, body in branches:
                if condition is None or _truth(_value(condition, dot, scope)):
                    return _written(body, dot, scope)
        case Range():
            return _ranged(node, dot, scope)
    return []


def _ranged(node: Range, dot: Any, scope: dict[str, Any]) -> list[str]:
    out = []
    for index, item in enumerate(_value(node.values, dot, scope)):
        inner = scope  # what the body sets outlives a round; what the loop declares does not
        before = {n: inner[n] for n in (node.index, node.item) if n and n in inner}
        inner |= {n: v for n, v in ((node.index, index), (node.item, item)) if n}
        out += _written(node.body, item, inner)
        for name in (node.index, node.item):
            if name:
                del inner[name]
        inner |= before
    return out


def _value(expression: Expression, dot: Any, scope: Mapping[str, Any]) -> Any:
    match expression:
        case Literal(value):
            return value
        case Path(start, names):
            if start and start not in scope:
                raise ModelError(f"the Go template reads {start}, which is not declared.")
            value = scope[start] if start else dot
            for name in names:
                if name not in value:
                    raise ModelError(f"the Go template reads .{name}, which Ollama does not give.")
                value = value[name]
            return value
        case Call(name, arguments):
            if name not in FUNCTIONS:
                raise ModelError(f"the Go template calls {name}, which is not read here.")
            return FUNCTIONS[name](*[_value(a, dot, scope) for a in arguments])


def _truth(value: Any) -> bool:
    return bool(value)


def _printed(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _and(*values: Any) -> Any:
    return next((value for value in values if not _truth(value)), values[-1])


def _or(*values: Any) -> Any:
    return next((value for value in values if _truth(value)), values[-1])


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "eq": lambda first, *others: any(first == other for other in others),
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "and": _and,
    "or": _or,
    "not": lambda value: not _truth(value),
    "len": len,
    "slice": lambda value, start=0, end=None: value[start:end],
    "index": lambda value, key: value[key],
}
