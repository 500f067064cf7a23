"""People's labels of answers: what a judge is calibrated with.

JSONL, one label of one rater a line. Of a single answer:

    {"item": ID, "arm": "tuned", "label": true}              good or not
    {"item": ID, "arm": "tuned", "label": 4}                 or a score on the judge's scale

and of two answers to one item:

    {"item": ID, "pair": ["tuned", "prompt"], "label": "tuned"}      or "prompt", or "tie"

As they stand, these are labels of the answers that the run at hand gave. A label that is to serve
later runs brings its own material, and is judged by it:

    "question": TEXT, "answer": TEXT                         for one answer
    "question": TEXT, "answers": {"tuned": TEXT, "prompt": TEXT}     for a pair
    "reference": TEXT, "criteria": [TEXT, ...]               where there are any

Other keys (rater, date, reasons) are for the reader, and not used. Several labels of the same
answer are one label, by majority; a score is first read as good or not. A draw is a tie for a pair;
for a single answer it is no label, and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from whet.data.reading.strict_json import InvalidJSON, parse
from whet.errors import DataError
from whet.evals.judge.prompts import Material

TIE = "tie"


@dataclass(frozen=True, slots=True)
class Label:
    """What people say of one answer, or of two.

    `arms` is one arm, or a pair. `says` is good (True) or not of one answer; 1, 0 or -1 of a
    pair: the first arm, a tie, the second. `material` and `answers` are None where the label is
    of the run's own answers.
    """

    item: str
    arms: tuple[str, ...]
    says: float
    material: Material | None = None
    answers: tuple[str, ...] | None = None

    @property
    def is_pair(self) -> bool:
        return len(self.arms) == 2

    def turned(self, pair: tuple[str, str]) -> Label:
        """The same label of the pair in the order that is asked for."""
        if self.arms == pair:
            return self
        answers = self.answers[::-1] if self.answers else None
        return replace(self, arms=self.arms[::-1], says=-self.says, answers=answers)


def read_labels(path: Path, *, scale: int, passing: int) -> tuple[list[Label], int]:
    """One label for each answer or pair, and how many answers have a draw and so none.

    Raises:
        DataError: the file cannot be read, or lines are no labels: each by its number.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}.") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 at byte {error.start}.") from None
    labels, faults = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            labels.append(label_of(parse(line), scale=scale, passing=passing))
        except (InvalidJSON, ValueError) as error:
            faults.append(f"{path}:{number}: {error}")
    if faults:
        raise DataError(faults)
    if not labels:
        raise DataError(f"{path}: no label in it.")
    return majority(labels)


def label_of(row: Any, *, scale: int, passing: int) -> Label:
    """One line as a label.

    Raises:
        ValueError: it is none; the message says what is wrong.
    """
    if not isinstance(row, dict):
        raise ValueError("expected an object with item, arm or pair, and label.")
    item, pair, arm = row.get("item"), row.get("pair"), row.get("arm")
    if not isinstance(item, str) or not item:
        raise ValueError(f"`item` is {item!r}; expected the id of an item.")
    if (pair is None) == (arm is None):
        raise ValueError("expected either `arm`, or `pair` with two arms.")
    if pair is None:
        if not isinstance(arm, str) or not arm:
            raise ValueError(f"`arm` is {arm!r}; expected a name.")
        arms: tuple[str, ...] = (arm,)
        says = _good(row.get("label"), scale, passing)
    else:
        arms = _names(pair)
        says = _better(row.get("label"), arms)
    answers = _answers(row, arms)
    return Label(item, arms, says, _material(row) if answers else None, answers)


def majority(labels: Sequence[Label]) -> tuple[list[Label], int]:
    """One label for each answer or pair, in order, and how many single answers have a draw."""
    groups: dict[Any, list[Label]] = {}
    for label in labels:
        own = label.turned((min(label.arms), max(label.arms))) if label.is_pair else label
        group = groups.setdefault((own.item, own.arms, own.answers), [])
        group.append(label.turned((group[0].arms[0], group[0].arms[1])) if group[:1] and
                     label.is_pair else label)  # fmt: skip
    found, draws = [], 0
    for group in groups.values():
        counts = Counter(label.says for label in group).most_common()
        if len(counts) == 1 or counts[0][1] > counts[1][1]:
            found.append(replace(group[0], says=counts[0][0]))
        elif group[0].is_pair:
            found.append(replace(group[0], says=0.0))
        else:
            draws += 1
    return found, draws


def _good(value: Any, scale: int, passing: int) -> float:
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int) and 1 <= value <= scale:
        return float(value >= passing)
    raise ValueError(f"`label` is {value!r}; expected true, false or a score from 1 to {scale}.")


def _better(value: Any, arms: tuple[str, ...]) -> float:
    if value == TIE:
        return 0.0
    if value in arms:
        return 1.0 if value == arms[0] else -1.0
    raise ValueError(f"`label` is {value!r}; expected {arms[0]}, {arms[1]} or {TIE}.")


def _names(pair: Any) -> tuple[str, ...]:
    if isinstance(pair, list) and len(pair) == 2:
        names = [name for name in pair if isinstance(name, str) and name not in ("", TIE)]
        if len(set(names)) == 2:
            return tuple(names)
    raise ValueError(f"`pair` is {pair!r}; expected two names of arms.")


def _answers(row: Mapping[str, Any], arms: tuple[str, ...]) -> tuple[str, ...] | None:
    if len(arms) == 1:
        given = row.get("answer")
        if given is not None and not isinstance(given, str):
            raise ValueError("`answer` is not a text.")
        return None if given is None else (given,)
    given = row.get("answers")
    if given is None:
        return None
    texts = [given.get(arm) for arm in arms] if isinstance(given, dict) else []
    found = tuple(text for text in texts if isinstance(text, str))
    if len(found) != 2:
        raise ValueError(f"`answers` does not hold the texts of {arms[0]} and {arms[1]}.")
    return found


def _material(row: Mapping[str, Any]) -> Material:
    question, reference = row.get("question"), row.get("reference")
    criteria = row.get("criteria") or ()
    if not isinstance(question, str):
        raise ValueError("a label with its own answer needs `question`, a text.")
    if reference is not None and not isinstance(reference, str):
        raise ValueError("`reference` is not a text.")
    if isinstance(criteria, str):
        criteria = (criteria,)
    if not isinstance(criteria, list | tuple) or not all(isinstance(c, str) for c in criteria):
        raise ValueError("`criteria` is neither a text nor a list of texts.")
    return Material(
        ({"role": "user", "content": question},), tuple(criteria), (reference,) if reference else ()
    )
