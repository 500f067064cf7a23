"""Small charts as inline SVG: an interval on a scale, and curves over steps.

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
PLOT = 200
MAX_POINTS = 300

Point = tuple[float, float]


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


def _percent(value: float) -> str:
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
    parts = [_upright(on.at(mark), kind, -18, ROW + 18) for mark, kind in marks]
    if is_number(low) and is_number(high):
        left, right = on.at(low), on.at(high)
        parts.append(_line(left, right, middle, "bar"))
        parts += [_cap(end, middle) for end in (left, right)]
    if is_number(value):
        dot = element("circle", cx=_percent(on.at(value)), cy=middle, r=5, class_="dot")
        parts.append(dot)
    return element(
        "svg", parts, class_=f"strip {tone}".strip(), height=ROW, width="100%", aria_hidden="true"
    )


def _line(left: float, right: float, y: float, kind: str) -> Html:
    return element("line", x1=_percent(left), x2=_percent(right), y1=y, y2=y, class_=kind)


def _cap(x: float, middle: float) -> Html:
    at = _percent(x)
    return element("line", x1=at, x2=at, y1=middle - 5, y2=middle + 5, class_="bar")


def _upright(x: float, kind: str, top: int, bottom: int) -> Html:
    at = _percent(x)
    return element("line", x1=at, x2=at, y1=top, y2=bottom, class_=kind)


def axis(on: Scale, told: Callable[[float], str]) -> Html:
    """The scale's ticks with their labels."""
    parts = []
    for index, tick in enumerate(on.ticks()):
        anchor = "start" if index == 0 else "end" if on.at(tick) > 97 else "middle"
        at = _percent(on.at(tick))
        parts.append(element("line", x1=at, x2=at, y1=0, y2=5, class_="tick"))
        parts.append(element("text", told(tick), x=at, y=18, text_anchor=anchor))
    return element("svg", parts, class_="axis", height=24, width="100%", aria_hidden="true")


def share(part: float, whole: float, tone: str = "") -> Html:
    """A bar as long as a part is of the whole; its figures stand beside it as text."""
    width = 100 * part / whole if is_number(part) and is_number(whole) and whole > 0 else 0.0
    track = element("rect", x=0, y=4, height=8, width="100%", class_="track")
    bar = element("rect", x=0, y=4, height=8, width=f"{min(100.0, width):.2f}%")
    kind = f"share {tone}".strip()
    return element("svg", track, bar, class_=kind, width="100%", height=16, aria_hidden="true")


def split(won: float, tied: float, lost: float) -> Html:
    """One bar in three parts: won, tied, lost, in this order."""
    total = won + tied + lost
    parts, at = [], 0.0
    for number, kind in ((won, "won"), (tied, "tied"), (lost, "lost")):
        width = 100 * number / total if total else 0.0
        where = {"x": f"{at:.2f}%", "width": f"{width:.2f}%"}
        parts.append(element("rect", y=2, height=12, class_=kind, **where))
        at += width
    return element("svg", parts, class_="split", width="100%", height=16, aria_hidden="true")


def balance(lost: float, won: float, most: float) -> Html:
    """Two bars from the middle: what was lost to the left, what was won to the right."""
    left, right = (50 * number / most if most else 0.0 for number in (lost, won))
    bars = [
        element("rect", x=f"{50 - left:.2f}%", y=4, height=8, width=f"{left:.2f}%", class_="bad"),
        element("rect", x="50%", y=4, height=8, width=f"{right:.2f}%", class_="good"),
        element("line", x1="50%", x2="50%", y1=0, y2=16, class_="zero"),
    ]
    return element("svg", bars, class_="balance", width="100%", height=16, aria_hidden="true")


def label(on: Scale, value: float, said: str) -> Html:
    """A word above a strip, over the value that it names."""
    at = on.at(value)
    anchor = "start" if at < 8 else "end" if at > 92 else "middle"
    told = element("text", said, x=_percent(at), y=12, text_anchor=anchor)
    return element("svg", told, class_="label", height=16, width="100%", aria_hidden="true")


def curves(
    train: Sequence[Point],
    validation: Sequence[Point],
    best_step: int | None,
    description: str,
) -> Html:
    """Loss over steps: training as a line, validation as a line with dots, the best step marked.

    Points that are no finite number are left out; the caller says so beside the chart.
    """
    train, validation = thinned(finite(train)), finite(validation)
    both = [*train, *validation]
    down = scale([loss for _, loss in both])
    across = _steps(both)
    plot = element(
        "svg",
        [_gridline(down, tick) for tick in down.ticks()],
        None if best_step is None else _upright(across.at(best_step), "best", 0, PLOT),
        _curve(train, across, down, "train"),
        _curve(validation, across, down, "validation"),
        [_dot(point, across, down) for point in validation if len(validation) <= 60],
        class_="plot",
        width="100%",
        height=PLOT,
        role="img",
        aria_label=description,
    )
    return element(
        "div", _losses(down), plot, element("div"), axis(across, "{:g}".format), class_="curves"
    )


def _steps(points: Sequence[Point]) -> Scale:
    """From step 0 to the last one exactly, with round ticks between."""
    last = max(step for step, _ in points)
    return Scale(0.0, last, scale([0.0, last]).step) if last > 0 else Scale(0.0, 1.0, 1.0)


def finite(points: Sequence[Point]) -> list[Point]:
    """The points that can be drawn."""
    return [(step, loss) for step, loss in points if is_number(step) and is_number(loss)]


def thinned(points: list[Point]) -> list[Point]:
    """At most 300 points: each the mean of equally many neighbours."""
    size = math.ceil(len(points) / MAX_POINTS) or 1
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    return [
        (sum(step for step, _ in group) / len(group), sum(loss for _, loss in group) / len(group))
        for group in groups
    ]


def _losses(down: Scale) -> Html:
    labels = [
        element("text", f"{tick:.3g}", x="100%", y=_height(down, tick) + 4, text_anchor="end")
        for tick in down.ticks()
    ]
    return element("svg", labels, class_="axis", width=38, height=PLOT, aria_hidden="true")


def _height(down: Scale, loss: float) -> float:
    return round(PLOT - 8 - (PLOT - 16) * down.at(loss) / 100, 2)


def _gridline(down: Scale, tick: float) -> Html:
    y = _height(down, tick)
    return element("line", x1="0%", x2="100%", y1=y, y2=y, class_="grid")


def _dot(point: Point, across: Scale, down: Scale) -> Html:
    x, y = _percent(across.at(point[0])), _height(down, point[1])
    return element("circle", cx=x, cy=y, r=3.5, class_="validation dot")


def _curve(points: Sequence[Point], across: Scale, down: Scale, kind: str) -> Html:
    """A line through the points, stretched to the width while its stroke is not."""
    path = " ".join(f"{across.at(step):g},{_height(down, loss):g}" for step, loss in points)
    # Attributes of ours may be long: a polyline is figures only, so it is put in as it is.
    drawn = Html(f'<polyline points="{path}" class="{kind}" vector-effect="non-scaling-stroke"/>')
    return element(
        "svg",
        drawn,
        viewBox=f"0 0 100 {PLOT}",
        preserveAspectRatio="none",
        width="100%",
        height=PLOT,
    )


def sample(kind: str) -> Html:
    """A short piece of a line for the legend."""
    middle = 7
    dot = element("circle", cx=14, cy=middle, r=3.5, class_="validation dot")
    stroke = element("line", x1=0, x2=28, y1=middle, y2=middle, class_=kind)
    return element(
        "svg",
        stroke,
        dot if kind == "validation" else None,
        class_="sample",
        width=28,
        height=14,
        aria_hidden="true",
    )


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
