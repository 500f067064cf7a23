"""Answers as the run folder keeps them, and the items that they answer.

    samples/ARM.jsonl           one line an answer, of the test split
    samples/SPLIT/ARM.jsonl     the same of another split
    items/SPLIT.json            what was asked: messages, columns and tools, once for all arms
    items/passages.json         texts of passages that arms were shown, each once, by their hash

A run made before there were items is read as well: its samples have question and gold alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from whet.errors import RunError
from whet.evals.scorers.references import criteria_of, references_of
from whet.rundir import RunDir, read_json, read_jsonl, write_json, write_jsonl
from whet.types import Example, content_id

FORMAT = 1
PASSAGES = "items/passages.json"


@dataclass(frozen=True, slots=True)
class Sample:
    """One kept answer. `seconds` is None where it was not measured on this machine now.

    `passages` are the texts that the arm was shown with the question, in that order. `item` is
    the whole item, its columns and tools with it; None in runs made before it was kept.
    """

    id: str
    source: str
    group: str | None
    question: str
    gold: str
    answer: str
    finish_reason: str = ""
    num_prompt_tokens: int | None = None
    num_output_tokens: int | None = None
    seconds: float | None = None
    cached: bool = False
    passages: tuple[str, ...] = ()
    item: Example | None = field(default=None, compare=False, repr=False)

    @property
    def example(self) -> Example:
        """The item as scorers compare with it; shown passages stand in the column `passages`."""
        found = self.item or _bare(self)
        if not self.passages:
            return found
        return replace(found, fields={**found.fields, "passages": list(self.passages)})

    @property
    def fields(self) -> Mapping[str, Any]:
        """The item's columns."""
        return self.item.fields if self.item else {}

    @property
    def tools(self) -> tuple[Mapping[str, Any], ...]:
        """The tools that the item offers."""
        return self.item.tools if self.item else ()

    @property
    def references(self) -> tuple[str, ...]:
        """The gold answer, then the further right answers."""
        return references_of(self.example)

    @property
    def criteria(self) -> tuple[str, ...]:
        """What a judge and reviewers are to look for in this item's answers."""
        return criteria_of(self.example)


def _bare(sample: Sample) -> Example:
    messages: Any = (
        {"role": "user", "content": sample.question},
        {"role": "assistant", "content": sample.gold},
    )
    return Example(sample.id, messages, sample.source, sample.group)


def sample_of(item: Example, answer: str, **more: Any) -> Sample:
    """The answer to an item, with the item."""
    return Sample(
        item.id, item.source, item.group, item.question, item.answer, answer, item=item, **more
    )


def read_samples(run: RunDir, arm: str, split: str) -> list[Sample]:
    """The answers of an arm on a split, each with its item where the run keeps it.

    Raises:
        RunError: they are not there, or were written by a newer whet.
    """
    rows = read_jsonl(run.samples(arm, split))
    items = {(item.id, item.source): item for item in read_items(run, split)}
    texts = _passages(run) if any(row.get("passages") for row in rows) else {}
    known = {entry.name for entry in fields(Sample)}
    strange = sorted({key for row in rows for key in row} - known)
    if strange:
        raise RunError(
            f"{run.samples(arm, split)}: has {', '.join(strange)}, which this whet does not know."
            " Upgrade whet."
        )
    return [
        Sample(
            **{key: value for key, value in row.items() if key != "passages"},
            passages=tuple(texts[key] for key in row.get("passages", ())),
            item=items.get((row["id"], row["source"])),
        )
        for row in rows
    ]


def write_samples(run: RunDir, arm: str, split: str, samples: Sequence[Sample]) -> None:
    """Writes the answers of an arm; the items are written once for all arms by `write_items`."""
    shown = {content_id(text): text for sample in samples for text in sample.passages}
    if shown:
        texts = {**_passages(run), **shown}
        write_json(run.file(PASSAGES), {"format": FORMAT, "texts": texts})
    write_jsonl(run.samples(arm, split), [_row(sample) for sample in samples])


def _row(sample: Sample) -> dict[str, Any]:
    names = [f.name for f in fields(Sample) if f.name not in ("item", "passages")]
    row = {name: getattr(sample, name) for name in names}
    if sample.passages:
        row["passages"] = [content_id(text) for text in sample.passages]
    return row


def _passages(run: RunDir) -> dict[str, str]:
    path = run.file(PASSAGES)
    texts: dict[str, str] = _known(read_json(path), PASSAGES)["texts"] if path.is_file() else {}
    return texts


def write_items(run: RunDir, split: str, items: Sequence[Example]) -> None:
    """Keeps what the answers of a split answer, where it is not kept already."""
    path = run.file(f"items/{split}.json")
    if path.is_file() and [item.id for item in read_items(run, split)] == [i.id for i in items]:
        return
    rows = [
        {
            "id": item.id,
            "source": item.source,
            "group": item.group,
            "messages": list(item.messages),
            "fields": dict(item.fields),
            "tools": [dict(tool) for tool in item.tools],
        }
        for item in items
    ]
    write_json(path, {"format": FORMAT, "items": rows})


def read_items(run: RunDir, split: str) -> list[Example]:
    """The items of a split as they were judged; none in runs made before they were kept.

    Raises:
        RunError: they were written by a newer whet.
    """
    path = run.file(f"items/{split}.json")
    if not path.is_file():
        return []
    return [
        Example(
            row["id"], tuple(row["messages"]), row["source"], row["group"], row["fields"],
            tuple(row["tools"]),
        )
        for row in _known(read_json(path), f"items/{split}.json")["items"]
    ]  # fmt: skip


def _known(value: dict[str, Any], name: str) -> dict[str, Any]:
    if value["format"] > FORMAT:
        raise RunError(
            f"{name} has format {value['format']}, and this whet reads {FORMAT}. Upgrade whet."
        )
    return value
