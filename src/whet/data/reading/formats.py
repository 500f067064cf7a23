"""Which column means what: recognition by name, or by the project's `data.columns`.

    messages            messages | conversations        a list of turns
    alpaca              instruction [input] output      joined by a newline when input is not empty
    prompt_completion   prompt completion               text or lists of turns
    input_output        input output                    or other words for them: see the two lists

`system`, `history`, `tools` and `group` go with any of them where they make sense. What was
decided is said with its reason; what cannot be decided is an error, never a guess.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whet.data.places import listed
from whet.data.reading.faults import Faults
from whet.data.reading.rows import Row, type_name
from whet.errors import ConfigError
from whet.findings import Kind

COLUMN_KEYS = (
    "messages", "instruction", "input", "output", "prompt", "completion",
    "system", "history", "tools", "group",
)  # fmt: skip
"""The keys that `data.columns` may map."""

# Each list in two ranks: the second counts only when a file has none of the first.
INPUT_WORDS = (
    ("input", "prompt", "question", "query", "request", "problem", "instruction"),
    ("text", "sentence", "utterance", "message", "review", "source", "user"),
)
OUTPUT_WORDS = (
    ("output", "completion", "response", "answer", "reply", "target", "solution", "expected"),
    ("label", "category", "intent", "class", "summary", "translation", "assistant"),
)
_MESSAGES_WORDS = ("messages", "conversations", "conversation")
_OTHER_WORDS = {
    "system": ("system", "system_prompt"),
    "tools": ("tools",),
    "history": ("history",),
}


@dataclass(frozen=True, slots=True)
class Format:
    """A recognised format. `columns` maps our names to the file's; `reason` says how we know."""

    name: str
    columns: Mapping[str, str]
    reason: str


class _Unclear(Exception):
    """The columns do not say what they mean; the arguments are message and remedy."""


def check_mapping(columns: Mapping[str, str]) -> None:
    """Refuses keys of `data.columns` that mean nothing here.

    Raises:
        ConfigError: naming the nearest key that exists.
    """
    faults = []
    for key in columns:
        if key not in COLUMN_KEYS:
            near = difflib.get_close_matches(key, COLUMN_KEYS, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            faults.append(f"data.columns: {key!r} is not one of {', '.join(COLUMN_KEYS)}.{hint}")
    if faults:
        raise ConfigError(faults)


def recognise(
    seen: Sequence[str], mapping: Mapping[str, str], rows: Sequence[Row], faults: Faults
) -> Format | None:
    """The format of a file with these columns, or None with the finding that says why not."""
    absent = {key: name for key, name in mapping.items() if name not in seen}
    for key, name in absent.items():
        near = difflib.get_close_matches(name, seen, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        message = f"data.columns.{key} names column {name!r}; the file has {listed(list(seen))}."
        faults.error(Kind.COLUMNS, message, f"Correct data.columns.{key}.{hint}")
    if absent:
        return None
    try:
        found = _Search(seen, mapping).format()
    except _Unclear as unclear:
        faults.error(Kind.FORMAT, *unclear.args)
        return None
    _warn_of_feedback(found, mapping, rows, faults)
    return found


class _Search:
    """Looks for a format among the columns; names compare without case."""

    def __init__(self, seen: Sequence[str], mapping: Mapping[str, str]) -> None:
        self.seen = list(seen)
        self.mapping = mapping
        claimed = set(mapping.values())
        self.free = {name.strip().lower(): name for name in seen if name not in claimed}

    def format(self) -> Format:
        """The first shape that the columns fill.

        Raises:
            _Unclear: none does, or two do.
        """
        for shape in (self._mapped, self._refused, self._messages, self._alpaca, self._pair):
            found = shape()
            if found is not None:
                return found
        raise self._unclear()

    def _mapped(self) -> Format | None:
        """What `data.columns` names in full is taken as it stands."""
        shapes = {
            "messages": ("messages",),
            "alpaca": ("instruction", "output"),
            "prompt_completion": ("prompt", "completion"),
            "input_output": ("input", "output"),
        }
        for name, keys in shapes.items():
            if all(key in self.mapping for key in keys):
                optional = ("input",) if name == "alpaca" else ()
                reason = f"data.columns maps {', '.join(keys)}"
                return self._made(name, {key: self.mapping[key] for key in keys}, reason, optional)
        return None

    def _messages(self) -> Format | None:
        column = self._first(_MESSAGES_WORDS)
        if column is None or self._partly_mapped():
            return None
        return self._made("messages", {"messages": column}, f"it has the column {column!r}")

    def _refused(self) -> None:
        if {"chosen", "rejected"} <= set(self.free) and not self._partly_mapped():
            prompt = self._first((*_MESSAGES_WORDS, *INPUT_WORDS[0])) or "COLUMN"
            raise _Unclear(
                "holds preference pairs (columns chosen, rejected), not examples to imitate.",
                "To imitate the chosen answers add to whet.yaml: "
                f"data: {{columns: {{prompt: {prompt}, completion: chosen}}}}",
            )

    def _alpaca(self) -> Format | None:
        instruction = self.mapping.get("instruction") or self.free.get("instruction")
        if instruction is None or "input" in self.mapping or "prompt" in self.mapping:
            return None
        output = self.mapping.get("output") or self._one("output", OUTPUT_WORDS)
        if output is None:
            return None
        columns = {"instruction": instruction, "output": output}
        extra = self._first(("input", "context"))
        names = [instruction, *([extra] if extra else []), output]
        if extra:
            columns["input"] = extra
        return self._made("alpaca", columns, f"it has the columns {listed(names)}")

    def _pair(self) -> Format | None:
        prompt = self.mapping.get("input") or self.mapping.get("prompt")
        answer = self.mapping.get("output") or self.mapping.get("completion")
        prompt = prompt or self._one("input", INPUT_WORDS)
        answer = answer or self._one("output", OUTPUT_WORDS)
        if prompt is None or answer is None:
            return None
        reason = f"column {prompt!r} reads as the input, {answer!r} as the answer"
        if (prompt.lower(), answer.lower()) == ("prompt", "completion"):
            columns = {"prompt": prompt, "completion": answer}
            return self._made("prompt_completion", columns, reason)
        return self._made("input_output", {"input": prompt, "output": answer}, reason)

    def _partly_mapped(self) -> bool:
        keys = ("messages", "instruction", "input", "output", "prompt", "completion")
        return any(key in self.mapping for key in keys)

    def _made(
        self, name: str, columns: dict[str, str], reason: str, optional: Sequence[str] = ()
    ) -> Format:
        for key, words in _OTHER_WORDS.items():
            column = self.mapping.get(key) or self._first(words)
            if column is not None:
                columns[key] = column
        for key in (*optional, "group"):
            if key in self.mapping:
                columns[key] = self.mapping[key]
        return Format(name, columns, reason)

    def _first(self, words: Sequence[str]) -> str | None:
        return next((self.free[word] for word in words if word in self.free), None)

    def _one(self, key: str, ranks: Sequence[Sequence[str]]) -> str | None:
        for words in ranks:
            names = [self.free[word] for word in words if word in self.free]
            if len(names) > 1:
                raise _Unclear(
                    f"columns {listed(names)} could each be the {key}.",
                    f"Add to whet.yaml: data: {{columns: {{{key}: {names[0]}}}}}",
                )
            if names:
                return names[0]
        return None

    def _unclear(self) -> _Unclear:
        if len(self.seen) == 1:
            message = f"has the one column {self.seen[0]!r}; a question and an answer are needed."
            return _Unclear(message, "Add a column with the answers.")
        message = f"cannot tell the input from the answer in columns {listed(self.seen)}."
        known = self._first(INPUT_WORDS[0] + INPUT_WORDS[1])
        answer = self._first(OUTPUT_WORDS[0] + OUTPUT_WORDS[1])
        if len(self.seen) == 2:
            known = known or next(name for name in self.seen if name != answer)
            answer = answer or next(name for name in self.seen if name != known)
        known, answer = known or "COLUMN", answer or "COLUMN"
        line = f"data: {{columns: {{input: {known}, output: {answer}}}}}"
        return _Unclear(message, f"Add to whet.yaml: {line}")


def _warn_of_feedback(
    found: Format, mapping: Mapping[str, str], rows: Sequence[Row], faults: Faults
) -> None:
    """Rows judged good or bad (KTO) would all be imitated, the bad ones too."""
    used = set(found.columns.values())
    for name in ("label", "rating", "feedback"):
        values = [row.values.get(name) for row in rows[:50]]
        if name not in used and values and all(type_name(v) == "true or false" for v in values):
            message = f"column {name!r} marks rows as good or bad; every row would be imitated."
            faults.warn(Kind.FEEDBACK, message, "Keep only the rows to imitate.", field=name)
