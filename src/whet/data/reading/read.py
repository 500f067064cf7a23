"""Files to examples: the one way in.

Everything that is wrong is collected as findings; rows that cannot be used are set aside and
counted. Only what makes reading impossible (no such file, a missing package, a wrong key in
`data.columns`) is raised.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from whet.data.ledger import Dropped
from whet.data.places import listed, printable
from whet.data.reading.convert import Converter, RowFaults
from whet.data.reading.faults import Faults
from whet.data.reading.files import DataFile, Paths, find_files
from whet.data.reading.formats import Format, check_mapping, recognise
from whet.data.reading.lines import MAX_LINE_BYTES
from whet.data.reading.rows import Table
from whet.data.reading.schemas import Schema, disagreements, schema_of
from whet.data.reading.tables import read_table
from whet.data.reading.turns import ROLES
from whet.errors import ConfigError
from whet.findings import Finding, Kind, Severity
from whet.types import Example


@dataclass(frozen=True, slots=True)
class Reading:
    """What the files hold. `num_rows` = usable examples + broken rows.

    `format` and `reason` say what the rows were taken for and why; several files may differ.
    """

    examples: list[Example]
    format: str
    reason: str
    findings: list[Finding]
    num_rows: int
    broken: list[Dropped] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop every verb which would use the rows."""
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]


def read(
    paths: Paths,
    columns: Mapping[str, str] | None = None,
    *,
    roles: Mapping[str, str] | None = None,
    group_by: str | None = None,
    root: Path | None = None,
    max_line_bytes: int = MAX_LINE_BYTES,
) -> Reading:
    """Examples of every file that `paths` names, in file order.

    `columns` and `roles` are `data.columns` and `data.roles` of whet.yaml. `group_by` is a column
    whose value becomes `Example.group` in files that have it. Relative paths start at `root`, and
    files below it are shown relative to it.

    Raises:
        DataError: a path is missing, unreadable or of no known kind.
        ConfigError: `columns` or `roles` have a key or value that means nothing.
        MissingExtraError: a Parquet file, and pyarrow is not installed.
    """
    columns, roles = columns or {}, roles or {}
    check_mapping(columns)
    _check_roles(roles)
    found = find_files(paths, root)
    parts = [_FileReader(f, columns, roles, group_by, max_line_bytes).read() for f in found.files]
    findings = [finding for part in parts for finding in part.findings]
    findings += disagreements([part.schema for part in parts if part.schema])
    if found.ignored:
        message = f"passed over, for no kind of data file: {listed(found.ignored, 6)}."
        findings.append(Finding(Severity.NOTE, Kind.IGNORED_FILE, message))
    return Reading(
        [example for part in parts for example in part.examples],
        " + ".join(dict.fromkeys(part.form.name for part in parts if part.form)),
        _reason(parts),
        findings,
        sum(len(part.examples) + len(part.broken) for part in parts),
        [dropped for part in parts for dropped in part.broken],
        [file.name for file in found.files],
    )


def _check_roles(roles: Mapping[str, str]) -> None:
    faults = [
        f"data.roles.{name}: {role!r} is not one of {', '.join(ROLES)}."
        for name, role in roles.items()
        if role not in ROLES
    ]
    if faults:
        raise ConfigError(faults)


@dataclass(frozen=True, slots=True)
class _Part:
    """One file's share of a reading."""

    examples: list[Example]
    broken: list[Dropped]
    findings: list[Finding]
    form: Format | None = None
    kind: str = ""
    schema: Schema | None = None


def _reason(parts: list[_Part]) -> str:
    """Why each format was chosen, each reason once."""
    reasons = (f"{part.kind}; {part.form.reason}" for part in parts if part.form)
    return " | ".join(dict.fromkeys(reasons))


class _FileReader:
    """Reads one file: rows, then the format, then examples."""

    def __init__(
        self,
        file: DataFile,
        columns: Mapping[str, str],
        roles: Mapping[str, str],
        group_by: str | None,
        max_line_bytes: int,
    ) -> None:
        self.file, self.columns, self.roles = file, columns, roles
        self.group_by, self.max_line_bytes = group_by, max_line_bytes

    def read(self) -> _Part:
        """Every example of the file and everything that is wrong with it."""
        table = read_table(self.file, self.max_line_bytes)
        seen = table.columns
        form = recognise(seen, self.columns, table.rows, table.faults) if seen else None
        if form is None:
            table.broken.sort(key=lambda row: row.line)
            return _Part([], self._dropped(table), table.faults.findings)
        schema = schema_of(self.file.name, form.name, table.rows, form.columns.values())
        group_by = self.group_by if self.group_by in seen else None
        converter = Converter(self.file.name, form, self.roles, group_by)
        examples = self._examples(table, converter)
        _tell_once(table.faults, converter)
        findings = sorted(table.faults.findings, key=lambda finding: finding.line)
        return _Part(examples, self._dropped(table), findings, form, table.kind, schema)

    def _examples(self, table: Table, converter: Converter) -> list[Example]:
        examples = []
        for row in table.rows:
            try:
                examples.append(converter.example(row))
            except RowFaults as error:
                for fault in error.faults:
                    table.faults.error(
                        fault.kind, fault.message, fault.fix, line=row.line, field=fault.field
                    )
                text = json.dumps(row.values, ensure_ascii=False, default=repr)
                table.set_aside(row.line, text)
        return examples

    def _dropped(self, table: Table) -> list[Dropped]:
        return [
            Dropped(f"{self.file.name}:{row.line}", "broken", printable(row.text), raw=row.text)
            for row in table.broken
        ]


def _tell_once(faults: Faults, converter: Converter) -> None:
    if converter.numbers:
        names = listed(list(converter.numbers))
        faults.note(Kind.NUMBERS, f"numbers in {names} were taken as text.")
    if converter.unused:
        faults.note(Kind.UNUSED, f"not used: {listed(list(converter.unused))}.")
