"""Files to examples: the one way in.

Everything that is wrong is collected as findings; rows that cannot be used are set aside and
counted. Only what makes reading impossible (no such file, a missing package, a wrong key in
`data.columns`) is raised.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from whet.data.ledger import Dropped
from whet.data.places import listed
from whet.data.reading.file_reader import FileReader, Options
from whet.data.reading.files import Found, Paths, find_files
from whet.data.reading.formats import check_mapping
from whet.data.reading.lines import MAX_LINE_BYTES
from whet.data.reading.roles import ROLES
from whet.data.reading.schemas import Schema, disagreements
from whet.data.version import content_version
from whet.errors import ConfigError
from whet.findings import Finding, Kind, Severity
from whet.types import Example

MAX_KEPT_CHARS = 2**24
"""Text of a file that `stream` holds at once; a larger file is read twice instead."""


@dataclass(frozen=True, slots=True)
class FileSummary:
    """One file: its rows, broken ones among them, what they were taken for and why.

    `version` is the content version of its examples.
    """

    path: str
    rows: int
    format: str
    reason: str
    version: str


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
    files: list[FileSummary] = field(default_factory=list)

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
    files below it are shown relative to it; what is no path may be a data set of the hub.

    Raises:
        DataError: a path is missing, unreadable or of no known kind.
        ConfigError: `columns` or `roles` have a key or value that means nothing.
        MissingExtraError: a package that reads such a file is not installed.
    """
    options = _options(columns, roles, group_by, max_line_bytes)
    found = find_files(paths, root)
    readers = [FileReader(file, options) for file in found.files]
    schemas = [reader.schema for reader in readers if reader.schema]
    parts = [list(reader.examples()) for reader in readers]
    examples = [example for part in parts for example in part]
    return Reading(
        examples,
        " + ".join(dict.fromkeys(reader.form.name for reader in readers if reader.form)),
        " | ".join(dict.fromkeys(reader.reason for reader in readers if reader.form)),
        [f for reader in readers for f in reader.findings] + _findings(found, schemas),
        sum(reader.num_examples + len(reader.broken) for reader in readers),
        [dropped for reader in readers for dropped in reader.broken],
        [_summary(reader, part) for reader, part in zip(readers, parts, strict=True)],
    )


def _summary(reader: FileReader, examples: list[Example]) -> FileSummary:
    num_rows = len(examples) + len(reader.broken)
    form = reader.form.name if reader.form else ""
    return FileSummary(reader.file.name, num_rows, form, reader.reason, content_version(examples))


def stream(
    paths: Paths,
    columns: Mapping[str, str] | None = None,
    *,
    roles: Mapping[str, str] | None = None,
    group_by: str | None = None,
    root: Path | None = None,
    max_line_bytes: int = MAX_LINE_BYTES,
) -> Iterator[Example | Dropped | Finding]:
    """What `read` collects, one after the other: each file's examples, then what it set aside.

    Memory does not grow with the rows of JSONL, CSV, text, Parquet and Arrow files: a large one is
    scanned whole before its first example, and read again. A JSON document is held as text. It
    does grow with the findings.

    Raises:
        As `read`, and DataError: a file changed between its two readings.
    """
    options = _options(columns, roles, group_by, max_line_bytes, MAX_KEPT_CHARS)
    found = find_files(paths, root)
    schemas: list[Schema] = []
    for file in found.files:
        reader = FileReader(file, options)
        yield from reader.examples()
        yield from reader.broken
        yield from reader.findings
        schemas += [reader.schema] if reader.schema else []
    yield from _findings(found, schemas)


def _options(
    columns: Mapping[str, str] | None,
    roles: Mapping[str, str] | None,
    group_by: str | None,
    max_line_bytes: int,
    max_kept_chars: float = math.inf,
) -> Options:
    check_mapping(columns or {})
    _check_roles(roles or {})
    return Options(columns or {}, roles or {}, group_by, max_line_bytes, max_kept_chars)


def _findings(found: Found, schemas: list[Schema]) -> list[Finding]:
    """What concerns several files or none."""
    findings = disagreements(schemas)
    if found.ignored:
        message = f"passed over, for no kind of data file: {listed(found.ignored, 6)}."
        has_text = any(name.lower().endswith(".txt") for name in found.ignored)
        fix = "Text files are read only where they are named." if has_text else ""
        findings.append(Finding(Severity.NOTE, Kind.IGNORED_FILE, message, fix=fix))
    return findings


def _check_roles(roles: Mapping[str, str]) -> None:
    faults = [
        f"data.roles.{name}: {role!r} is not one of {', '.join(ROLES)}."
        for name, role in roles.items()
        if role not in ROLES
    ]
    if faults:
        raise ConfigError(faults)
