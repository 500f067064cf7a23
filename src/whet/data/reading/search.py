"""The search for a format among the columns of a file; `formats` lists what there is to find."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from whet.data.places import listed
from whet.data.reading.rows import Row
from whet.data.reading.words import (
    CHOSEN_WORDS,
    CONTEXT_WORDS,
    INPUT_WORDS,
    LABEL_WORDS,
    MESSAGES_WORDS,
    METADATA_WORDS,
    OTHER_WORDS,
    OUTPUT_WORDS,
    REJECTED_WORDS,
    THINKING_WORDS,
    Ranks,
)

_CONTENT_KEYS = (
    "messages", "instruction", "input", "output", "prompt", "completion", "text", "chosen",
    "rejected",
)  # fmt: skip
_ONE_ANSWER = ("alpaca", "input_output", "prompt_completion")


@dataclass(frozen=True, slots=True)
class Format:
    """A recognised format. `columns` maps our names to the file's; `reason` says how we know.

    `shape` is how the turns are laid out; it is the name, except in kto, which takes any.
    """

    name: str
    columns: Mapping[str, str]
    reason: str
    shape: str


class Unclear(Exception):
    """The columns do not say what they mean; the arguments are message and remedy."""


class Search:
    """Looks for a format among the columns; names compare without case."""

    def __init__(
        self, seen: Sequence[str], mapping: Mapping[str, str], rows: Sequence[Row]
    ) -> None:
        self.seen = list(seen)
        self.mapping = mapping
        self.rows = rows
        claimed = set(mapping.values())
        self.free = {name.strip().lower(): name for name in seen if name not in claimed}
        self.is_mapped = any(key in mapping for key in _CONTENT_KEYS)

    def format(self) -> Format:
        """The first shape that the columns fill.

        Raises:
            Unclear: none does, or two do.
        """
        shapes = (
            self._mapped, self._preference, self._messages, self._alpaca, self._text, self._pair,
            self._pair_by_endings,
        )  # fmt: skip
        for shape in shapes:
            found = shape()
            if found is not None:
                return self._judged(found)
        raise self._unclear()

    def _mapped(self) -> Format | None:
        """What `data.columns` names in full is taken as it stands."""
        if "rejected" in self.mapping:
            return None
        shapes = {
            "messages": ("messages",),
            "alpaca": ("instruction", "output"),
            "prompt_completion": ("prompt", "completion"),
            "input_output": ("input", "output"),
            "text": ("text",),
        }
        for name, keys in shapes.items():
            if all(key in self.mapping for key in keys):
                optional = ("input",) if name == "alpaca" else ()
                reason = f"data.columns maps {', '.join(keys)}"
                return self._made(name, {key: self.mapping[key] for key in keys}, reason, optional)
        return None

    def _preference(self) -> Format | None:
        """Two answers of which one is better; the prompt may be part of both."""
        if any(key in self.mapping for key in ("output", "completion", "text")):
            return None
        rejected = self.mapping.get("rejected") or self._one("rejected", REJECTED_WORDS)
        chosen = self.mapping.get("chosen") or self._one("chosen", CHOSEN_WORDS)
        if rejected is None:
            return None
        messages = self.mapping.get("messages") or self._one("messages", MESSAGES_WORDS)
        if chosen is None:
            if messages is None:
                return None
            columns = {"messages": messages, "rejected": rejected}
            reason = f"{rejected!r} stands against the last answer of {messages!r}"
            return self._made("preference", columns, reason)
        columns = {"chosen": chosen, "rejected": rejected}
        prompt = self._pair_prompt(columns) or messages
        if prompt is None:
            reason = f"columns {chosen!r} and {rejected!r} hold whole conversations"
            return self._made("preference", columns, reason)
        reason = f"{chosen!r} and {rejected!r} answer {prompt!r}"
        return self._made("preference", {"prompt": prompt, **columns}, reason)

    def _pair_prompt(self, columns: dict[str, str]) -> str | None:
        mapped = next((self.mapping[k] for k in ("prompt", "input", "instruction", "messages")
                       if k in self.mapping), None)  # fmt: skip
        if mapped is not None:
            return mapped
        instruction = self.free.get("instruction")
        context = self._one("input", CONTEXT_WORDS) if instruction else None
        if context is not None:
            columns["input"] = context
        return instruction or self._one("prompt", INPUT_WORDS[:1])

    def _messages(self) -> Format | None:
        column = None if self.is_mapped else self._one("messages", MESSAGES_WORDS)
        if column is None:
            return None
        return self._made("messages", {"messages": column}, f"it has the column {column!r}")

    def _alpaca(self) -> Format | None:
        instruction = self.mapping.get("instruction") or self.free.get("instruction")
        if instruction is None or "input" in self.mapping or "prompt" in self.mapping:
            return None
        output = self.mapping.get("output") or self._one("output", OUTPUT_WORDS)
        if output is None:
            return None
        columns = {"instruction": instruction, "output": output}
        extra = self._one("input", CONTEXT_WORDS)
        names = [instruction, *([extra] if extra else []), output]
        if extra:
            columns["input"] = extra
        return self._made("alpaca", columns, f"it has the columns {listed(names)}")

    def _text(self) -> Format | None:
        """Bare text: `text`, and beside it only what describes it."""
        others = set(self.free) - {"text"}
        if self.is_mapped or "text" not in self.free or not others <= METADATA_WORDS:
            return None
        column = self.free["text"]
        beside = ", beside it only what describes it" if others else " alone"
        return self._made("text", {"text": column}, f"it has the column {column!r}{beside}")

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

    def _pair_by_endings(self) -> Format | None:
        """Names of several words by their last one, as `customer message` and `agent_reply`.

        Of two columns one that is known is enough: the other is what is left.
        """
        if self.is_mapped:
            return None
        prompt = self._one("input", INPUT_WORDS) or self._ending("input", INPUT_WORDS)
        answer = self._one("output", OUTPUT_WORDS) or self._ending("output", OUTPUT_WORDS)
        if len(self.seen) == 2 and (prompt is None) != (answer is None):
            other = next(name for name in self.seen if name not in (prompt, answer))
            prompt, answer = prompt or other, answer or other
        if prompt is None or answer is None or prompt == answer:
            return None
        reason = f"column {prompt!r} is taken as the input, {answer!r} as the answer"
        return self._made("input_output", {"input": prompt, "output": answer}, reason)

    def _ending(self, key: str, ranks: Ranks) -> str | None:
        words = {word for rank in ranks for word in rank}
        names = [name for low, name in self.free.items() if re.split(r"[\s_-]+", low)[-1] in words]
        if len(names) > 1:
            raise self._either(names, key)
        return names[0] if names else None

    def _judged(self, found: Format) -> Format:
        """The format as kto, where a column says of every row whether its answer is wanted."""
        label = self.mapping.get("label")
        if label is None and not self.is_mapped and found.name in ("messages", "prompt_completion"):
            free = self._one("label", LABEL_WORDS)
            label = free if free is not None and self._all_judge(free) else None
        if label is None or found.name in ("preference", "text"):
            return found
        reason = f"{found.reason}; {label!r} says whether the answer is wanted"
        return replace(found, name="kto", columns={**found.columns, "label": label}, reason=reason)

    def _made(
        self, name: str, columns: dict[str, str], reason: str, optional: Sequence[str] = ()
    ) -> Format:
        others = {"messages": ("system", "tools"), "text": ()}.get(name, tuple(OTHER_WORDS))
        for key in others:
            column = self.mapping.get(key) or self._one(key, OTHER_WORDS[key])
            if column is not None:
                columns[key] = column
        if name in _ONE_ANSWER:
            thinking = self.mapping.get("thinking") or self._thinking()
            if thinking is not None:
                columns["thinking"] = thinking
                reason += f", {thinking!r} as the thinking before it"
        for key in (*optional, "group"):
            if key in self.mapping:
                columns[key] = self.mapping[key]
        return Format(name, columns, reason, name)

    def _thinking(self) -> str | None:
        column = self._one("thinking", THINKING_WORDS)
        values = [row.values.get(column) for row in self.rows] if column else []
        is_text = all(value is None or isinstance(value, str) for value in values)
        return column if is_text else None

    def _all_judge(self, column: str) -> bool:
        values = [row.values.get(column) for row in self.rows]
        given = {str(value).lower() for value in values if value is not None}
        return bool(given) and given <= {"true", "false"}

    def _one(self, key: str, ranks: Ranks) -> str | None:
        for words in ranks:
            names = [self.free[word] for word in words if word in self.free]
            if len(names) > 1:
                raise self._either(names, key)
            if names:
                return names[0]
        return None

    def _either(self, names: Sequence[str], key: str) -> Unclear:
        return Unclear(
            f"columns {listed(list(names))} could each be the {key}.",
            f"Add to whet.yaml: data: {{columns: {{{key}: {names[0]}}}}}",
        )

    def _first(self, ranks: Ranks) -> str | None:
        return next((self.free[w] for words in ranks for w in words if w in self.free), None)

    def _unclear(self) -> Unclear:
        if len(self.seen) == 1:
            message = f"has the one column {self.seen[0]!r}; a question and an answer are needed."
            bare = f"data: {{columns: {{text: {self.seen[0]}}}}}"
            return Unclear(message, f"Add a column with the answers. If it is bare text: {bare}")
        message = f"cannot tell the input from the answer in columns {listed(self.seen)}."
        known, answer = self._first(INPUT_WORDS), self._first(OUTPUT_WORDS)
        if len(self.seen) == 2:
            known = known or next(name for name in self.seen if name != answer)
            answer = answer or next(name for name in self.seen if name != known)
        known, answer = known or "COLUMN", answer or "COLUMN"
        line = f"data: {{columns: {{input: {known}, output: {answer}}}}}"
        return Unclear(message, f"Add to whet.yaml: {line}")
