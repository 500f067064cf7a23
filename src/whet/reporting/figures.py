"""Numbers as people read them. What is no finite number is said to be none.

Metrics that are shares read as per cent, and their differences as points (of a per cent);
every other metric keeps its own unit. Signs and spaces are ASCII.
"""

from __future__ import annotations

import math
from typing import Any, TypeGuard

from whet.evals.scorers.catalogue import METRICS

UNKNOWN = "not known"
SHARES = frozenset({*(name for name, known in METRICS.items() if known.is_share), "preference"})


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_share(metric: str | None) -> bool:
    """Whether a metric lies between 0 and 1 and reads as per cent."""
    return metric in SHARES


def label(metric: str | None) -> str:
    """A metric's name in words: exact_match is exact match."""
    return (metric or "no metric").replace("_", " ")


def value(metric: str | None, number: float | None) -> str:
    """82.4 %, or 0.824 for a metric that is no share."""
    if not is_number(number):
        return UNKNOWN
    return f"{100 * number:.1f} %" if is_share(metric) else plain(number)


def span(metric: str | None, low: float | None, high: float | None) -> str:
    """79.1 to 85.3 %."""
    if not (is_number(low) and is_number(high)):
        return "no interval"
    if is_share(metric):
        return f"{100 * low:.1f} to {100 * high:.1f} %"
    return f"{plain(low)} to {plain(high)}"


def gain(metric: str | None, number: float | None) -> str:
    """+7.2 points, or +0.072 for a metric that is no share."""
    if not is_number(number):
        return UNKNOWN
    return f"{_signed(100 * number)} points" if is_share(metric) else f"{number:+.3g}"


def gain_span(metric: str | None, low: float | None, high: float | None) -> str:
    """+4.1 to +10.3."""
    if not (is_number(low) and is_number(high)):
        return "no interval"
    if is_share(metric):
        return f"{_signed(100 * low)} to {_signed(100 * high)}"
    return f"{low:+.3g} to {high:+.3g}"


def margin(metric: str | None, number: float | None) -> str:
    """2.0 points."""
    if not is_number(number):
        return UNKNOWN
    return f"{100 * number:.1f} points" if is_share(metric) else plain(number)


def tick(metric: str | None, number: float, signed: bool) -> str:
    """A label of an axis: per cent or points without their unit."""
    scaled = 100 * number if is_share(metric) else number
    if abs(scaled) < 1e-9:
        return "0"
    return (f"{scaled:+.3g}" if signed else f"{scaled:.3g}").replace("-", "\u2212")


def _signed(number: float) -> str:
    text = f"{number:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


def confidence(level: float | None) -> str:
    """0.04 is 96 %."""
    return f"{100 * (1 - level):.4g} %" if is_number(level) else "unknown-level"


def plain(number: object) -> str:
    """Three figures after the point, or as many as count."""
    if not is_number(number):
        return UNKNOWN
    if isinstance(number, int) or abs(number) >= 1000:
        return f"{number:,.0f}"
    return f"{number:.3f}" if abs(number) >= 0.1 or number == 0 else f"{number:.3g}"


def count(number: object, noun: str = "", nouns: str = "") -> str:
    """1,234, with its noun in the right number where one is given."""
    if not is_number(number):
        return f"{UNKNOWN} {nouns or noun + 's'}".strip() if noun else UNKNOWN
    text = f"{number:,.0f}"
    return f"{text} {noun if number == 1 else nouns or noun + 's'}" if noun else text


def duration(seconds: object) -> str:
    """4.2 s, 3 min 12 s, 2 h 05 min."""
    if not is_number(seconds):
        return UNKNOWN
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"


def milliseconds(number: object) -> str:
    """120 ms."""
    return f"{number:,.0f} ms" if is_number(number) else UNKNOWN


def money(amount: object, currency: str) -> str:
    """0.0123 USD: small sums keep three figures."""
    if not is_number(amount):
        return UNKNOWN
    text = f"{amount:,.2f}" if abs(amount) >= 1 or amount == 0 else f"{amount:.3g}"
    return f"{text} {currency}"


def size(num_bytes: object) -> str:
    """1.4 GiB."""
    if not is_number(num_bytes):
        return UNKNOWN
    amount = float(num_bytes)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} TiB"


def parameters(number: object) -> str:
    """1.24 billion, 35.0 million, 260 thousand."""
    if not is_number(number):
        return UNKNOWN
    for factor, word in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if number >= factor:
            return f"{number / factor:.3g} {word}"
    return f"{number:.0f}"


def scalar(setting: Any) -> str:
    """A setting's value as a person would write it."""
    if isinstance(setting, bool):
        return "yes" if setting else "no"
    if isinstance(setting, float):
        return f"{setting:g}"
    if isinstance(setting, list | tuple):
        return ", ".join(scalar(part) for part in setting)
    return "not set" if setting is None else str(setting)
