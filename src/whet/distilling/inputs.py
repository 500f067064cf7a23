"""What a teacher is to answer: rows of a data file, prompts without answers, or lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from whet.data import read
from whet.data.reading.conversation import conversation_faults
from whet.data.reading.faults import Faults
from whet.data.reading.files import DataFile, find_files
from whet.data.reading.lines import MAX_LINE_BYTES, BrokenFile, read_lines
from whet.data.reading.rows import Row
from whet.data.reading.tables import FileRows
from whet.data.reading.turn_fault import TurnFault
from whet.data.reading.turns import read_turns
from whet.data.reading.words import INPUT_WORDS
from whet.errors import DataError
from whet.findings import Severity
from whet.types import Example, Message, content_id

_TURNS = ("messages", "conversations", "conversation")
_MEND = "Mend or remove the row."


@dataclass(frozen=True, slots=True)
class Question:
    """One input: the messages to answer, where it stood, and the known answer if it has one."""

    id: str
    messages: tuple[Message, ...]
    source: str
    gold: str | None = None

    @property
    def example(self) -> Example:
        """The input with its known answer, as scorers take it."""
        answer: Message = {"role": "assistant", "content": self.gold or ""}
        return Example(self.id, (*self.messages, answer), self.source)


@dataclass(frozen=True, slots=True)
class Questions:
    """Every different input, in order, and the files they are from.

    `num_read` counts repeated ones too; `notes` are to be told.
    """

    items: list[Question]
    files: list[Path]
    num_read: int
    notes: list[str]


def read_questions(files: Sequence[Path], *, repeats: bool = False) -> Questions:
    """The inputs of the files; with `repeats` also those that repeat earlier ones.

    Raises:
        DataError: everything that is wrong with the files; nothing is asked from part of them.
    """
    found: list[Question] = []
    faults: list[str] = []
    told: list[str] = []
    read_files: list[Path] = []
    for path in files:
        if path.suffix.lower() == ".txt" and not path.is_dir():
            read_files.append(path)
            _add_lines(path, found, faults)
            continue
        for file in find_files([path]).files:
            read_files.append(file.path)
            _add_rows(file, found, faults, told)
    if faults:
        raise DataError(faults)
    if not found:
        raise DataError(f"{', '.join(map(str, files))}: no inputs. Name a file of prompts or rows.")
    first: dict[str, Question] = {}
    for question in found:
        first.setdefault(question.id, question)
    different = list(first.values())
    notes = list(dict.fromkeys(told))
    if repeats:
        return Questions(found, read_files, len(found), notes)
    if len(different) < len(found):
        notes.append(
            f"{len(found) - len(different)} inputs repeat earlier ones and are asked once."
        )
    return Questions(different, read_files, len(found), notes)


def _question(messages: Sequence[Message], source: str, gold: str | None = None) -> Question:
    return Question(content_id(list(messages)), tuple(messages), source, gold)


def _add_lines(file: Path, found: list[Question], faults: list[str]) -> None:
    """One prompt a line; blank lines are no prompts."""
    if not file.is_file():
        faults.append(f"{file}: no such file.")
        return
    told = Faults(str(file))
    try:
        for line in read_lines(DataFile(file, str(file), "txt"), told, MAX_LINE_BYTES):
            if line.text is not None and line.text.strip():
                message: Message = {"role": "user", "content": line.text.strip()}
                found.append(_question([message], f"{file}:{line.number}"))
    except BrokenFile:
        pass  # told as a finding, as every other fault of the file
    faults += [str(f) for f in told.findings if f.severity is Severity.ERROR]


def _add_rows(file: DataFile, found: list[Question], faults: list[str], told: list[str]) -> None:
    """Rows with answers are read as training data are; others by their question alone."""
    rows = FileRows(file, MAX_LINE_BYTES)
    table = rows.table
    wrong = [str(f) for f in table.faults.findings if f.severity is Severity.ERROR]
    names = {name.strip().lower(): name for name in table.columns}
    turns = next((names[name] for name in _TURNS if name in names), None)
    alone = _lone_input(names) if turns is None else None
    if "tools" in names:
        told.append(f"{file.name}: the tools of its rows are not sent to the teacher.")
    if wrong:
        faults += wrong
    elif turns is not None:
        _from_turns(rows, turns, file.name, found, faults)
    elif alone is not None:
        _from_column(rows, alone, file.name, found, faults)
    else:
        _from_examples(file.path, found, faults)


def _lone_input(names: Mapping[str, str]) -> str | None:
    """The column of prompts in a file that has no answers."""
    words = [word for rank in INPUT_WORDS for word in rank if word in names]
    others = set(names) - {"id", "group", *words}
    return names[words[0]] if len(words) == 1 and not others else None


def _from_column(
    rows: Iterable[Row], column: str, file: str, found: list[Question], faults: list[str]
) -> None:
    for row in rows:
        value = row.values.get(column)
        if isinstance(value, str) and value.strip():
            message: Message = {"role": "user", "content": value}
            found.append(_question([message], f"{file}:{row.line}"))
        else:
            faults.append(f"{file}:{row.line}: {column}: no text to answer. {_MEND}")


def _from_turns(
    rows: Iterable[Row], column: str, file: str, found: list[Question], faults: list[str]
) -> None:
    for row in rows:
        try:
            found.append(_of_turns(row, column, file))
        except TurnFault as fault:
            faults.append(f"{file}:{row.line}: {fault.field}: {fault.message} {fault.fix}".rstrip())


def _of_turns(row: Row, column: str, file: str) -> Question:
    """The turns up to the last question; the answer after it is the known one."""
    turns = read_turns(row.values.get(column), column, {}, set())
    messages = [turn.message for turn in turns]
    gold = None
    if messages and messages[-1]["role"] == "assistant":
        gold = messages.pop()["content"] or None
    wrong = [fault for fault in conversation_faults(turns[: len(messages)], column)
             if "the last message is from" not in fault.message]  # fmt: skip
    if wrong:
        raise wrong[0]
    return _question(messages, f"{file}:{row.line}", gold)


def _from_examples(file: Path, found: list[Question], faults: list[str]) -> None:
    reading = read([file])
    faults += [str(finding) for finding in reading.errors]
    found += [_question(e.prompt, e.source, e.answer) for e in reading.examples]
