"""Benchmarks as they are published, read from local files, and the slice that is asked.

    MMLU        a folder with test/SUBJECT_test.csv (and dev/SUBJECT_dev.csv for worked examples),
                with a header (question, choice0..choice3, answer) or without (question, four
                choices, letter)
    GSM8K       test.jsonl of {question, answer} (and train.jsonl beside it for worked examples)
    IFEval      input_data.jsonl of {key, prompt, instruction_id_list, kwargs}
    HumanEval   HumanEval.jsonl.gz of {task_id, prompt, entry_point, test}

A slice is drawn by the items' own content, not by their order: adding or removing an item changes
no other item's draw, and a larger limit keeps every item of a smaller one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whet.errors import ConfigError, DataError
from whet.evals.benchmarks.records import Record, csv_records, json_records
from whet.types import content_id

Doc = dict[str, Any]

LETTERS = "ABCD"
MMLU_COLUMNS = ("question", "choice0", "choice1", "choice2", "choice3", "answer")

SENTENCE_RULES = (
    "length_constraints:number_sentences",
    "change_case:capital_word_frequency",
)
"""Instructions that lm-eval checks with NLTK's data `punkt_tab`, which no package brings."""


@dataclass(frozen=True, slots=True)
class Part:
    """The items of one task, each with its id, and worked examples to show before them."""

    docs: Mapping[str, Doc]
    shots: tuple[Doc, ...] = ()


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What is asked of one benchmark: tasks by name (MMLU: one a subject), and what was left out.

    `num_items` were in the files; `notes` say what of them cannot be asked here.
    """

    name: str
    parts: Mapping[str, Part]
    num_items: int
    notes: tuple[str, ...] = field(default=())

    @property
    def num_asked(self) -> int:
        return sum(len(part.docs) for part in self.parts.values())


def drawn(docs: Mapping[str, Any], limit: int) -> list[str]:
    """The ids of a slice of at most `limit` items, in their order."""
    ranked = sorted(docs, key=lambda name: hashlib.sha256(f"slice:{name}".encode()).digest())
    chosen = set(ranked[:limit])
    return [name for name in docs if name in chosen]


def read_mmlu(folder: Path, limit: int, setting: str = "gates.ability.mmlu") -> Benchmark:
    """A slice over all subjects of a folder.

    Raises:
        ConfigError: there is no such folder, or no test file in it.
        DataError: a row is no question with four choices and an answer.
    """
    files = sorted((folder / "test").glob("*_test.csv")) if folder.is_dir() else []
    if not files:
        raise ConfigError(f"{setting}: {folder}: no test/SUBJECT_test.csv in it.")
    docs: dict[str, tuple[str, Doc]] = {}
    for file in files:
        subject = file.name.removesuffix("_test.csv")
        docs |= {_id(doc): (subject, doc) for doc in _questions(file, setting)}
    parts: dict[str, dict[str, Doc]] = {}
    for name in drawn(docs, limit):
        subject, doc = docs[name]
        parts.setdefault(subject, {})[name] = doc
    shown = {
        subject: Part(asked, _dev(folder, subject, setting)) for subject, asked in parts.items()
    }
    return Benchmark("mmlu", shown, len(docs))


def read_gsm8k(file: Path, limit: int, setting: str = "gates.ability.gsm8k") -> Benchmark:
    """A slice of the test file, with the training file beside it for worked examples.

    Raises:
        ConfigError, DataError: a file or a row cannot be read.
    """
    keys = {"question": str, "answer": str}
    docs = {_id(row.values): row.values for row in json_records(file, setting, keys)}
    beside = file.with_name(file.name.replace("test", "train"))
    shots = json_records(beside, setting, keys) if beside != file and beside.is_file() else []
    asked = {name: docs[name] for name in drawn(docs, limit)}
    part = Part(asked, tuple(row.values for row in shots))
    return Benchmark("gsm8k", {"gsm8k": part}, len(docs))


def read_ifeval(
    file: Path, limit: int, *, has_sentences: bool, setting: str = "gates.ability.ifeval"
) -> Benchmark:
    """A slice of the prompts; without `has_sentences` those whose check needs NLTK data are out.

    Raises:
        ConfigError, DataError: the file or a row cannot be read.
    """
    keys = {"key": int, "prompt": str, "instruction_id_list": list, "kwargs": list}
    rows = [row.values for row in json_records(file, setting, keys)]
    kept = [
        row
        for row in rows
        if has_sentences or not set(row["instruction_id_list"]) & set(SENTENCE_RULES)
    ]
    docs = {_id(row): row for row in kept}
    left_out = len(rows) - len(kept)
    notes = (
        f"{left_out} of {len(rows)} IFEval prompts ask for a number of sentences or of capital"
        " words: lm-eval counts them with NLTK's data punkt_tab, which is not on this machine"
        " (python -m nltk.downloader punkt_tab), so they are not asked.",
    )
    asked = {name: docs[name] for name in drawn(docs, limit)}
    return Benchmark("ifeval", {"ifeval": Part(asked)}, len(rows), notes if left_out else ())


def read_humaneval(file: Path, limit: int, setting: str = "gates.ability.humaneval") -> Benchmark:
    """A slice of the problems.

    Raises:
        ConfigError, DataError: the file or a row cannot be read.
    """
    keys = {"task_id": str, "prompt": str, "entry_point": str, "test": str}
    docs = {_id(row.values): row.values for row in json_records(file, setting, keys)}
    asked = {name: docs[name] for name in drawn(docs, limit)}
    return Benchmark("humaneval", {"humaneval": Part(asked)}, len(docs))


def _questions(file: Path, setting: str) -> list[Doc]:
    first = file.read_text(encoding="utf-8-sig").split("\n", 1)[0]
    has_header = first.strip().lower() == ",".join(MMLU_COLUMNS)
    header = None if has_header else MMLU_COLUMNS
    return [_question(row, file) for row in csv_records(file, setting, MMLU_COLUMNS, header=header)]


def _question(row: Record, file: Path) -> Doc:
    answer = row.values["answer"].strip()
    index = LETTERS.find(answer) if answer in LETTERS else int(answer) if answer.isdigit() else -1
    if not answer or not 0 <= index < len(LETTERS):
        raise DataError(f"{row.place}: the answer is {answer!r}; expected A to D, or 0 to 3.")
    subject = file.name.rsplit("_", 1)[0]
    return {
        "question": row.values["question"],
        "subject": subject,
        "choices": [row.values[f"choice{number}"] for number in range(len(LETTERS))],
        "answer": index,
    }


def _dev(folder: Path, subject: str, setting: str) -> tuple[Doc, ...]:
    file = folder / "dev" / f"{subject}_dev.csv"
    return tuple(_questions(file, setting)) if file.is_file() else ()


def _id(doc: Doc) -> str:
    return content_id(doc)
