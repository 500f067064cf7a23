"""Keys and personal data in the rows: a model repeats what it was trained on.

Only patterns with a fixed shape or a check sum; no entropy rules, which flood prose. Values are
masked in messages. Keys are errors, personal data are warnings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from whet.data.places import place
from whet.findings import Finding, Kind, Severity
from whet.types import Example


def _luhn(text: str) -> bool:
    """The check sum of payment cards."""
    digits = [int(char) for char in text if char.isdecimal()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(set(digits)) > 2 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _iban(text: str) -> bool:
    """The check sum of ISO 13616: the rearranged number is 1 modulo 97."""
    compact = re.sub(r"\s", "", text)
    moved = compact[4:] + compact[:4]
    return 15 <= len(compact) <= 34 and int("".join(str(int(char, 36)) for char in moved)) % 97 == 1


def _real_address(text: str) -> bool:
    """Not one of the domains that RFC 2606 keeps for examples."""
    domain = text.rpartition("@")[2].lower()
    return not re.search(r"(^|\.)(example(\.(com|org|net))?|test|invalid|localhost)$", domain)


def _varied(text: str) -> bool:
    """Not a placeholder such as sk-xxxxxxxx."""
    return len(set(text[4:].lower())) >= 8


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is looked for; `hint` is a text that has to occur before the expression is tried."""

    name: str
    severity: Severity
    hint: str
    expression: re.Pattern[str]
    holds: Callable[[str], bool] = lambda text: True


def _pattern(
    name: str,
    severity: Severity,
    hint: str,
    expression: str,
    holds: Callable[[str], bool] | None = None,
) -> Pattern:
    return Pattern(
        name, severity, hint, re.compile(expression, re.ASCII), holds or (lambda _: True)
    )


PATTERNS = (
    _pattern("a private key", Severity.ERROR, "PRIVATE KEY",
             r"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"),
    _pattern("an AWS access key", Severity.ERROR, "A", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", _varied),
    _pattern("an API key", Severity.ERROR, "sk-", r"\bsk-[A-Za-z0-9_-]{20,200}", _varied),
    _pattern("a GitHub token", Severity.ERROR, "gh",
             r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})", _varied),
    _pattern("a Hugging Face token", Severity.ERROR, "hf_", r"\bhf_[A-Za-z0-9]{30,}\b", _varied),
    _pattern("a Google API key", Severity.ERROR, "AIza", r"\bAIza[A-Za-z0-9_-]{35}", _varied),
    _pattern("a Slack token", Severity.ERROR, "xox", r"\bxox[abprs]-[A-Za-z0-9-]{20,}", _varied),
    _pattern("an email address", Severity.WARNING, "@",
             r"\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}\b",
             _real_address),
    _pattern("a card number", Severity.WARNING, "",
             r"(?<![\d.-])[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,4}(?![\d.-])", _luhn),
    _pattern("an IBAN", Severity.WARNING, "",
             r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", _iban),
)  # fmt: skip


def sensitive(examples: Sequence[Example]) -> list[Finding]:
    """One finding for each kind of sensitive value in each message."""
    return [finding for example in examples for finding in _in_example(example)]


def _in_example(example: Example) -> Iterator[Finding]:
    file, line = place(example)
    for index, message in enumerate(example.messages):
        for pattern, value, count in _matches(message["content"]):
            more = f" and {count - 1} more" if count > 1 else ""
            said = f"holds {pattern.name} ({masked(value)}){more}."
            is_secret = pattern.severity is Severity.ERROR
            kind = Kind.SECRET if is_secret else Kind.PERSONAL_DATA
            fix = "Replace it and revoke it." if is_secret else "Replace it by a made-up one."
            field = f"messages[{index}].content"
            yield Finding(pattern.severity, kind, said, file, line, field, fix, example.id)


def _matches(text: str) -> Iterator[tuple[Pattern, str, int]]:
    """Each pattern that occurs, its first value and how many there are."""
    has_digits = any(char in text for char in "0123456789")
    for pattern in PATTERNS:
        if pattern.hint not in text or not (pattern.hint or has_digits):
            continue
        values = [match.group() for match in pattern.expression.finditer(text)]
        values = [value for value in values if pattern.holds(value)]
        if values:
            yield pattern, values[0], len(values)


def found_in(text: str) -> Iterator[tuple[Pattern, list[str]]]:
    """Each pattern that occurs in a text, with its values."""
    for pattern in PATTERNS:
        if pattern.hint in text:
            values = [match.group() for match in pattern.expression.finditer(text)]
            values = [value for value in values if pattern.holds(value)]
            if values:
                yield pattern, values


def masked(value: str) -> str:
    """The first four characters and the length; nothing more of a secret is ever shown."""
    return f"{value[:4]}..., {len(value)} characters"
