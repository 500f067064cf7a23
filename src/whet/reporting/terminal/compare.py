"""Two reports side by side, and whether their figures may be compared at all."""

from __future__ import annotations

from typing import Any

from whet.reporting import figures, words
from whet.reporting.schema import Report
from whet.reporting.terminal.grid import bullets, grid, paragraph

SEEDS_WANTED = 3


def compare_text(a: Report, b: Report, names: tuple[str, str] = ("A", "B")) -> str:
    """The difference between two runs, for a terminal; warnings first."""
    warned = warnings(a, b, names)
    parts = (
        f"Read with care\n{bullets(warned)}" if warned else "",
        _facts(a, b, names),
        _arms(a, b, names),
        _settings(a, b, names),
        paragraph(
            "The two runs were judged apart: there is no interval for B - A."
            " To settle it, give one run both adapters as arms."
        ),
    )
    return "\n\n".join(part for part in parts if part)


def warnings(a: Report, b: Report, names: tuple[str, str]) -> list[str]:
    """What forbids or weakens a comparison of two reports."""
    return [*_items(a, b), *_seeds(a, names[0]), *_seeds(b, names[1])]


def _items(a: Report, b: Report) -> list[str]:
    if a["details"]["split"] != b["details"]["split"]:
        return ["One side was judged on test items, the other on validation items."]
    digests = a["data"].get("items_digest"), b["data"].get("items_digest")
    if None in digests:
        same = a["data"]["version"] == b["data"]["version"]
        return [] if same else ["The data differs: the judged items may not be the same."]
    if digests[0] != digests[1]:
        return ["The judged items differ: the figures do not measure the same thing."]
    return []


def _seeds(report: Report, name: str) -> list[str]:
    training = report["details"]["training"]
    seeds = len(training["seeds"]) if training else SEEDS_WANTED
    if seeds >= SEEDS_WANTED:
        return []
    number = "one seed" if seeds <= 1 else f"{seeds} seeds"
    return [
        f"{name} was trained with {number}: not evidence about settings. It takes"
        f" {SEEDS_WANTED} a side (train.seeds={SEEDS_WANTED})."
    ]


def _facts(a: Report, b: Report, names: tuple[str, str]) -> str:
    rows = [
        (title, told_a, told_b)
        for (title, told_a), (_, told_b) in zip(_told(a), _told(b), strict=True)
    ]
    return grid(("", *names), rows)


def _told(report: Report) -> list[tuple[str, str]]:
    details, headline = report["details"], report["details"]["headline"]
    effect = words.effect(headline, details["margin"]) if headline else "nothing compared"
    return [
        ("verdict", words.verdict_word(report)),
        ("effect", effect),
        ("model", report["model"]["name"]),
        ("data", report["data"]["version"]),
        ("judged", f"{report['looks']['items']} {details['split']} items"),
        ("look", str(report["looks"]["number"] or "none")),
        ("took", figures.duration(report["time"]["total_s"])),
    ]


def _arms(a: Report, b: Report, names: tuple[str, str]) -> str:
    rows = []
    for metric in dict.fromkeys([*words.metrics(a), *words.metrics(b)]):
        for arm in dict.fromkeys([*words.arms(a, metric), *words.arms(b, metric)]):
            rows.append((arm, metric, _measured(a, arm, metric), _measured(b, arm, metric)))
    return grid(("arm", "metric", *names), rows) if rows else ""


def _measured(report: Report, arm: str, metric: str) -> str:
    measured = report["arms"].get(arm, {}).get(metric)
    if measured is None:
        return "not run"
    interval = figures.span(metric, measured["low"], measured["high"])
    return f"{figures.value(metric, measured['value'])} [{interval}]"


def _settings(a: Report, b: Report, names: tuple[str, str]) -> str:
    left, right = _training(a), _training(b)
    keys = dict.fromkeys([*left, *right])
    rows = [
        (key, left.get(key, "not trained"), right.get(key, "not trained"))
        for key in keys
        if left.get(key) != right.get(key)
    ]
    if rows:
        return "Settings that differ\n" + grid(("train", *names), rows)
    both = a["details"]["training"] and b["details"]["training"]
    return "Training settings are equal." if both else ""


def _training(report: Report) -> dict[str, str]:
    training = report["details"]["training"]
    settings: dict[str, Any] = training["settings"] if training else {}
    return {key: figures.scalar(value) for key, value in settings.items()}
