"""The page's last part: the data, and how to repeat it."""

from __future__ import annotations

from whet.reporting import figures, words
from whet.reporting.markup import Child, Html, element, join
from whet.reporting.page.background import findings
from whet.reporting.page.parts import (
    block,
    code,
    facts,
    figure,
    folded,
    note,
    row,
    section,
    table,
)
from whet.reporting.schema import Report
from whet.reporting.schema.details import Ledger


def data(report: Report) -> Html:
    """Which rows it was, and where each row that was read went."""
    told, ledger = report["data"], report["details"]["ledger"]
    rows = told["rows"]
    pairs: list[tuple[str, Child]] = [
        ("version", code(told["version"])),
        ("format", join(told["format"], element("small", told["reason"]))),
    ]
    if ledger is None:
        pairs.append(
            (
                "rows",
                f"{figures.count(rows['train'])} for training,"
                f" {figures.count(rows['validation'])} for validation,"
                f" {figures.count(rows['test'])} for test",
            )
        )
    return section(
        "data",
        "Data",
        facts(pairs),
        _ledger(ledger) if ledger else note("No rows were read in this run."),
        findings(report),
    )


def _ledger(ledger: Ledger) -> Html:
    kept, dropped = ledger["kept"], ledger["dropped"]
    rows = [row("read", figure(figures.count(ledger["read"])), class_="sum")]
    rows += [row(f"kept for {split}", figure(figures.count(n))) for split, n in kept.items()]
    rows += [row(f"dropped: {why}", figure(figures.count(n))) for why, n in dropped.items()]
    missing = ledger["read"] - sum(kept.values()) - sum(dropped.values())
    said = (
        "Every row is accounted for: read = kept + dropped."
        if missing == 0
        else f"The ledger does not balance: {missing:,} rows are not accounted for."
    )
    return join(table(("Rows", "Count"), rows, "ledger"), note(said))


def repeat(report: Report) -> Html:
    """The command, versions, seed and digests."""
    told = report["details"]["repeat"]
    versions = [("whet", told["whet"]), ("Python", told["python"])]
    versions += [("PyTorch", told["torch"]), ("transformers", told["transformers"])]
    pairs: list[tuple[str, Child]] = [
        ("versions", ", ".join(f"{name} {number}" for name, number in versions if number)),
        ("machine", told["platform"]),
        ("seed", figure(str(told["seed"]))),
        ("model", code(report["model"]["identity"])),
        ("data", code(report["data"]["version"])),
    ]
    pairs += [
        (f"digest of {name}", code(digest)) for name, digest in (told.get("digests") or {}).items()
    ]
    if report["adapter"]:
        pairs.append(("adapter", code(report["adapter"])))
    return section(
        "repeat",
        "How to repeat it",
        block(told["command"]),
        facts(pairs),
        folded("Resolved configuration", block(told["config_text"])),
        note(words.look(report)),
    )
