"""A report with nothing but hostile text in it."""

from __future__ import annotations

import math
from typing import Any

from sample_reports.verdicts import ship

ATTACK = (
    "<script>alert(1)</script><img src=x onerror=alert(2)><svg/onload=alert(3)>"
    "<a href=javascript:alert(4)>x</a><iframe src=https://evil.example></iframe>"
    "' onmouseover='alert(5)' \" style=\"background:url(https://evil.example/x)\" </style></title>"
    "--><!--]]> [bold red]markup[/] &lt;b&gt; \x1b[31mred\x1b[0m \x1b]0;title\x07 \x00 \r over"
    " \u202egnp.exe\u202c \u200b \ufeff \u2028 \ud800 e" + "\u0301" * 60
)


def hostile() -> dict[str, Any]:
    """Every text of a report that ships is an attack, one is a megabyte, figures are missing."""
    report: dict[str, Any] = _poison(ship())
    report |= {"verdict": "ship", "schema_version": 1}
    report["details"]["split"] = "test"
    report["details"]["failures"]["duels"][0]["lost"][0]["candidate"] = "A" * 1_000_000
    report["details"]["failures"]["duels"][0]["lost"][0]["baseline"] = "line\n" * 50_000
    report["details"]["training"]["losses"][3][1] = math.nan
    report["details"]["training"]["validation_losses"][2][1] = math.inf
    name = next(iter(report["arms"]))
    metric = next(iter(report["arms"][name]))
    report["arms"][name][metric] = {"value": math.nan, "low": None, "high": math.inf, "n": 0}
    report["comparisons"][0] |= {"difference": math.nan, "low": None, "high": None}
    report["details"]["headline"] |= {"difference": math.nan, "low": None, "high": None}
    report["cost"]["per_1000"][name] = math.nan
    return report


KEEP = {"result", "kind", "lamps"}


def _poison(value: Any) -> Any:
    if isinstance(value, str):
        return f"{value} {ATTACK}"
    if isinstance(value, list):
        return [_poison(part) for part in value]
    if isinstance(value, dict):
        named = {"arms", "per_1000", "stages", "kept", "dropped", "settings", "digests", "counts"}
        named |= {"scores", "calibrations", "unscored"}
        return {
            key: part
            if key in KEEP
            else {f"{inner} {ATTACK}": _poison(deep) for inner, deep in part.items()}
            if key in named and isinstance(part, dict)
            else _poison(part)
            for key, part in value.items()
        }
    return value
