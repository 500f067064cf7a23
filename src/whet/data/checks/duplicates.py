"""Rows that repeat others, word for word or nearly so, and inputs that have several answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from whet.data.checks.labels import labels
from whet.data.keys import answer_key, input_key, row_key
from whet.data.places import at, listed
from whet.findings import Finding, Kind, Severity
from whet.types import Example


def duplicates(examples: Sequence[Example]) -> list[Finding]:
    """A warning at each row that repeats an earlier one."""
    findings = []
    for rows in grouped(examples, row_key):
        for row in rows[1:]:
            message = f"the same row as {rows[0].source}."
            findings.append(at(row, Severity.WARNING, Kind.DUPLICATE_EXACT, message))
    return findings


def near_copies(examples: Sequence[Example]) -> list[Finding]:
    """A warning at each near copy of an earlier row, largest cluster first, and a note on all."""
    from whet.data.overlap.near import near_duplicates
    from whet.data.overlap.texts import row_text

    found = near_duplicates((str(row), row_text(each)) for row, each in enumerate(examples))
    findings = _capped(found.num_capped)
    clusters = [[examples[int(row)] for row in cluster.ids] for cluster in found.clusters]
    if clusters:
        sizes = listed([f"{len(rows)} rows like {rows[0].source}" for rows in clusters], 4)
        num_copies = sum(map(len, clusters)) - len(clusters)
        message = f"{num_copies} rows are near copies of {len(clusters)} others: {sizes}."
        remedy = "Keep one of each unless the difference matters."
        findings.append(Finding(Severity.NOTE, Kind.DUPLICATE_NEAR, message, fix=remedy))
    for rows, cluster in zip(clusters, found.clusters, strict=True):
        for row, similarity in zip(rows[1:], cluster.similarity[1:], strict=True):
            message = (
                f"nearly the same row as {rows[0].source} ({similarity:.0%} alike; "
                f"{len(rows)} such rows)."
            )
            findings.append(at(row, Severity.WARNING, Kind.DUPLICATE_NEAR, message))
    return findings


def _capped(num_rows: int) -> list[Finding]:
    if not num_rows:
        return []
    message = (
        f"{num_rows} rows share their rarest words with very many others, as if written by one "
        "template; each was compared with some of these only, so near copies may be missing here."
    )
    return [Finding(Severity.NOTE, Kind.DUPLICATE_NEAR, message)]


def contradictions(examples: Sequence[Example]) -> list[Finding]:
    """A warning at each input that has several labels; for free text one note for all."""
    groups = [
        (rows, len({answer_key(row) for row in rows})) for rows in grouped(examples, input_key)
    ]
    groups = [(rows, num_answers) for rows, num_answers in groups if num_answers > 1]
    if groups and labels(examples) is None:
        places = listed([rows[0].source for rows, _ in groups], 4)
        message = f"{len(groups)} inputs have several different answers; see {places}."
        remedy = "That is fine where several are right."
        return [Finding(Severity.NOTE, Kind.SEVERAL_ANSWERS, message, fix=remedy)]
    return [
        at(
            rows[0],
            Severity.WARNING,
            Kind.LABEL_CONFLICT,
            f"the same input has {num_answers} different answers; see "
            f"{listed([row.source for row in rows[1:]], 4)}.",
            "Keep the right one.",
        )
        for rows, num_answers in groups
    ]


def grouped(examples: Sequence[Example], key: Callable[[Example], str]) -> list[list[Example]]:
    """Rows that share a key, for each key that several have."""
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[key(example)].append(example)
    return [rows for rows in groups.values() if len(rows) > 1]
