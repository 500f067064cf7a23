"""`whet chat --input FILE --output FILE`: every model's answers to a file of questions.

One JSON object a line, in the order of the input, each on disk before the next batch is asked:

    {"source": "file:line", "id": ..., "messages": [...], "answers": {"base": ..., "tuned": ...}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.distilling.inputs import Question, read_questions
from whet.errors import ConfigError, DataError
from whet.progress import Progress, Silent, check_stop
from whet.rundir import append_jsonl
from whet.types import Completer, Decoding, Message

BATCH = 16


@dataclass(frozen=True, slots=True)
class AnsweredFile:
    """What was written: `rows` are all in the file, `asked` those that were answered now."""

    output: Path
    rows: int
    asked: int
    models: tuple[str, ...]


def answer_file(
    completers: Mapping[str, Completer],
    systems: Mapping[str, str | None],
    decoding: Decoding,
    source: Path,
    output: Path,
    *,
    resume: bool = False,
    progress: Progress | None = None,
) -> AnsweredFile:
    """Answers every row of `source`, a file of questions or conversations, into `output`.

    A row's own system message stands; where it has none each model is asked with its own. A last
    turn of the assistant is left out. Stopped work keeps what is on disk; `resume` goes on.

    Raises:
        ConfigError: the output exists, or is another input's.
        DataError: rows that cannot be asked; nothing is asked then.
        Interrupted: asked to stop; all that is written is whole.
    """
    progress = progress or Silent()
    require_new(output, resume)
    questions = read_questions([source], repeats=True).items
    done = _done(output, questions, tuple(completers)) if output.exists() else 0
    for start in range(done, len(questions), BATCH):
        check_stop(progress)
        part = questions[start : start + BATCH]
        answers = {
            name: completer.complete([_asked(q, systems[name]) for q in part], decoding)
            for name, completer in completers.items()
        }
        for place, question in enumerate(part):
            said = {name: texts[place].text for name, texts in answers.items()}
            append_jsonl(output, _row(question, said))
        progress.advance("answers", start + len(part), len(questions))
    return AnsweredFile(output, len(questions), len(questions) - done, tuple(completers))


def require_new(output: Path, resume: bool) -> None:
    """Refuses an output that is there, unless it is to be gone on with.

    Raises:
        ConfigError: it exists.
    """
    if output.exists() and not resume:
        raise ConfigError(
            f"{output} exists and is not overwritten. Name another --output, or go on with it:"
            " --resume."
        )


def _asked(question: Question, system: str | None) -> list[Message]:
    messages = list(question.messages)
    if system and messages[0]["role"] != "system":
        messages.insert(0, {"role": "system", "content": system})
    return messages


def _row(question: Question, answers: Mapping[str, str]) -> dict[str, Any]:
    row = {"source": question.source, "id": question.id, "messages": list(question.messages)}
    return {**row, "answers": dict(answers)}


def _done(output: Path, questions: Sequence[Question], models: tuple[str, ...]) -> int:
    """How many rows are answered already.

    Raises:
        ConfigError: the file holds something else than the first answers to this input.
    """
    lines = output.read_bytes().split(b"\n")[:-1]  # a line that was cut off is written again
    if len(lines) > len(questions):
        raise ConfigError(f"{output}: has {len(lines)} rows, the input {len(questions)}.")
    for number, (line, question) in enumerate(zip(lines, questions, strict=False), 1):
        try:
            row = json.loads(line)
        except ValueError:
            raise DataError(f"{output}:{number}: not valid JSON.") from None
        asked = row.get("id") if isinstance(row, dict) else None
        if asked != question.id or tuple(row.get("answers", ())) != models:
            raise ConfigError(
                f"{output}:{number}: is not the answer of {' and '.join(models)} to"
                f" {question.source}. It is of another input or of other models; name another"
                " --output."
            )
    return len(lines)
