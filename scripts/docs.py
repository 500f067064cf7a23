"""Writes the pages that are made from the code: `docs/config.md`, `docs/cli.md` and others.

python scripts/docs.py            write them
python scripts/docs.py --check    fail when one of them is out of date
"""

from __future__ import annotations

import ast
import json
import re
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel

from whet.cli.main import add_verbs, app
from whet.config import Config, Section
from whet.findings import Kind

ROOT = Path(__file__).resolve().parents[1]


def sections(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Each section with the key path that leads to it; `NAME` stands for a free name."""
    yield prefix, model
    for name, field in model.model_fields.items():
        for inner in _models(field.annotation):
            mapping = typing.get_origin(field.annotation) is dict
            path = f"{prefix}{name}.NAME." if mapping else f"{prefix}{name}."
            yield from sections(inner, path)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    return [m for part in typing.get_args(annotation) for m in _models(part)]


def _type_name(annotation: Any) -> str:
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    text = re.sub(r"typing\.|whet\.config\.(?:\w+\.)?|Annotated\[", "", text)
    choices = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Literal:
        return ", ".join(f"`{choice}`" for choice in choices)
    if "tuple" in text and "int" in text:
        return "a whole number or a list"
    if "Literal" in text:
        names = re.findall(r"'([^']*)'", text)
        extra = ", or a list" if "tuple" in text else ""
        kind = "mapping to " if text.startswith("dict") else ""
        return kind + ", ".join(f"`{name}`" for name in names) + extra
    if "tuple" in text:
        return "text or a list of texts"
    if text.startswith("dict"):
        return "mapping"
    words = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}
    return next((word for key, word in words.items() if re.search(rf"\b{key}\b", text)), "section")


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, tuple):
        value = list(value)
    return f"`{json.dumps(value)}`" if value not in (None, [], {}, "") else "empty"


def config_page() -> str:
    """Every key of `whet.yaml`, by section."""
    notes = (ROOT / "docs" / "config_notes.md").read_text(encoding="utf-8")
    lines = ["# whet.yaml", "", "Made from `src/whet/config/`; `make docs` writes it.", ""]
    for prefix, model in sections(Config):
        title = prefix.rstrip(".") or "Top level"
        summary = (model.__doc__ or "").split("\n")[0]
        lines += [f"## {title}", "", summary, "", "| key | kind | default | |", "|---|---|---|---|"]
        for name, field in model.model_fields.items():
            text = (field.description or "").replace("\n", " ").replace("|", "\\|")
            lines.append(
                f"| `{name}` | {_type_name(field.annotation)} | {_default(field)} | {text} |"
            )
        lines.append("")
    return "\n".join(lines) + "\n" + notes


def cli_page() -> str:
    """Every verb with its arguments and options."""
    group = typer.main.get_command(app)
    lines = ["# Commands", "", "Made from `src/whet/cli/`; `make docs` writes it.", ""]
    lines += ["Exit status: 0 the verb did its job, 1 a check says no, 2 a user's mistake,"]
    lines += ["130 interrupted.", ""]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        arguments = [
            p.metavar or p.name.upper() for p in command.params if p.param_type_name == "argument"
        ]
        lines += [f"## whet {name} {' '.join(arguments)}".rstrip(), "", command.help or "", ""]
        for parameter in command.params:
            if parameter.param_type_name == "argument":
                continue
            value = "" if parameter.is_flag else f" {parameter.metavar or 'TEXT'}"
            lines.append(f"- `{', '.join(parameter.opts)}{value}`: {parameter.help}")
        lines.append("")
    return "\n".join(lines)


def findings_page() -> str:
    """Every kind of finding that `whet check` may tell."""
    lines = ["# Findings", "", "Made from `src/whet/findings.py`; `make docs` writes it.", ""]
    lines += ["`whet check --json` names no other kind.", "", "| kind | meaning |", "|---|---|"]
    lines += [f"| `{kind}` | {kind.description} |" for kind in Kind]
    return "\n".join(lines) + "\n"


def map_page() -> str:
    """A line for every file, from the first line of its docstring."""
    lines = ["# Every file", "", "Made from the docstrings; `make docs` writes it.", ""]
    folder = None
    for path in sorted((ROOT / "src" / "whet").rglob("*.py")):
        place = path.relative_to(ROOT / "src")
        if place.parent != folder:
            folder = place.parent
            lines += ["", f"## {folder}", "", "| file | |", "|---|---|"]
        summary = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")
        lines.append(f"| `{place.name}` | {summary[0].replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """Path and text of every generated page."""
    schema = json.dumps(Config.model_json_schema(), indent=1) + "\n"
    return {
        ROOT / "docs" / "config.md": config_page(),
        ROOT / "docs" / "cli.md": cli_page(),
        ROOT / "docs" / "findings.md": findings_page(),
        ROOT / "docs" / "map.md": map_page(),
        ROOT / "docs" / "whet.schema.json": schema,
    }


def main() -> int:
    """Writes or checks; returns the exit status."""
    add_verbs()
    status = 0
    for path, text in pages().items():
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            print(f"{path.relative_to(ROOT)} is out of date. Run: make docs")
            status = 1
    return status


if __name__ == "__main__":
    raise SystemExit(main())
