"""Skill: small JSON forms, key-value lines and other fixed formats that the prompt names."""

import json

from . import facts, judgements, words
from .document import Document, Source, assistant, capital, system, user

FIELDS = ["name", "city", "item", "price", "date", "phone", "colour", "amount", "order", "day"]


def record(source: Source) -> tuple[str, dict[str, str]]:
    """A message that states two to four fields, and the fields."""
    values = {
        "name": words.person(source),
        "city": source.pick(words.CITIES),
        "item": source.pick(words.OBJECTS),
        "price": facts.ATTRIBUTES["price"].value(source),
        "date": facts.ATTRIBUTES["deadline"].value(source),
        "phone": facts.ATTRIBUTES["phone"].value(source),
        "colour": source.pick(words.COLOURS),
        "amount": str(source.number(1, 60)),
        "order": words.code(source),
        "day": source.pick(words.WEEKDAYS),
    }
    wordings = {
        "name": ["my name is {v}", "this is {v}", "I am {v}", "{v} here"],
        "city": ["I live in {v}", "I am in {v}", "send it to {v}"],
        "item": ["I want a {v}", "I bought a {v}", "it is about the {v}"],
        "price": ["it costs {v}", "I paid {v}", "the price was {v}"],
        "date": ["it was on {v}", "the date is {v}", "we need it by {v}"],
        "phone": ["call me on {v}", "my number is {v}"],
        "colour": ["the colour is {v}", "I want it in {v}"],
        "amount": ["we need {v} of them", "the quantity is {v}"],
        "order": ["the order number is {v}", "my order is {v}"],
        "day": ["come on {v}", "I have time on {v}"],
    }
    chosen = source.some(FIELDS, source.number(2, 4))
    clauses = [source.pick(wordings[name]).format(v=values[name]) for name in chosen]
    joined = source.pick([". ", ", ", ", and ", ". "])
    message = joined.join(capital(clause) if joined == ". " else clause for clause in clauses)
    return capital(message) + source.pick([".", "", ".", ". Thank you."]), {
        name: values[name] for name in chosen
    }


def json_form(source: Source) -> Document:
    """Named fields of a message as one JSON object, in the order in which the prompt names them."""
    message, values = record(source)
    asked = source.some(list(values), source.number(min(2, len(values)), len(values)))
    if source.chance(0.15):
        asked.insert(
            source.number(0, len(asked)),
            source.pick([name for name in FIELDS if name not in values]),
        )
    names = source.pick(
        [", ".join(asked), "\n".join(f"- {name}" for name in asked), " and ".join(asked)]
    )
    prompt = source.pick(
        [
            f"Extract the fields as JSON: {names}",
            f"Reply with a JSON object with the keys {names}",
            f"Return JSON with: {names}",
            f"Fill in this form as JSON. Fields: {names}",
            f"Read the message and write JSON with the fields {names}",
        ]
    )
    if len(values) < len(asked) or source.chance(0.5):
        prompt += source.pick(
            [
                "\nUse null for a missing field.",
                "\nMissing fields are null.",
                "\nIf a field is missing, write null.",
            ]
        )
    answer = json.dumps({name: values.get(name) for name in asked})
    return (
        [system(prompt), user(message), assistant(answer)]
        if source.chance(0.8)
        else [user(f"{prompt}\n\nMessage: {message}"), assistant(answer)]
    )


def key_value(source: Source) -> Document:
    """The same fields as `key: value` lines or a separated row."""
    message, values = record(source)
    asked = source.some(list(values), source.number(min(2, len(values)), len(values)))
    style, separator = source.pick(
        [
            ("key: value lines", "\n"),
            ("lines of the form key: value", "\n"),
            ("key=value pairs separated by semicolons", "; "),
            ("a row separated by |", " | "),
        ]
    )
    rows = {
        "key: value lines": "{k}: {v}",
        "lines of the form key: value": "{k}: {v}",
        "key=value pairs separated by semicolons": "{k}={v}",
        "a row separated by |": "{v}",
    }[style]
    answer = separator.join(rows.format(k=name, v=values[name]) for name in asked)
    verb = source.pick(["Write", "Extract", "Give", "Return"])
    return [system(f"{verb} {', '.join(asked)} as {style}."), user(message), assistant(answer)]


def review_json(source: Source) -> Document:
    """Sentiment and thing of a review as JSON."""
    good = source.chance(0.5)
    thing = source.pick(judgements.REVIEWED)
    adjective = source.pick(judgements.GOOD if good else judgements.BAD)
    message = source.pick(
        ["The {o} was {a}.", "A {a} {o}.", "I found the {o} {a}.", "What a {a} {o}!"]
    ).format(o=thing, a=adjective)
    label = "positive" if good else "negative"
    keys = source.pick([("item", "sentiment"), ("thing", "sentiment"), ("sentiment", "item")])
    values = {
        keys[0]: thing if keys[0] != "sentiment" else label,
        keys[1]: label if keys[1] == "sentiment" else thing,
    }
    return [
        system(f"Reply with JSON: {', '.join(keys)}."),
        user(message),
        assistant(json.dumps(values)),
    ]


def numbered(source: Source) -> Document:
    """A list in a fixed shape: numbered, bulleted, comma-separated or in brackets."""
    items = [
        source.pick(words.COMMON_WORDS) if source.chance(0.7) else words.invented(source)
        for _ in range(source.number(2, 6))
    ]
    shape = source.pick(
        ["numbered list", "bullet list", "comma-separated list", "JSON list", "line per item"]
    )
    answer = {
        "numbered list": "\n".join(f"{i}. {item}" for i, item in enumerate(items, 1)),
        "bullet list": "\n".join(f"- {item}" for item in items),
        "comma-separated list": ", ".join(items),
        "JSON list": json.dumps(items),
        "line per item": "\n".join(items),
    }[shape]
    given = source.pick([" ".join(items), ", ".join(items), " and ".join(items), "; ".join(items)])
    return [
        system(
            source.pick(
                [
                    f"Write the items as a {shape}.",
                    f"Turn the words into a {shape}.",
                    f"Format: {shape}.",
                    f"Answer with a {shape}.",
                ]
            )
        ),
        user(given),
        assistant(answer),
    ]


def fixed_frame(source: Source) -> Document:
    """Every answer inside a frame that the prompt names: `Answer: X`, `<X>`, `[[X]]` ..."""
    before, after = source.pick(
        [
            ("Answer: ", ""),
            ("<answer>", "</answer>"),
            ("[[", "]]"),
            ("RESULT=", ""),
            ("-> ", ""),
            (f"{words.code(source)}: ", ""),
            ("", " (checked)"),
        ]
    )
    prompt = source.pick(
        ["Repeat the text in the form {f}", "Write the text as {f}", "Use the format {f}"]
    ).format(f=f"{before}TEXT{after}")
    document: Document = [system(prompt)]
    for _ in range(source.number(1, 3)):
        inner = words.token(source)
        document += [user(inner), assistant(f"{before}{inner}{after}")]
    return document
