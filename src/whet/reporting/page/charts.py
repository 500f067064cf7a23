"""Small charts as inline SVG: scales, intervals on them, and the signs that go with words.

Positions are per cent of the width, so a chart fits any column and its lines and dots keep
their size. No chart carries a figure that does not stand beside it as text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from whet.reporting.figures import is_number
from whet.reporting.markup import Html, element, join

ROW = 28


@dataclass(frozen=True, slots=True)
class Scale:
    """From `low` at the left to `high` at the right, with a tick every `step`."""

    low: float
    high: float
    step: float

    def at(self, value: float) -> float:
        """Where a value stands, in per cent of the width."""
        return round(100 * (value - self.low) / (self.high - self.low), 3)

    def ticks(self) -> list[float]:
        """The round values from the lower end on."""
        number = math.floor((self.high - self.low) / self.step + 1e-9)
        return [self.low + index * self.step for index in range(number + 1)]


def scale(values: Iterable[float | None], ticks: int = 4) -> Scale:
    """A scale with round ends that holds all finite values."""
    known = [value for value in values if is_number(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    width = (high - low) or abs(high) or 1.0
    step = _round_step(width / ticks)
    start, end = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return Scale(start, end if end > start else start + step, step)


def _round_step(width: float) -> float:
    power = 10.0 ** math.floor(math.log10(width))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= width)


def percent(value: float) -> str:
    """A place as SVG wants it."""
    return f"{value:g}%"


def strip(
    value: float | None,
    low: float | None,
    high: float | None,
    on: Scale,
    marks: Sequence[tuple[float, str]] = (),
    tone: str = "",
) -> Html:
    """One dot with its error bar.

    `marks` are values and the class of a line drawn there, which reaches into the rows above
    and below so that it stands unbroken in a table.
    """
    middle = ROW / 2
    parts = [upright(on.at(mark), kind, -18, ROW + 18) for mark, kind in marks]
    if is_number(low) and is_number(high):
        left, right = on.at(low), on.at(high)
        parts.append(_line(left, right, middle, "bar"))
        parts += [_cap(end, middle) for end in (left, right)]
    if is_number(value):
        dot = element("circle", cx=percent(on.at(value)), cy=middle, r=5, class_="dot")
        parts.append(dot)
    return element(
        "svg", parts, class_=f"strip {tone}".strip(), height=ROW, width="100%", aria_hidden="true"
    )


def _line(left: float, right: float, y: float, kind: str) -> Html:
    return element("line", x1=percent(left), x2=percent(right), y1=y, y2=y, class_=kind)


def _cap(x: float, middle: float) -> Html:
    at = percent(x)
    return element("line", x1=at, x2=at, y1=middle - 5, y2=middle + 5, class_="bar")


def upright(x: float, kind: str, top: int, bottom: int) -> Html:
    """A line from the top to the bottom at a place."""
    at = percent(x)
    return element("line", x1=at, x2=at, y1=top, y2=bottom, class_=kind)


def axis(on: Scale, told: Callable[[float], str]) -> Html:
    """The scale's ticks with their labels."""
    parts = []
    for index, tick in enumerate(on.ticks()):
        anchor = "start" if index == 0 else "end" if on.at(tick) > 97 else "middle"
        at = percent(on.at(tick))
        parts.append(element("line", x1=at, x2=at, y1=0, y2=5, class_="tick"))
        parts.append(element("text", told(tick), x=at, y=18, text_anchor=anchor))
    return element("svg", parts, class_="axis", height=24, width="100%", aria_hidden="true")


def label(on: Scale, value: float, said: str) -> Html:
    """A word above a strip, over the value that it names."""
    at = on.at(value)
    anchor = "start" if at < 8 else "end" if at > 92 else "middle"
    told = element("text", said, x=percent(at), y=12, text_anchor=anchor)
    return element("svg", told, class_="label", height=16, width="100%", aria_hidden="true")


SIGNS = {
    "good": ("M4.5 8.5 L7 11 L11.5 5.5",),
    "bad": ("M5 5 L11 11", "M11 5 L5 11"),
    "open": ("M4.5 9 C6 6.5 7 6.5 8 8 S10 9.5 11.5 7",),
    "quiet": ("M5 8 L11 8",),
    "other": ("M4.5 8 L11.5 8", "M8.5 5 L11.5 8 L8.5 11"),
}


def sign(tone: str) -> Html:
    """A tick, cross, wave, dash or arrow in a ring: the sign that goes with a word."""
    strokes = [element("path", d=path) for path in SIGNS[tone]]
    ring = element("circle", cx=8, cy=8, r=7)
    return element(
        "svg",
        join(ring, strokes),
        class_=f"sign {tone}",
        width=16,
        height=16,
        viewBox="0 0 16 16",
        aria_hidden="true",
    )
