"""Fields of a JSON answer against those of a JSON gold answer: precision, recall and F1.

    gold     {"city": "Ulm", "items": ["a", "b"], "date": null}     city=Ulm  items=a  items=b
    answer   {"city": "ulm.", "items": ["b", "c"]}                  city=ulm  items=b  items=c
                                                                    2 right, 1 surplus, 1 missed

Nested objects become dotted names, lists bags of values; null and an empty text are no value.
Texts are compared after `normalise`, numbers by value; a number is never equal to a text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whet.evals.scorers.forms import strict_json
from whet.evals.scorers.matching import normalise
from whet.evals.scorers.scored import Scorer
from whet.types import Example

_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)\n?\s*```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FieldCount:
    """Values of one field, or of all: in both, in the answer alone, in the gold answer alone."""

    right: int = 0
    surplus: int = 0
    missed: int = 0

    def __add__(self, other: FieldCount) -> FieldCount:
        """The sums."""
        return FieldCount(
            self.right + other.right, self.surplus + other.surplus, self.missed + other.missed
        )

    @property
    def precision(self) -> float:
        """Of the values that were given, the share that is right; 0 where none was given."""
        given = self.right + self.surplus
        return self.right / given if given else float(not self.missed)

    @property
    def recall(self) -> float:
        """Of the values that there are, the share that was given; 1 where there are none."""
        wanted = self.right + self.missed
        return self.right / wanted if wanted else float(not self.surplus)

    @property
    def f1(self) -> float:
        """2 right / (given + wanted); 1 where there is nothing on both sides."""
        total = 2 * self.right + self.surplus + self.missed
        return 2 * self.right / total if total else 1.0


def counts(answer: str, gold: str, fields: Sequence[str] = ()) -> dict[str, FieldCount] | None:
    """Counts by field; None where the gold answer is no JSON object or list.

    An answer that is no JSON gives no value. Its JSON may stand in one code fence: that is a
    fault of form, which `format` and `json_schema` count.
    """
    wanted = _values(_parsed(gold), fields)
    if wanted is None:
        return None
    given = _values(_parsed(answer), fields) or {}
    found = {}
    for name in sorted({*wanted, *given}):
        right = sum((wanted.get(name, Counter()) & given.get(name, Counter())).values())
        found[name] = FieldCount(
            right,
            given.get(name, Counter()).total() - right,
            wanted.get(name, Counter()).total() - right,
        )
    return found


def extraction(part: str, fields: Sequence[str] = ()) -> Scorer:
    """`precision`, `recall` or `f1` of one item over all its fields; None without JSON gold."""

    def score(answer: str, example: Example) -> float | None:
        found = counts(answer, example.answer, fields)
        value: float | None = None
        if found is not None:
            value = getattr(sum(found.values(), FieldCount()), part)
        return value

    return score


def corpus_extraction(
    answers: Sequence[str], items: Sequence[Example], fields: Sequence[str] = ()
) -> dict[str, Any] | None:
    """Precision, recall and F1 over all values of all items (micro), and by field.

    None where no gold answer is JSON.
    """
    by_field: dict[str, FieldCount] = {}
    not_json = num_items = 0
    for answer, item in zip(answers, items, strict=True):
        found = counts(answer, item.answer, fields)
        if found is None:
            continue
        num_items += 1
        not_json += _parsed(answer) is None
        for name, count in found.items():
            by_field[name] = by_field.get(name, FieldCount()) + count
    if not num_items:
        return None
    whole = sum(by_field.values(), FieldCount())
    table = {name: _told(count) for name, count in sorted(by_field.items())}
    return _told(whole) | {"items": num_items, "not_json": not_json, "by_field": table}


def _told(count: FieldCount) -> dict[str, Any]:
    return {
        "precision": count.precision,
        "recall": count.recall,
        "f1": count.f1,
        "right": count.right,
        "surplus": count.surplus,
        "missed": count.missed,
    }


def _parsed(text: str) -> Any:
    """The JSON object or list of a text, bare or in its only code fence; None without."""
    fences = _FENCE.findall(text)
    for candidate in (text, *(fences if len(fences) == 1 else ())):
        try:
            value = strict_json(candidate)
        except ValueError:
            continue
        return value if isinstance(value, dict | list) else None
    return None


def _values(value: Any, fields: Sequence[str]) -> dict[str, Counter[Any]] | None:
    if value is None:
        return None
    found: dict[str, Counter[Any]] = {}
    for name, leaf in _leaves(value, ""):
        if not fields or any(name == field or name.startswith(f"{field}.") for field in fields):
            found.setdefault(name or "(list)", Counter())[leaf] += 1
    return found


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, path)
    elif value is not None and value != "":
        yield path, comparable(value)


def comparable(value: Any) -> tuple[str, Any]:
    """A leaf with its kind, so that true, 1 and "1" are three things and 1 and 1.0 are one."""
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, int | float):
        return "number", value
    return "text", normalise(value)
