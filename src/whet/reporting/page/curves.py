"""Loss curves as inline SVG: training as a line, validation as a line with dots."""

from __future__ import annotations

import math
from collections.abc import Sequence

from whet.reporting.figures import is_number
from whet.reporting.markup import Html, element
from whet.reporting.page.charts import Scale, axis, percent, scale, upright

PLOT = 200
MAX_POINTS = 300

Point = tuple[float, float]


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
        None if best_step is None else upright(across.at(best_step), "best", 0, PLOT),
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
    x, y = percent(across.at(point[0])), _height(down, point[1])
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
