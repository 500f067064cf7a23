"""The data set that comes out: kept answers with their origin, the others with their reasons.

    data.jsonl               what to train on
    record/journal.jsonl     every answer as it came
    record/rejected.jsonl    answers that are not kept, with the reason
    record/failed.jsonl      inputs without an answer, with the reason
    record/manifest.json     where everything came from, and the count: wanted = kept + rejected
                             + failed + open

The three lists are made anew from the journal each time, whole or not at all.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whet.distilling.inputs import Question
from whet.distilling.journal import Known
from whet.distilling.sieve import Sieve
from whet.distilling.teacher import Job
from whet.rundir import write_json, write_jsonl
from whet.types import content_id

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """One answer that is wanted: the input, the job that asks for it, which sample it is."""

    question: Question
    job: Job
    sample: int


@dataclass(slots=True)
class Yield:
    """What is there so far. Open answers were not asked for yet."""

    kept: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    num_open: int = 0

    @property
    def num_wanted(self) -> int:
        """All of them together."""
        return len(self.kept) + len(self.rejected) + len(self.failed) + self.num_open

    def reasons(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """How often each reason occurs."""
        return dict(Counter(str(row["reason"]) for row in rows).most_common())


def gather(wanted: Sequence[Wanted], known: Known, sieve: Sieve, teacher: str) -> Yield:
    """The answers that are known, sorted by what becomes of them."""
    found = Yield()
    seen: dict[str, list[str]] = {}
    for one in wanted:
        key, question = one.job.key, one.question
        entry = known.answers.get(key)
        about = {"source": question.source, "sample": one.sample}
        if entry is None and key in known.failures:
            found.failed.append({"reason": known.failures[key], **about,
                                 "messages": list(question.messages)})  # fmt: skip
            continue
        if entry is None:
            found.num_open += 1
            continue
        answer = str(entry["answer"])
        before = seen.setdefault(question.id, [])
        reason = sieve.reason(question, answer, str(entry["finish_reason"]), before)
        if not reason:
            before.append(answer)
        turns = [*question.messages, {"role": "assistant", "content": answer}]
        row = {"messages": turns, "meta": _meta(one, entry, teacher)}
        (found.rejected if reason else found.kept).append(
            {"reason": reason, **about, **row} if reason else row
        )
    assert found.num_wanted == len(wanted), f"{len(wanted)} wanted, {found.num_wanted} found again"
    return found


def _meta(one: Wanted, entry: Mapping[str, Any], teacher: str) -> dict[str, Any]:
    decoding = one.job.decoding
    return {
        "origin": "synthetic",
        "teacher": teacher,
        "prompt_hash": content_id(list(one.job.messages)),
        "date": entry["date"],
        "temperature": decoding.temperature,
        "max_new_tokens": decoding.max_new_tokens,
        "seed": decoding.seed,
        "sample": one.sample,
        "source": one.question.source,
    }


def write_yield(folder: Path, found: Yield, manifest: Mapping[str, Any]) -> Path:
    """Writes the lists and the manifest; returns the data set's file."""
    data = folder / "data.jsonl"
    write_jsonl(data, list(found.kept))
    write_jsonl(folder / "record" / "rejected.jsonl", list(found.rejected))
    write_jsonl(folder / "record" / "failed.jsonl", list(found.failed))
    ledger = {
        "wanted": found.num_wanted,
        "kept": len(found.kept),
        "rejected": found.reasons(found.rejected),
        "failed": found.reasons(found.failed),
        "open": found.num_open,
    }
    values = {"format": FORMAT, **manifest, "ledger": ledger, "data_sha256": file_digest(data)}
    write_json(folder / "record" / "manifest.json", values)
    return data


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
