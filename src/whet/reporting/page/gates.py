"""The page's gates: each with its evidence, its interval beside the margin, and who waived it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from whet.reporting import figures, words
from whet.reporting.markup import Html, element, text
from whet.reporting.page.charts import axis, scale, strip
from whet.reporting.page.parts import mark, note, paragraph, section
from whet.reporting.schema import Gate, Report
from whet.reporting.words import Tone
from whet.types import Outcome

TITLE = "Gates"
BOUNDS = {"margin": "margin", "floor": "floor", "p95_ms": "limit"}
"""Where a gate's numbers keep what its interval is held against, and the word for it."""


class Drawn(NamedTuple):
    """One interval of a gate and the bound that it has to keep."""

    name: str
    value: float
    low: float | None
    high: float | None
    bound: float
    word: str
    before: float | None
    after: float | None


def gates(report: Report) -> Html:
    """Every gate that was run; those that nobody named in one sentence."""
    told = report["gates"]
    if not told:
        return section("gates", TITLE, note("No gate was run."))
    return section(
        "gates",
        TITLE,
        paragraph("Each required gate has to pass, or a named person has to let it go."),
        element("ul", [_gate(gate) for gate in told if not _idle(gate)], class_="gates"),
        _not_run(told),
    )


def _idle(gate: Gate) -> bool:
    return gate["result"] == Outcome.NOT_RUN and not gate["required"]


def _not_run(told: Sequence[Gate]) -> Html | None:
    idle = sorted({gate["name"] for gate in told if _idle(gate)})
    said = f"Not named in the project: {', '.join(idle)}."
    return paragraph(mark("not run", Tone.QUIET), " ", said) if idle else None


def _gate(gate: Gate) -> Html:
    word, tone = words.outcome(gate["result"])
    waived = words.waiver(gate)
    about = f"{gate['candidate']}, {'required' if gate['required'] else 'optional'}"
    return element(
        "li",
        element("div", element("strong", gate["name"]), element("small", about), class_="name"),
        mark(word, tone),
        element(
            "div",
            text(gate["evidence"]),
            [_draw(each, tone) for each in drawn(gate.get("numbers") or {})],
            element("p", mark(waived, Tone.OPEN), class_="waiver") if waived else None,
        ),
    )


def drawn(numbers: Mapping[str, Any]) -> list[Drawn]:
    """The intervals among a gate's numbers that have a bound; parts share the bound of the whole.

    Numbers that this page does not know are left to the sentence that tells them.
    """
    key = next((key for key in BOUNDS if figures.is_number(numbers.get(key))), None)
    if key is None:
        return []
    parts = {"": numbers} | {n: p for n, p in numbers.items() if isinstance(p, Mapping)}
    return [
        Drawn(
            name.replace("_", "-"),
            part["value"],
            part.get("low"),
            part.get("high"),
            numbers[key],
            BOUNDS[key],
            part.get("before"),
            part.get("after"),
        )
        for name, part in parts.items()
        if figures.is_number(part.get("value"))
    ]


def _draw(each: Drawn, tone: Tone) -> Html:
    """A strip with the bound dashed; zero too where the interval is of a change."""
    changes = each.word == "margin"
    on = scale([each.bound, each.value, each.low, each.high, *([0.0] if changes else [])])
    marks = [(each.bound, "margin"), *([(0.0, "zero")] if changes else [])]
    told = f"{each.word} dashed"
    if figures.is_number(each.before) and figures.is_number(each.after):
        told = f"before {figures.plain(each.before)}, after {figures.plain(each.after)}; {told}"
    named = f"{each.name}: {told}" if each.name else told
    ticks = axis(on, "{:g}".format)
    return element(
        "div",
        element("small", named),
        strip(each.value, each.low, each.high, on, marks, tone),
        ticks,
        class_="chart bound",
    )
