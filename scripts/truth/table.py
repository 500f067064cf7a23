"""The results of the simulations as tables, for docs/error_rates.md."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = dict[str, Any]
VERDICTS = ("ship", "ship_with_rag", "use_prompt", "use_few_shot", "do_not_ship", "inconclusive")


def tables(folder: Path) -> str:
    """Every part that has results, each under its own heading with sims, seed and seconds."""
    parts = []
    for name, (title, make) in PARTS.items():
        file = folder / f"error_rates_{name}.json"
        if file.is_file():
            found = json.loads(file.read_text(encoding="utf-8"))
            said = f"Seed {found['seed']}, {found['seconds']:,.0f} s."
            parts.append(f"### {title}\n\n{make(found['rows'])}\n\n{said}\n")
    return "\n".join(parts)


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(value: float) -> str:
    """A share with two digits behind the point; nothing where it is none."""
    return f"{100 * value:.2f}" if value else "0"


def _verdicts(rows: list[Row], keys: dict[str, str]) -> str:
    """Truth by verdict."""
    head = [*keys.values(), *(name.replace("_", " ") for name in VERDICTS), "sims"]
    lines = [
        [str(row.get(key, "")) for key in keys]
        + [percent(row["verdicts"].get(name, 0.0)) for name in VERDICTS]
        + [f"{row['sims']:,}"]
        for row in rows
    ]
    return markdown(head, lines)


def _nulls(rows: list[Row]) -> str:
    keys = {"n": "items", "discordance": "differ", "gain": "true gain", "versions": "versions"}
    alone = {"n": "items", "discordance": "differ", "gain": "true gain = margin"}
    both = [row for row in rows if row["kind"] == "null"]
    one = [row for row in rows if row["kind"] == "null, alone"]
    return f"{_verdicts(both, keys)}\n\nOne candidate, one baseline:\n\n{_verdicts(one, alone)}"


def _candidates(rows: list[Row]) -> str:
    return _verdicts(rows, {"n": "items", "discordance": "differ", "gain": "true gain = margin"})


def _power(rows: list[Row]) -> str:
    head = [
        "items",
        "differ",
        "retrieval",
        "announced gain",
        "others 20 behind",
        "3 behind",
        "equal",
    ]
    lines = []
    for start in range(0, len(rows), 3):
        some = rows[start : start + 3]
        first = some[0]
        said = [str(first["n"]), str(first["discordance"]), "yes" if first["rag"] else "no"]
        said.append(f"{100 * first['gain']:.1f}")
        lines.append(said + [f"{100 * row['ship']:.1f}" for row in some])
    return markdown(head, lines)


def _coverage(rows: list[Row]) -> str:
    head = ["interval", "items", "mean", "least", "where", "most", "cells", "sims a cell"]
    lines = []
    for kind, n in dict.fromkeys((row["kind"], row["n"]) for row in rows):
        some = [row for row in rows if (row["kind"], row["n"]) == (kind, n)]
        worst = min(some, key=lambda row: row["coverage"])
        best = max(row["coverage"] for row in some)
        mean = sum(row["coverage"] for row in some) / len(some)
        numbers = [f"{100 * value:.1f}" for value in (mean, worst["coverage"])]
        more = [f"{100 * best:.1f}", str(len(some)), f"{worst['sims']:,}"]
        lines.append([kind, str(n), *numbers, _where(worst), *more])
    return markdown(head, lines)


def _where(row: Row) -> str:
    left = ("kind", "n", "sims", "coverage", "too_high", "too_low", "bootstraps_on_few")
    return ", ".join(f"{key} {value}" for key, value in row.items() if key not in left)


def _shapes(rows: list[Row]) -> str:
    sizes = sorted({row["n"] for row in rows})
    shapes = list(dict.fromkeys(row["shape"] for row in rows))
    value = {(row["shape"], row["n"]): row for row in rows}
    key = "ship" if "ship" in rows[0] else "coverage"
    lines = [[s, *(f"{100 * value[s, n][key]:.1f}" for n in sizes)] for s in shapes]
    sims = ["sims", *(f"{value[shapes[0], n]['sims']:,}" for n in sizes)]
    return markdown(["shape", *(f"{n} items" for n in sizes)], [*lines, sims])


def _gates(rows: list[Row]) -> str:
    head = ["gate", "what", "ship", "do not ship", "inconclusive", "sims"]
    lines: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        left = ("kind", "sims", "ship", "outcomes", "together")
        what = ", ".join(f"{key} {value}" for key, value in row.items() if key not in left)
        outcomes = row["outcomes"]
        shares = [
            percent(row["ship"]),
            percent(outcomes["fail"]),
            percent(outcomes["inconclusive"]),
        ]
        name = row["kind"].replace("+", ", ")
        lines[name, what] = [name, what, *shares, f"{row['sims']:,}"]
    return markdown(head, list(lines.values()))


def _looks(rows: list[Row]) -> str:
    head = ["items", "differ", "true gain = margin", *(f"look {k}" for k in range(1, 6)), "ever"]
    spent = ["", "", "may ship", *(percent(one) for one in rows[0]["may_spend"]), "2.50"]
    lines = [
        [str(row["n"]), str(row["discordance"]), str(row["gain"])]
        + [percent(one) for one in [*row["ship_by_try"], row["ship"]]]
        for row in rows
    ]
    return markdown(head, [spent, *lines])


def _real(rows: list[Row]) -> str:
    lines = [
        [" and ".join(row["arms"]), str(row["margin"]), percent(row["ship"]), f"{row['sims']:,}"]
        for row in rows
        if row["kind"] == "real null"
    ]
    return markdown(["arms", "margin", "ship", "subsets"], lines)


PARTS: dict[str, tuple[str, Callable[[list[Row]], str]]] = {
    "nulls": ("No gain, and a gain of just the margin", _nulls),
    "candidates": ("Two candidates, one baseline", _candidates),
    "grades": ("Graded scores with a gain of just the margin: shipped", _shapes),
    "real": ("Real answers, swapped", _real),
    "looks": ("Five looks", _looks),
    "power": ("The announced gain: shipped", _power),
    "gates": ("Harm", _gates),
    "coverage": ("Coverage: right or wrong", _coverage),
    "graded": ("Coverage: graded", _shapes),
    "clustered": ("Coverage: groups of about four (items: groups)", _coverage),
}
