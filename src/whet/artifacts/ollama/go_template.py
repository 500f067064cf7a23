"""Go's text/template, the part of it that chat templates of Ollama need, as a tree.

    {{ if eq .Role "user" }} ... {{ else if ... }} ... {{ else }} ... {{ end }}
    {{ range $i, $m := .Messages }} ... {{ end }}     {{ $last := eq (len (slice . $i)) 1 }}
    {{ .System }}   {{ or .System "text" }}   {{- trimmed -}}   {{/* said to nobody */}}

Pipes, blocks, `define`, `with` and formats are not read: they are refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from whet.errors import ModelError

BODY = r'(?:"(?:\\.|[^"\\])*"|`[^`]*`|/\*.*?\*/|[^"`])*?'
ACTION = re.compile(rf"\{{\{{(-(?=\s))?({BODY})((?<=\s)-)?\}}\}}", re.DOTALL)
COMMENT = re.compile(r"\s*/\*.*\*/\s*", re.DOTALL)
TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:\\.|[^"\\])*"|`[^`]*`)|(?P<number>-?\d+)|(?P<assign>:=|=)
    |(?P<mark>[(),])|(?P<path>\$\w*(?:\.\w+)*|\.\w+(?:\.\w+)*|\.)|(?P<word>\w+))""",
    re.VERBOSE,
)
SPACE = " \t\r\n"
Token = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a number or a truth value."""

    value: str | int | bool


@dataclass(frozen=True, slots=True)
class Path:
    """`.A.B` of the current value, or of the variable that `start` names."""

    start: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple[Expression, ...]


Expression = Literal | Path | Call


@dataclass(frozen=True, slots=True)
class Text:
    """What stands outside of actions."""

    text: str


@dataclass(frozen=True, slots=True)
class Print:
    """A value, written."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Assign:
    """A variable, new (`:=`) or changed (`=`)."""

    name: str
    value: Expression
    is_new: bool


@dataclass(frozen=True, slots=True)
class If:
    """Branches with their conditions; the last may have none."""

    branches: list[tuple[Expression | None, list[Node]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Range:
    """A body for each item of a list."""

    index: str | None
    item: str | None
    values: Expression
    body: list[Node]


Node = Text | Print | Assign | If | Range


def parse(source: str) -> list[Node]:
    """The tree of a template.

    Raises:
        ModelError: it is broken, or uses what is not read here.
    """
    parts = _Parts(_split(source))
    nodes = parts.body()
    if parts.ended:
        raise ModelError("the Go template has an {{ end }} or {{ else }} too many.")
    return nodes


def _split(source: str) -> list[str | list[Token]]:
    """Texts and actions in turn, with the white space gone that actions trim."""
    parts: list[str | list[Token]] = []
    start, trims = 0, False
    for found in ACTION.finditer(source):
        text = source[start : found.start()]
        text = text.lstrip(SPACE) if trims else text
        parts.append(text.rstrip(SPACE) if found[1] else text)
        if not COMMENT.fullmatch(found[2]):
            parts.append(_tokens(found[2]))
        start, trims = found.end(), bool(found[3])
    rest = source[start:]
    return [*parts, rest.lstrip(SPACE) if trims else rest]


def _tokens(action: str) -> list[Token]:
    tokens, place = [], 0
    action = action.rstrip()
    while place < len(action):
        found = TOKEN.match(action, place)
        if found is None:
            raise ModelError(f"the Go template holds {action.strip()!r}, which is not read here.")
        assert found.lastgroup is not None
        tokens.append((found.lastgroup, found[found.lastgroup]))
        place = found.end()
    return tokens


class _Parts:
    """Texts and actions, taken one after another into a tree."""

    def __init__(self, parts: list[str | list[Token]]) -> None:
        self._parts = parts
        self._place = 0
        self.ended: list[Token] = []

    def body(self) -> list[Node]:
        """Nodes up to `end` or `else`, which is left in `ended`; or to the end of the template."""
        nodes: list[Node] = []
        self.ended = []
        while self._place < len(self._parts):
            part = self._parts[self._place]
            self._place += 1
            if isinstance(part, str):
                nodes += [Text(part)] if part else []
            elif part and part[0] in (("word", "end"), ("word", "else")):
                self.ended = part
                return nodes
            else:
                nodes.append(self._node(part))
        return nodes

    def _node(self, tokens: list[Token]) -> Node:
        match tokens:
            case [("word", "if"), *rest]:
                return self._if(rest)
            case [("word", "range"), *rest]:
                return self._range(rest)
            case [("path", name), ("assign", sign), *rest]:
                return Assign(name, expression(rest), sign == ":=")
        return Print(expression(tokens))

    def _if(self, condition: list[Token]) -> If:
        node = If()
        wanted: Expression | None = expression(condition)
        while True:
            node.branches.append((wanted, self.body()))
            match self.ended:
                case [("word", "end")]:
                    self.ended = []
                    return node
                case [("word", "else"), ("word", "if"), *rest]:
                    wanted = expression(rest)
                case [("word", "else")] if wanted is not None:
                    wanted = None
                case _:
                    raise ModelError("the Go template has an {{ if }} that is not ended.")

    def _range(self, tokens: list[Token]) -> Range:
        index = item = None
        match tokens:
            case [("path", i), ("mark", ","), ("path", m), ("assign", ":="), *rest]:
                index, item, tokens = i, m, rest
            case [("path", m), ("assign", ":="), *rest]:
                item, tokens = m, rest
        values = expression(tokens)
        body = self.body()
        if self.ended != [("word", "end")]:
            raise ModelError("the Go template has a {{ range }} that is not ended by {{ end }}.")
        self.ended = []
        return Range(index, item, values, body)


def expression(tokens: list[Token]) -> Expression:
    """The value that tokens stand for.

    Raises:
        ModelError: they are none.
    """
    rest = list(tokens)
    value = _call(rest)
    if rest:
        raise ModelError(f"the Go template holds {rest[0][1]!r} where nothing is expected.")
    return value


def _call(tokens: list[Token]) -> Expression:
    if tokens and tokens[0][0] == "word" and tokens[0][1] not in ("true", "false"):
        name = tokens.pop(0)[1]
        arguments = []
        while tokens and tokens[0] != ("mark", ")"):
            arguments.append(_operand(tokens))
        return Call(name, tuple(arguments))
    return _operand(tokens)


def _operand(tokens: list[Token]) -> Expression:
    if not tokens:
        raise ModelError("the Go template has an action without a value.")
    kind, text = tokens.pop(0)
    if (kind, text) == ("mark", "("):
        value = _call(tokens)
        if not tokens or tokens.pop(0) != ("mark", ")"):
            raise ModelError("the Go template has a bracket that is not closed.")
        return value
    if kind == "string":
        return Literal(text[1:-1] if text[0] == "`" else _unquoted(text))
    if kind == "number":
        return Literal(int(text))
    if text in ("true", "false"):
        return Literal(text == "true")
    if kind != "path":
        raise ModelError(f"the Go template holds {text!r} where a value is expected.")
    start, _, names = text.partition(".")
    return Path(start, tuple(name for name in names.split(".") if name))


def _unquoted(text: str) -> str:
    """A string of Go's; of its escapes those of JSON are read, and eight digits after U."""
    try:
        plain = json.loads(re.sub(r"\\U([0-9a-fA-F]{8})", _pair, text))
    except ValueError:
        raise ModelError(f"the Go template holds {text}, which is no string of Go's.") from None
    return str(plain)


def _pair(found: re.Match[str]) -> str:
    return json.dumps(chr(int(found[1], 16)))[1:-1]
