"""The page's failures: what goes wrong, against whom it wins and loses. Validation items only."""

from __future__ import annotations

from collections.abc import Sequence

from whet.reporting import figures, words
from whet.reporting.markup import Html, element, join
from whet.reporting.page.bars import balance, share
from whet.reporting.page.needs import needs
from whet.reporting.page.parts import (
    bullets,
    figure,
    folded,
    mark,
    note,
    paragraph,
    quote,
    row,
    section,
    table,
    wide,
)
from whet.reporting.schema import Report
from whet.reporting.schema.failures import Against, Category, Duel, Failures, Item, Topic
from whet.reporting.words import Tone

TITLE = "Failures"


def failures(report: Report) -> Html:
    """Kinds of wrong answers, topics, duels and what the data lacks, with what to do first."""
    told = report["details"]["failures"]
    if told is None:
        why = report["details"].get("not_analysed") or "no arm has answered validation items"
        return section("failures", TITLE, note(f"Failures were not analysed: {why}."))
    return section(
        "failures",
        TITLE,
        paragraph(words.failed(told)),
        _next(told["next"]),
        _categories(told),
        _words(told),
        _topics(told),
        _duels(told),
        needs(told),
        _agreed(told),
    )


def _next(said: Sequence[str]) -> Html | None:
    return join(element("h3", "What to do about it"), bullets(said)) if said else None


def _categories(told: Failures) -> Html | None:
    kinds = told["categories"]
    if not kinds:
        return None
    arms = [told["arm"], *(duel["other"] for duel in told["duels"])]
    rows = [
        row(
            join(words.category(kind["category"]), element("small", kind["description"])),
            *(figure(figures.count(kind["counts"].get(arm, 0))) for arm in arms),
        )
        for kind in kinds
    ]
    title = "Kinds of wrong answers"
    return join(
        element("h3", title),
        wide(title, table(("Kind", *arms), rows, "matrix counts")),
        note("A wrong answer is of one kind: the first rule that holds, from the top down."),
        [_examples(kind, told["arm"]) for kind in kinds if kind["shown"]],
    )


def _examples(kind: Category, arm: str) -> Html:
    shown, all_of_them = len(kind["shown"]), kind["counts"].get(arm, 0)
    title = f"{words.category(kind['category'])}: {shown} of {all_of_them} of {arm}"
    return folded(title, [item(each, arm) for each in kind["shown"]])


def item(each: Item, arm: str) -> Html:
    """One item with its right answer and the arm's."""
    why = each.get("why")
    return _article(
        each["source"] or each["id"],
        each["question"],
        [("right answer", each["gold"]), (arm, each["answer"])],
        why or "",
    )


def _article(place: str, question: str, answers: Sequence[tuple[str, str]], why: str = "") -> Html:
    sides = [element("div", element("h4", n), quote(said), class_="answer") for n, said in answers]
    return element(
        "article",
        element("small", f"{place}: {why}" if why else place),
        quote(question),
        element("div", sides, class_="answers"),
        class_="item",
    )


def _words(told: Failures) -> Html | None:
    if not told["phrases"]:
        return None
    right = told["items"] - told["wrong"]
    rows = [
        row(
            each["words"],
            figure(f"{each['wrong']} of {told['wrong']}"),
            figure(f"{each['items'] - each['wrong']} of {right}"),
            figure(figures.count(each["train"])),
        )
        for each in told["phrases"]
    ]
    heads = ("Words", "in wrong items", "in the others", "Training rows")
    return join(element("h3", "Words that tell wrong items"), table(heads, rows, "counted"))


def _topics(told: Failures) -> Html | None:
    if not told["topics"]:
        return None
    head = element("h3", "Topics")
    rows = [_topic(topic) for topic in told["topics"]]
    said = (
        f"All items by likeness: {told['topics_by']}. Those that stand out go wrong more often than"
        " all items, with their whole interval."
    )
    shown = [
        join(element("h4", topic["name"]), [item(each, told["arm"]) for each in topic["shown"]])
        for topic in told["topics"]
    ]
    more = folded("Two wrong items of each topic", shown)
    return join(head, table(("Topic", "Wrong", ""), rows, "stages"), note(said), more)


def _topic(topic: Topic) -> Html:
    return row(
        join(topic["name"], mark("stands out", Tone.BAD) if topic["stands_out"] else None),
        figure(f"{topic['wrong']} of {topic['items']}"),
        share(topic["wrong"], topic["items"]),
    )


def _duels(told: Failures) -> Html | None:
    if not told["duels"]:
        return None
    most = max(max(duel["num_won"], duel["num_lost"]) for duel in told["duels"])
    rows = [
        row(
            duel["other"],
            figure(figures.count(duel["num_lost"])),
            figure(figures.count(duel["num_won"])),
            figure(figures.count(duel["both_wrong"])),
            balance(duel["num_lost"], duel["num_won"], most),
        )
        for duel in told["duels"]
    ]
    heads = ("Against", "worse", "better", "both wrong", "")
    return join(
        element("h3", f"Where {told['arm']} is worse and better, item by item"),
        table(heads, rows, "duels"),
        [_duel(duel, told["arm"]) for duel in told["duels"]],
    )


def _duel(duel: Duel, arm: str) -> Html:
    other = duel["other"]
    return join(
        _side(f"{arm} is worse than {other}", duel["lost"], duel["num_lost"], arm, other),
        _side(f"{arm} is better than {other}", duel["won"], duel["num_won"], arm, other),
    )


def _side(title: str, items: Sequence[Against], count: int, arm: str, other: str) -> Html | None:
    if not items:
        return None
    articles = [
        _article(
            each["source"] or each["id"],
            each["question"],
            [("right answer", each["gold"]), (arm, each["candidate"]), (other, each["baseline"])],
        )
        for each in items
    ]
    return folded(f"{title}: {len(items)} of {count}", articles)


def _agreed(told: Failures) -> Html | None:
    """Items on which all arms give one same other answer: their right answer may be wrong."""
    if not told["agreed"]:
        return None
    shown, count = len(told["agreed"]), told["num_agreed"]
    title = f"All arms give one same other answer: {shown} of {count}"
    return folded(title, [item(each, "all arms") for each in told["agreed"]])
