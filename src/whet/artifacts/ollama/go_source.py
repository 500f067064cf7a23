"""The Go template that writes what a chat template writes around messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import groupby

from whet.artifacts.ollama.wrappers import Wrappers

MISREAD = re.compile(r'\{\{+|\{$|"{3,}')
IS_LAST = "eq (len (slice $.Messages $i)) 1"


def go_source(around: Wrappers, system: str | None = None) -> str:
    """Ollama's TEMPLATE for these wrappers.

    `system` is a prompt that is asked with where a request brings none; it stands in the template
    only where Modelfile's SYSTEM could not hold it.
    """
    if around.system_is_late or around.ask != around.asked or not _is_plain(around):
        return _by_place(around, system)
    return _by_role(around, system)


def _is_plain(around: Wrappers) -> bool:
    """Whether what stands before a question is the same wherever it stands."""
    head = _question_head(around)
    tail = around.system_tail
    return around.opening.endswith(head) and (tail is None or tail.endswith(head))


def _question_head(around: Wrappers) -> str:
    return around.between[len(around.answer_tail) :]


def _by_role(around: Wrappers, system: str | None) -> str:
    """Each message by its role alone, as most of Ollama's templates are written."""
    head = _question_head(around)
    cut = len(head)
    opening = around.opening[: len(around.opening) - cut]
    tail = around.system_tail
    first = _first(around, opening, tail and tail[: len(tail) - cut], system)
    return (
        f'{first}{{{{ range .Messages }}}}{{{{ if eq .Role "user" }}}}{literal(head)}'
        f"{{{{ .Content }}}}{literal(around.asked)}"
        '{{ else if eq .Role "assistant" }}{{ .Content }}'
        f"{literal(around.answer_tail)}{{{{ end }}}}{{{{ end }}}}"
    )


def _by_place(around: Wrappers, system: str | None) -> str:
    """Each message by its role, the last question apart from the others."""
    if around.system_is_late:
        first = literal(around.opening)
        value = _system_value(system, "$.System")
        late = f"{{{{ {value} }}}}{literal(around.system_tail or '')}"
        late = late if system else f"{{{{ if $.System }}}}{late}{{{{ end }}}}"
        before = f"{{{{ if $last }}}}{late}{{{{ end }}}}"
    else:
        first, before = _first(around, around.opening, around.system_tail, system), ""
    asked = literal(around.asked)
    if around.ask != around.asked:
        asked = f"{{{{ if $last }}}}{literal(around.ask)}{{{{ else }}}}{asked}{{{{ end }}}}"
    return (
        f"{first}{{{{ range $i, $m := .Messages }}}}{{{{ $last := {IS_LAST} }}}}"
        f'{{{{ if eq .Role "user" }}}}{before}{{{{ .Content }}}}{asked}'
        '{{ else if eq .Role "assistant" }}{{ .Content }}'
        f"{literal(around.between)}{{{{ end }}}}{{{{ end }}}}"
    )


def _first(around: Wrappers, opening: str, tail: str | None, system: str | None) -> str:
    """What stands before the first message: the system message, or what there is without one."""
    if around.system_head is None or tail is None:
        return literal(opening)
    head, value = literal(around.system_head), _system_value(system, ".System")
    asked = f"{head}{{{{ {value} }}}}{literal(tail)}"
    if system:
        return asked
    otherwise = f"{{{{ else }}}}{literal(opening)}" if opening else ""
    return f"{{{{ if .System }}}}{asked}{otherwise}{{{{ end }}}}"


def _system_value(system: str | None, path: str) -> str:
    return f"or {path} {quoted(system)}" if system else path


def literal(text: str) -> str:
    """A text as it stands in a template in a Modelfile: what either would misread is quoted."""
    safe = MISREAD.sub(lambda found: f"{{{{ {quoted(found[0])} }}}}", text)
    parts = ("".join(run) if plain else _action(run) for plain, run in groupby(safe, _is_kept))
    return "".join(parts)


def _is_kept(character: str) -> bool:
    """Whether a Modelfile keeps it as it is (`strconv.IsPrint`, spaces and ends of lines)."""
    return character.isprintable() or character in "\n\t"


def _action(run: Iterable[str]) -> str:
    return f"{{{{ {quoted(''.join(run))} }}}}"


def quoted(text: str) -> str:
    """A text as a string of Go's, with nothing in it that a Modelfile would drop."""
    plain = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escaped(c) for c in plain)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
