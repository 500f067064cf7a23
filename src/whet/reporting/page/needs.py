"""The page's tables of what the data lacks, as far as the wrong answers show it."""

from __future__ import annotations

from whet.reporting import figures
from whet.reporting.markup import Html, element, join
from whet.reporting.page.bars import share
from whet.reporting.page.parts import figure, note, row, table, wide
from whet.reporting.schema.failures import Distance, Failures


def needs(told: Failures) -> Html:
    """Parts, labels, distance to the training rows, slices; what there is of them."""
    return join(_parts(told), _labels(told), _confused(told), _distance(told), _slices(told))


def _parts(told: Failures) -> Html | None:
    if not told["parts"]:
        return None
    rows = [
        row(
            part["name"],
            figure(f"{part['wrong']} of {told['wrong']}"),
            f"{part['gold']} answered {part['answered']} ({figures.count(part['times'])})",
        )
        for part in told["parts"]
    ]
    heads = ("Part", "Wrong", "Most often")
    return join(element("h3", "Which part is wrong"), table(heads, rows, "counted"))


def _labels(told: Failures) -> Html | None:
    if not told["labels"]:
        return None
    rows = [
        row(
            need["label"],
            figure(f"{need['wrong']} of {need['items']}"),
            f"{need['taken_for']} ({figures.count(need['times'])})",
            figure(figures.count(need["train"])),
            figure("not known" if need["unlike"] is None else figures.count(need["unlike"])),
        )
        for need in told["labels"]
    ]
    heads = ("Label", "Wrong", "Mostly taken for", "Training rows", "of these unlike")
    rest = told["num_labels"] - len(told["labels"])
    title = "Labels that go wrong"
    return join(
        element("h3", title),
        wide(title, table(heads, rows, "matrix")),
        note(
            "Unlike: training rows that are most like rows of another label. They come first:"
            " better rows before more rows (whet review --data).",
            f" {rest:,} more labels are in report.json's failures.json." if rest > 0 else "",
        ),
    )


def _confused(told: Failures) -> Html | None:
    if not told["confused"]:
        return None
    rows = [
        row(pair["gold"], pair["answered"], figure(figures.count(pair["count"])))
        for pair in told["confused"]
    ]
    rest = told["num_confused"] - len(rows)
    heads = ("Right answer", "Answered instead", "Times")
    return join(
        element("h3", "Labels taken for others"),
        table(heads, rows, "counted"),
        note(f"And {rest:,} more pairs.") if rest > 0 else None,
    )


def _distance(told: Failures) -> Html | None:
    distance = told["distance"]
    if distance is None:
        return None
    rows = [
        _third("least like training", distance, "far"),
        _third("most like training", distance, "near"),
    ]
    said = (
        "Every item's likeness to the training row most like it, by"
        f" {distance['method']}; the third with the least, and the third with the most."
    )
    head = element("h3", "Far from the training rows")
    return join(head, table(("Items", "Wrong", "Likeness", ""), rows, "thirds"), note(said))


def _third(name: str, distance: Distance, side: str) -> Html:
    third = distance["far"] if side == "far" else distance["near"]
    low, high = third["likeness"]
    return row(
        name,
        figure(f"{third['wrong']} of {third['items']}"),
        figure(f"{low:.2f} to {high:.2f}"),
        share(third["wrong"], third["items"]),
    )


def _slices(told: Failures) -> Html | None:
    if not told["slices"]:
        return None
    rows = [
        row(
            f"{each['column']} = {each['value']}",
            figure(f"{each['wrong']} of {each['items']}"),
            figure(figures.count(each["train"])),
            share(each["wrong"], each["items"]),
        )
        for each in told["slices"]
    ]
    heads = ("Column", "Wrong", "Training rows", "")
    return join(element("h3", "Columns of the rows"), table(heads, rows, "thirds"))
