"""Small invented worlds: things with names, their facts, and many ways to state a fact and to ask
for it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from . import words
from .document import Source, articles, capital
from .wordings import nested


@dataclass(frozen=True)
class Attribute:
    """A kind of fact: how to draw its value, how documents state it, how people ask. `{e}` entity,
    `{v}` value.
    """

    value: Callable[[Source], str]
    statements: list[str]
    questions: list[str]
    heading: str
    """Its name in a table or in a list of facts."""


def _price(s: Source) -> str:
    amount = s.pick(
        [
            str(s.number(1, 99)),
            str(s.number(1, 99)),
            str(s.number(100, 2500)),
            f"{s.number(1, 60)}.{s.pick(['50', '90', '99', '20', '95'])}",
        ]
    )
    return amount + " " + s.pick(["euros", "euros", "dollars", "pounds", "crowns", "francs"])


def _clock(s: Source) -> str:
    return s.pick(
        [
            f"{s.number(1, 12)} {s.pick(['am', 'pm'])}",
            f"{s.number(6, 22)}:{s.pick(['00', '15', '30', '45'])}",
            f"{s.pick(words.NUMBER_WORDS)} o'clock",
        ]
    )


def _date(s: Source) -> str:
    return s.pick(
        [f"{s.number(1, 28)} {s.pick(words.MONTHS)}", f"{s.pick(words.MONTHS)} {s.number(1, 28)}"]
    )


def _street(s: Source) -> str:
    name = s.pick(words.STREETS) if s.chance(0.7) else words.invented_name(s)
    return f"{s.number(1, 180)} {name} {s.pick(['Street', 'Road', 'Lane', 'Square', 'Avenue'])}"


def _phone(s: Source) -> str:
    return "-".join(str(s.number(100, 999)) for _ in range(2))


def _days(s: Source) -> str:
    amount = s.pick([str(s.number(2, 60)), s.pick(words.NUMBER_WORDS[1:])])
    return f"{amount} {s.pick(['days', 'weeks', 'hours', 'months', 'years', 'minutes'])}"


def _city(s: Source) -> str:
    return s.pick(words.CITIES) if s.chance(0.6) else words.invented_name(s)


def _measure(low: int, high: int, units: list[str]) -> Callable[[Source], str]:
    return lambda s: f"{s.number(low, high)} {s.pick(units)}"


_VALUES: dict[str, Callable[[Source], str]] = {
    "price": _price,
    "colour": lambda s: s.pick(words.COLOURS),
    "material": lambda s: s.pick(words.MATERIALS),
    "weight": _measure(1, 900, ["kg", "grams", "kilos", "pounds"]),
    "length": _measure(2, 400, ["cm", "metres", "inches", "mm"]),
    "warranty": _days,
    "in stock": lambda s: str(s.number(2, 400)),
    "designer": words.person,
    "delivery time": _days,
    "city": _city,
    "address": _street,
    "opens at": _clock,
    "closes at": _clock,
    "closed on": lambda s: s.pick(words.WEEKDAYS),
    "owner": words.person,
    "manager": words.person,
    "phone": _phone,
    "founded": lambda s: str(s.number(1750, 2024)),
    "speciality": lambda s: f"{s.pick(words.ADJECTIVES)} {s.pick(words.FOODS)}",
    "employees": lambda s: str(s.number(2, 600)),
    "floor": lambda s: (
        s.pick(["ground", "first", "second", "third", "fourth", "fifth", "sixth", "top"]) + " floor"
    ),
    "room": lambda s: f"room {s.number(1, 480)}",
    "fee": _price,
    "code word": words.invented,
    "job": lambda s: s.pick(words.JOBS),
    "home town": _city,
    "pet": lambda s: s.pick(words.ANIMALS),
    "favourite food": lambda s: s.pick(words.FOODS),
    "age": lambda s: str(s.number(4, 99)),
    "birthday": _date,
    "employer": words.invented_name,
    "deadline": _date,
    "start": _date,
    "budget": _price,
    "hours": lambda s: f"{_clock(s)} to {_clock(s)}",
    "seats": lambda s: str(s.number(6, 300)),
    "size": lambda s: s.pick(["XS", "S", "M", "L", "XL", str(s.number(30, 50))]),
}

ATTRIBUTES = {
    heading: Attribute(_VALUES[heading], parts["statements"], parts["questions"], heading)
    for heading, parts in nested("facts").items()
}
"""Every kind of fact, by its heading."""

_HEADINGS = nested("kinds")["kinds"]

KINDS = {
    kind: [ATTRIBUTES[heading] for heading in headings] for kind, headings in _HEADINGS.items()
}
"""The facts that things of a kind may have; one that is listed twice is drawn more often."""


def name(source: Source, kind: str) -> str:
    """An invented name for an entity of this kind."""
    if kind == "person":
        return source.pick(
            [words.person(source), source.pick(words.FIRST_NAMES), words.invented_name(source)]
        )
    if kind == "product":
        thing = source.pick(words.OBJECTS)
        return source.pick(
            [
                f"the {words.invented_name(source)} {thing}",
                f"the {source.pick(words.ADJECTIVES)} {thing}",
                f"the {words.invented_name(source)} {source.number(2, 900)}",
                f"the {source.pick(words.MATERIALS)} {thing}",
                f"the {words.invented_name(source)}",
                f"the {source.pick(words.PLACE_NAMES)} {thing}",
                articles(f"a {source.pick(words.COLOURS)} {thing}"),
            ]
        )
    if kind == "place":
        return source.pick(
            [
                f"the {source.pick(words.NAME_COLOURS)} {source.pick(words.PLACE_NAMES)}",
                f"the {source.pick(words.NAME_COLOURS)} {source.pick(words.PLACE_NAMES)}"
                f" {source.pick(words.PLACE_KINDS)}",
                f"the {words.invented_name(source)} {source.pick(words.PLACE_KINDS)}",
                words.invented_name(source),
                f"{source.pick(words.PLACE_KINDS)} {words.invented_name(source)}".capitalize(),
                f"the {source.pick(words.PLACE_KINDS)} in {source.pick(words.CITIES)}",
                f"the {source.pick(words.STREETS)} Street {source.pick(words.PLACE_KINDS)}",
            ]
        )
    if kind == "office":
        unit = source.pick(
            [
                "travel",
                "tax",
                "passport",
                "parking",
                "training",
                "sales",
                "support",
                "legal",
                "press",
                "finance",
                "building",
                "library",
                "health",
                "payroll",
                "security",
            ]
        )
        return source.pick(
            [
                f"the {unit} office",
                f"the {unit} desk",
                f"the {unit} department",
                f"the {words.invented_name(source)} office",
                f"the {unit} team",
                f"the {unit} office in {source.pick(words.CITIES)}",
            ]
        )
    return source.pick(
        [
            f"project {words.invented_name(source)}",
            f"the {words.invented_name(source)} project",
            f"the {source.pick(words.PLACE_NAMES)} project",
            f"Project {source.pick(words.PLACE_NAMES)}",
        ]
    )


def state(source: Source, entity: str, attribute: Attribute, value: str) -> str:
    """One sentence that states the fact."""
    return articles(capital(source.wording(attribute.statements).format(e=entity, v=value)))


def rows(source: Source, known: list[tuple[Attribute, str]]) -> str:
    """Facts as `heading: value` rows."""
    bullet = source.pick(["", "- ", "* "])
    join = source.pick([": ", ": ", " = ", " | "])
    return "\n".join(
        f"{bullet}{capital(attribute.heading)}{join}{value}" for attribute, value in known
    )


def ask(source: Source, entity: str, attribute: Attribute) -> str:
    """One question for the fact."""
    return source.wording(attribute.questions).format(e=entity)
