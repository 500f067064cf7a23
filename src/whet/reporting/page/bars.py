"""Bars as inline SVG: a part of a whole, three parts of one, and two from the middle."""

from __future__ import annotations

from whet.reporting.figures import is_number
from whet.reporting.markup import Html, element


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
