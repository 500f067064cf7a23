"""Served requests and their answers as examples: with consent, and redacted.

    {"request": {"messages": [...], ...}, "response": {"choices": [...]}, ...}
    {"messages": [...], "choices": [...]}      an answer beside its messages
    {"messages": [... the answer last], ...}   as stored completions are exported

Nothing of a row without consent is kept, not even its beginning in the ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from whet.data.places import printable
from whet.data.reading.conversation import conversation_faults
from whet.data.reading.files import find_files
from whet.data.reading.lines import MAX_LINE_BYTES
from whet.data.reading.rows import Row
from whet.data.reading.tables import FileRows
from whet.data.reading.turn_fault import TurnFault
from whet.data.reading.turns import read_turns
from whet.distilling.redaction import redact
from whet.distilling.yielding import FORMAT, file_digest
from whet.errors import ConfigError, DataError
from whet.rundir import write_json, write_jsonl
from whet.types import Message

EVERYONE = "everyone"
FEEDBACK = ("feedback", "rating", "score", "thumb", "thumbs", "vote", "comment", "correction")
_ROLES = {"developer": "system", "function": "tool"}
_CONTENT = ("request", "response", "messages", "choices", "tools", "model", "created", "id")


@dataclass(slots=True)
class Traffic:
    """What a log holds. `dropped` are (source, reason), without a word of the row."""

    kept: list[dict[str, Any]] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    redacted: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    num_read: int = 0

    @property
    def by_reason(self) -> dict[str, int]:
        """How many rows were dropped for each reason."""
        return dict(Counter(reason for _, reason in self.dropped).most_common())


class _NoExample(Exception):
    """A row that is not kept; the argument is the reason."""


def read_traffic(files: Sequence[Path], consent: str) -> Traffic:
    """The examples of the logs.

    Args:
        files: JSONL (or any other data file) of requests with their answers.
        consent: the dotted path of a field that has to be true in a row, or `everyone`, which
            says that all of them agreed.

    Raises:
        ConfigError: no consent is named.
        DataError: a line is no JSON; nothing is kept of a log that is read in part.
    """
    if not consent:
        raise ConfigError(
            "--from-logs: say who agreed to being trained on: --consent FIELD (a field that has to"
            f" be true in the row, e.g. metadata.consent) or --consent {EVERYONE}."
        )
    traffic = Traffic()
    faults: list[str] = []
    for file in find_files(files).files:
        rows = FileRows(file, MAX_LINE_BYTES)
        faults += [str(f) for f in rows.table.faults.findings if f.severity == "error"]
        for row in rows:
            traffic.num_read += 1
            source = f"{file.name}:{row.line}"
            try:
                traffic.kept.append(_example(row, source, consent, traffic))
            except _NoExample as error:
                traffic.dropped.append((source, str(error)))
    if faults:
        raise DataError(faults)
    assert traffic.num_read == len(traffic.kept) + len(traffic.dropped), "rows went missing"
    return traffic


def _example(row: Row, source: str, consent: str, traffic: Traffic) -> dict[str, Any]:
    values = row.values
    if consent != EVERYONE and _at(values, consent) is not True:
        raise _NoExample(f"no consent ({printable(consent)} is not true)")
    request = values.get("request", values)
    response = values.get("response", values)
    if not isinstance(request, Mapping) or not isinstance(response, Mapping):
        raise _NoExample("request or response is no object")
    messages = _messages(request, response)
    made: dict[str, Any] = {"messages": messages}
    if request.get("tools"):
        made["tools"] = request["tools"]
    feedback = {key: values[key] for key in FEEDBACK if values.get(key) is not None}
    meta: dict[str, Any] = {
        "origin": "traffic",
        "model": response.get("model") or request.get("model"),
        "date": _date(response.get("created")),
        "source": source,
    }
    found: Counter[str] = Counter()
    made = redact(made, found)
    meta["feedback"] = redact(feedback, found) or None
    meta["model"] = redact(meta["model"], found)
    traffic.redacted += found
    if found:
        meta["redacted"] = dict(found)
    named = consent.partition(".")[0]
    traffic.left_out.update(k for k in values if k not in (*_CONTENT, *FEEDBACK, named))
    made["meta"] = {key: value for key, value in meta.items() if value is not None}
    return made


def _messages(request: Mapping[str, Any], response: Mapping[str, Any]) -> list[Message]:
    given = request.get("messages")
    if not isinstance(given, list) or not given:
        raise _NoExample("no messages")
    turns = list(given)
    choices = response.get("choices")
    if choices is not None or response is not request:
        turns.append(_answer(response, choices))
    try:
        read = read_turns(turns, "messages", _ROLES, set())
        faults = list(conversation_faults(read, "messages"))
    except TurnFault as fault:
        faults = [fault]
    if faults:
        # The message of a fault may quote the row, so only its kind goes into the record.
        raise _NoExample(f"no conversation to learn from ({faults[0].kind.value})")
    return [turn.message for turn in read]


def _answer(response: Mapping[str, Any], choices: Any) -> Any:
    """The message of the first choice.

    Raises:
        _NoExample: there is none, or it was cut off or filtered.
    """
    if response.get("error") is not None:
        raise _NoExample("the request failed")
    first = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(first, Mapping) or not isinstance(first.get("message"), Mapping):
        raise _NoExample("no answer")
    reason = first.get("finish_reason")
    if reason in ("length", "content_filter"):
        raise _NoExample("cut off" if reason == "length" else "filtered")
    message = dict(first["message"])
    if message.get("content") is None and not message.get("tool_calls"):
        raise _NoExample("refused" if message.get("refusal") else "no answer")
    return {key: value for key, value in message.items() if value is not None} | {
        "role": "assistant"
    }


def _at(values: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; a key that holds dots itself is tried first."""
    if path in values:
        return values[path]
    found: Any = values
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _date(created: Any) -> str | None:
    """When it was answered, from seconds since 1970 or a text of ISO 8601."""
    if isinstance(created, bool) or not isinstance(created, int | float | str):
        return None
    try:
        if isinstance(created, str):
            when = datetime.fromisoformat(created)
            when = when.astimezone(UTC) if when.tzinfo else when  # without a zone it is UTC
        else:
            when = datetime.fromtimestamp(created, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def write_traffic(traffic: Traffic, folder: Path, files: Sequence[Path], consent: str) -> Path:
    """Writes `data.jsonl`, and `record/` with what was dropped and where it came from."""
    data = folder / "data.jsonl"
    write_jsonl(data, list(traffic.kept))
    dropped = [{"source": source, "reason": reason} for source, reason in traffic.dropped]
    write_jsonl(folder / "record" / "dropped.jsonl", list(dropped))
    ledger = {
        "read": traffic.num_read,
        "kept": len(traffic.kept),
        "dropped": traffic.by_reason,
    }
    manifest = {
        "format": FORMAT,
        "origin": "traffic",
        "consent": consent,
        "inputs": {file.name: file_digest(file.path) for file in find_files(files).files},
        "ledger": ledger,
        "redacted": dict(traffic.redacted),
        "left_out": dict(traffic.left_out),
        "data_sha256": file_digest(data),
    }
    write_json(folder / "record" / "manifest.json", manifest)
    return data
