"""The controls of a ballot: choices, ratings, reason, tags and the better answer."""

from __future__ import annotations

from html import escape

from whet.reporting.markup import Child, Html, element
from whet.reviewing.comparing.ballots import MAX_GOLD, MAX_TEXT, Ballot
from whet.reviewing.comparing.frozen import Frozen, Item
from whet.reviewing.comparing.words import RATINGS, SHOWN_CHOICES


def choices(ballot: Ballot | None) -> Html:
    """The eight choices, as radio buttons that look like buttons."""
    chosen = ballot.choice if ballot else None
    rows = [
        element(
            "label",
            element(
                "input",
                type="radio",
                name="choice",
                value=name,
                required=True,
                checked=name == chosen,
                data_key=key,
            ),
            element("span", element("kbd", key), element("span", words)),
            class_=name.replace("_", "-"),
        )
        for name, key, words in SHOWN_CHOICES
    ]
    return element("fieldset", element("legend", "Which answer is better?"), rows, class_="choices")


def ratings(criteria: tuple[str, ...], ballot: Ballot | None) -> Child:
    """A small scale for each criterion and side; nothing without criteria."""
    if not criteria:
        return None
    found = ballot.ratings if ballot else {}
    head = element("tr", element("td"), element("th", "Left"), element("th", "Right"))
    rows = [
        element(
            "tr",
            element("th", criterion, scope="row"),
            [
                element(
                    "td",
                    _scale(f"{side}-{number}", found.get(side, {}).get(criterion), side),
                    data_side=side.capitalize(),
                )
                for side in ("left", "right")
            ],
        )
        for number, criterion in enumerate(criteria)
    ]
    table = element("table", element("thead", head), element("tbody", rows))
    return element(
        "fieldset", element("legend", "By criterion"), table, class_="ratings", id="criteria"
    )


def _scale(name: str, value: int | None, side: str) -> Html:
    return element(
        "span",
        [
            element(
                "label",
                element(
                    "input", type="radio", name=name, value=number, checked=str(value) == number
                ),
                element("span", word),
            )
            for number, word in RATINGS
        ],
        class_="scale",
        role="group",
        aria_label=side,
    )


def details(frozen: Frozen, item: Item, ballot: Ballot | None) -> Html:
    """Reason, tags, and the answer that should have been given."""
    gold = (ballot.gold if ballot else None) or (item.gold if frozen.show_gold else "")
    has_any = ballot is not None and bool(ballot.reason or ballot.tags or ballot.gold)
    tags = [
        element(
            "label",
            element(
                "input",
                type="checkbox",
                name="tag",
                value=tag,
                checked=ballot is not None and tag in ballot.tags,
            ),
            element("span", tag),
        )
        for tag in frozen.tags
    ]
    return element(
        "details",
        element("summary", "Reason, tags, a better answer"),
        element("label", "Reason", for_="reason"),
        area("reason", ballot.reason if ballot else "", 2, MAX_TEXT),
        element("fieldset", element("legend", "Tags"), tags, class_="tags", id="tags")
        if tags
        else None,
        element("label", "The answer that should have been given", for_="gold"),
        area("gold", gold, 4, MAX_GOLD),
        _shown_gold(item) if frozen.show_gold else None,
        open=has_any,
        id="details",
    )


def _shown_gold(item: Item) -> Html:
    """What the box held, so that only an edited answer is kept."""
    shown = Html(escape(item.gold, quote=True))
    return Html(f'<textarea name="gold_shown" hidden>\n{shown}</textarea>')


def area(name: str, value: str, rows: int, most: int) -> Html:
    """A box for text, with a text in it that is neither cut nor spelt out."""
    start = f'<textarea id="{name}" name="{name}" rows="{rows}" maxlength="{most}" dir="auto">'
    return Html(f"{start}\n{escape(value)}</textarea>")


def save(ballot: Ballot | None) -> Html:
    """The button, and the place where the script says what became of it."""
    words = "Save the change" if ballot else "Save"
    return element(
        "div",
        element("button", words, element("kbd", "Enter"), type="submit", class_="primary"),
        element("p", "You have voted on this one." if ballot else "", id="told", role="status"),
        class_="save",
    )
