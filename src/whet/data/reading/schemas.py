"""Whether several files agree about their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whet.data.places import listed
from whet.findings import Finding, Kind, Severity


@dataclass(frozen=True, slots=True)
class Schema:
    """The types of each column of a file; null counts as any type. `used` carry the example."""

    file: str
    format: str
    types: Mapping[str, set[str]]
    used: frozenset[str]


def disagreements(schemas: Sequence[Schema]) -> list[Finding]:
    """What each file has otherwise than the first file of its format."""
    first: dict[str, Schema] = {}
    findings: list[Finding] = []
    for schema in schemas:
        model = first.setdefault(schema.format, schema)
        if model is not schema:
            findings += _compared(model, schema)
    return findings


def _compared(model: Schema, other: Schema) -> list[Finding]:
    findings = []
    for name in sorted(model.types.keys() & other.types.keys()):
        ours, theirs = model.types[name], other.types[name]
        if ours and theirs and ours != theirs:
            message = f"is {_words(theirs)} here and {_words(ours)} in {model.file}."
            level = Severity.ERROR if name in model.used | other.used else Severity.WARNING
            remedy = "Write it alike in both."
            findings.append(Finding(level, Kind.SCHEMA, message, other.file, 0, name, remedy))
    for here, there in ((model, other), (other, model)):
        lacking = sorted(here.types.keys() - there.types.keys())
        if lacking:
            message = f"has no column {listed(lacking)}, which {here.file} has."
            findings.append(Finding(Severity.WARNING, Kind.SCHEMA, message, there.file))
    return findings


def _words(types: set[str]) -> str:
    return " or ".join(sorted(types))
