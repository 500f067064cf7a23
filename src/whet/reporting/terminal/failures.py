"""The failure analysis on the terminal: what to do, kinds of wrong answers, duels, topics."""

from __future__ import annotations

from collections.abc import Iterator

from whet.reporting import figures, words
from whet.reporting.schema import Report
from whet.reporting.schema.failures import Failures
from whet.reporting.terminal.grid import bullets, grid, paragraph

MAX_ARMS = 5
MAX_EXAMPLES = 4
MAX_TOPICS = 4
MAX_LABELS = 6


def failures_text(report: Report) -> str:
    """What went wrong on validation items, or why that is not known."""
    told = report["details"]["failures"]
    if told is None:
        why = report["details"].get("not_analysed")
        return paragraph(f"Failures were not analysed: {why}.") if why else ""
    said = paragraph(f"Failures: {words.failed(told)}")
    if told["next"]:
        said += f"\n{bullets(told['next'])}"
    return "\n\n".join([said, *_tables(told), *_examples(told)])


def _tables(told: Failures) -> Iterator[str]:
    if told["categories"]:
        arms = [told["arm"], *(duel["other"] for duel in told["duels"])][:MAX_ARMS]
        rows = [
            (words.category(kind["category"]), *(str(kind["counts"].get(arm, 0)) for arm in arms))
            for kind in told["categories"]
        ]
        yield grid(("kind of wrong answer", *arms), rows, tuple(range(1, len(arms) + 1)))
    if told["duels"]:
        rows = [
            (
                duel["other"],
                figures.count(duel["num_lost"]),
                figures.count(duel["num_won"]),
                figures.count(duel["both_wrong"]),
            )
            for duel in told["duels"]
        ]
        yield grid((f"{told['arm']} against", "worse", "better", "both wrong"), rows, (1, 2, 3))
    yield from _of_data(told)


def _examples(told: Failures) -> Iterator[str]:
    """The first item of each kind, so that nobody has to open a file to see one."""
    rows = [
        (item["source"], item["question"], item["gold"], item["answer"])
        for kind in told["categories"]
        for item in kind["shown"][:1]
    ]
    if rows:
        heads = ("one of each kind", "question", "right answer", told["arm"])
        yield grid(heads, rows[:MAX_EXAMPLES])


def _of_data(told: Failures) -> Iterator[str]:
    if told["labels"]:
        rows = [
            (
                need["label"],
                f"{need['wrong']} of {need['items']}",
                f"{need['taken_for']} ({need['times']})",
                figures.count(need["train"]),
            )
            for need in told["labels"][:MAX_LABELS]
        ]
        yield grid(("label", "wrong", "mostly taken for", "training rows"), rows, (1, 3))
    if told["topics"]:
        topics = [
            (
                topic["name"],
                f"{topic['wrong']} of {topic['items']}",
                "stands out" if topic["stands_out"] else "",
            )
            for topic in told["topics"][:MAX_TOPICS]
        ]
        yield grid(("topic", "wrong", ""), topics, (1,))
