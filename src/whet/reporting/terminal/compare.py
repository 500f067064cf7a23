"""Two reports side by side, and whether their figures may be compared at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from whet.reporting import figures, words
from whet.reporting.schema import Report
from whet.reporting.schema.compared import Compared, Flips, Rows, Setting
from whet.reporting.terminal.grid import bullets, grid, paragraph

SEEDS_WANTED = 3


def compare_text(
    a: Report, b: Report, names: tuple[str, str] = ("A", "B"), differ: Compared | None = None
) -> str:
    """The difference between two runs, for a terminal; warnings first.

    Args:
        a: One report.
        b: The other.
        names: What the two are called.
        differ: What their run folders differ in: settings, rows, answers.
    """
    warned = warnings(a, b, names)
    parts = (
        f"Read with care\n{bullets(warned)}" if warned else "",
        _facts(a, b, names),
        _arms(a, b, names),
        _settings(differ["settings"], names) if differ else "",
        _rows(differ["rows"], names) if differ else "",
        _flips(differ, names) if differ else "",
        paragraph(
            f"The two runs were judged apart: there is no interval for {names[1]} - {names[0]}."
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


def _settings(changed: Sequence[Setting], names: tuple[str, str]) -> str:
    if not changed:
        return "The configurations are equal."
    rows = [(each["key"], each["a"], each["b"]) for each in changed]
    return "Settings that differ\n" + grid(("key", *names), rows)


def _rows(changed: Sequence[Rows], names: tuple[str, str]) -> str:
    if not any(each["removed"] or each["added"] for each in changed):
        return "The data are equal, row by row."
    rows = [
        (
            each["split"],
            figures.count(each["both"]),
            figures.count(each["removed"]),
            figures.count(each["added"]),
        )
        for each in changed
    ]
    heads = ("rows", "in both", f"only in {names[0]}", f"only in {names[1]}")
    told = paragraph(f"Row by row: whet check --diff {names[0]} {names[1]}")
    return f"Data\n{grid(heads, rows, (1, 2, 3))}\n{told}"


def _flips(differ: Compared, names: tuple[str, str]) -> str:
    """Items that changed sides, arm by arm, with a few of the first arm's."""
    if not differ["metric"]:
        return "The two runs decide by different metrics, so no item can be set beside the other."
    told = [each for each in differ["flips"] if each["items"]]
    if not told:
        return "No validation item was answered in both runs."
    rows = [
        (
            each["arm"],
            figures.count(each["items"]),
            figures.count(each["num_better"]),
            figures.count(each["num_worse"]),
        )
        for each in told
    ]
    heads = ("arm", "items", f"better in {names[1]}", f"worse in {names[1]}")
    title = f"Validation items by {differ['metric']}, one by one (they decide nothing)"
    shown = [text for each in told for text in _shown(each, names)]
    return "\n\n".join([f"{title}\n{grid(heads, rows, (1, 2, 3))}", *shown])


def _shown(of: Flips, names: tuple[str, str]) -> Iterator[str]:
    sides = ((of["worse"], "worse", of["num_worse"]), (of["better"], "better", of["num_better"]))
    for items, way, count in sides:
        if not items:
            continue
        rows = [
            (each["source"], each["question"], each["gold"], each["a"], each["b"]) for each in items
        ]
        title = f"{of['arm']} is {way} in {names[1]}: {len(items)} of {count}"
        yield f"{title}\n{grid(('item', 'question', 'right', *names), rows)}"
