"""The Modelfile: from which file, asked how, answered how. Ollama's grammar, `parser/parser.go`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.errors import ModelError

MULTILINE = '"""'


@dataclass(frozen=True, slots=True)
class Modelfile:
    """What a Modelfile says. `parameters` may name one several times (`stop`)."""

    file: str
    template: str
    parameters: tuple[tuple[str, str], ...]
    system: str | None = None
    remarks: tuple[str, ...] = ()

    def text(self) -> str:
        """The file, in Ollama's grammar.

        Raises:
            ModelError: a value that the grammar cannot hold.
        """
        lines = [f"# {remark}" for remark in self.remarks]
        lines += [f"FROM ./{self.file}", f"TEMPLATE {_value(self.template, 'TEMPLATE')}"]
        lines += [f"PARAMETER {name} {_parameter(v, name)}" for name, v in self.parameters]
        if self.system:
            lines.append(f"SYSTEM {_value(self.system, 'SYSTEM')}")
        return "\n".join(lines) + "\n"


def can_hold(text: str) -> bool:
    """Whether a Modelfile keeps every character of a value: it drops what is not printable."""
    kept = all(c.isprintable() or c in "\n\t" for c in text)
    return kept and MULTILINE not in text


def _value(text: str, what: str) -> str:
    if not can_hold(text):
        odd = next((c for c in text if not (c.isprintable() or c in "\n\t")), MULTILINE)
        raise ModelError(f"a Modelfile cannot hold {odd!r} in {what}.")
    return f"{MULTILINE}{text}{MULTILINE}"


def _parameter(text: str, name: str) -> str:
    is_bare = text and all(c.isalnum() or c in "._-" for c in text)
    return text if is_bare else _value(text, f"PARAMETER {name}")


def stop_parameters(stops: Iterable[str]) -> list[tuple[str, str]]:
    """One `stop` for each text that ends an answer, each once."""
    return [("stop", text) for text in dict.fromkeys(stops)]
