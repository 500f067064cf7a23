"""The page's last part: the data, the money and the time, and how to repeat it."""

from __future__ import annotations

from whet.reporting import figures, words
from whet.reporting.markup import Child, Html, element, join
from whet.reporting.page.background import findings
from whet.reporting.page.charts import share
from whet.reporting.page.parts import (
    block,
    code,
    facts,
    figure,
    folded,
    note,
    paragraph,
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


def cost(report: Report) -> Html:
    """What answers and training cost, and where the time went."""
    return section("cost", "Cost and time", _money(report), _time(report))


def _money(report: Report) -> Html:
    told = report["cost"]
    if told["per_hour"] is None:
        return note("No price is given for this machine (cost.per_hour), so only time is known.")
    currency = told["currency"]
    rows = [
        row(arm, figure(figures.money(amount, currency)), _each(report, arm))
        for arm, amount in told["per_1000"].items()
    ]
    heads = ("Arm", "1,000 answers", "Median answer")
    return join(
        paragraph(_training(report), " ", _payback(report)),
        table(heads, rows, "money") if rows else note("No answers were timed."),
        note(told["note"]) if told["note"] else None,
    )


def _each(report: Report, arm: str) -> Html:
    described = report["details"]["arms"].get(arm)
    latency = described["latency_ms"] if described else None
    return figure(figures.milliseconds(latency["p50"]) if latency else figures.UNKNOWN)


def _training(report: Report) -> str:
    told = report["cost"]
    hourly = f"at {figures.money(told['per_hour'], told['currency'])} an hour"
    if told["training"] is None:
        return f"Nothing was spent on training; time is priced {hourly}."
    return f"Training cost {figures.money(told['training'], told['currency'])} {hourly}."


def _payback(report: Report) -> str:
    told = report["cost"]
    if told["payback_answers"] is not None:
        return f"It pays back after {figures.count(told['payback_answers'], 'answer')}."
    return (
        "" if told["training"] is None else "Whether it pays back is not known, or it never does."
    )


def _time(report: Report) -> Html:
    time = report["time"]
    total = time["total_s"]
    longest = max((s for s in time["stages"].values() if figures.is_number(s)), default=0.0)
    rows = [
        row(name, figure(figures.duration(seconds)), share(seconds, longest))
        for name, seconds in time["stages"].items()
    ]
    head = element("h3", "Time by stage, ", figure(figures.duration(total)), " in all")
    return join(head, table(("Stage", "Time", ""), rows, "stages") if rows else None)


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
