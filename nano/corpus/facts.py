"""Small invented worlds: things with names, their facts, and many ways to state a fact and to ask for it."""

from collections.abc import Callable
from dataclasses import dataclass

from . import words
from .document import Source, articles, capital


@dataclass(frozen=True)
class Attribute:
    """A kind of fact: how to draw its value, how documents state it, how people ask. `{e}` entity, `{v}` value."""

    value: Callable[[Source], str]
    statements: list[str]
    questions: list[str]
    heading: str
    """Its name in a table or in a list of facts."""


def _price(s: Source) -> str:
    amount = s.pick([str(s.number(1, 99)), str(s.number(1, 99)), str(s.number(100, 2500)), f"{s.number(1, 60)}.{s.pick(['50', '90', '99', '20', '95'])}"])
    return amount + " " + s.pick(["euros", "euros", "dollars", "pounds", "crowns", "francs"])


def _clock(s: Source) -> str:
    return s.pick([f"{s.number(1, 12)} {s.pick(['am', 'pm'])}", f"{s.number(6, 22)}:{s.pick(['00', '15', '30', '45'])}", f"{s.pick(words.NUMBER_WORDS)} o'clock"])


def _date(s: Source) -> str:
    return s.pick([f"{s.number(1, 28)} {s.pick(words.MONTHS)}", f"{s.pick(words.MONTHS)} {s.number(1, 28)}"])


def _street(s: Source) -> str:
    name = s.pick(words.STREETS) if s.chance(0.7) else words.invented_name(s)
    return f"{s.number(1, 180)} {name} {s.pick(['Street', 'Road', 'Lane', 'Square', 'Avenue'])}"


def _phone(s: Source) -> str:
    return "-".join(str(s.number(100, 999)) for _ in range(2))


def _days(s: Source) -> str:
    return f"{s.pick([str(s.number(2, 60)), s.pick(words.NUMBER_WORDS[1:])])} {s.pick(['days', 'weeks', 'hours', 'months', 'years', 'minutes'])}"


def _city(s: Source) -> str:
    return s.pick(words.CITIES) if s.chance(0.6) else words.invented_name(s)


def _measure(low: int, high: int, units: list[str]) -> Callable[[Source], str]:
    return lambda s: f"{s.number(low, high)} {s.pick(units)}"


PRICE = Attribute(_price, ["{e} costs {v}.", "The price of {e} is {v}.", "You can buy {e} for {v}.", "{e} is sold for {v}.", "We sell {e} at {v}.",
    "{e}: {v}.", "Price of {e}: {v}.", "{e} is priced at {v}.", "Customers pay {v} for {e}.", "At the moment {e} costs {v}."],
    ["How much is {e}?", "What does {e} cost?", "What is the price of {e}?", "How much does {e} cost?", "How much do I pay for {e}?", "Price of {e}?",
     "For how much is {e} sold?", "Can you tell me the price of {e}?"], "price")
COLOUR = Attribute(lambda s: s.pick(words.COLOURS), ["{e} is {v}.", "The colour of {e} is {v}.", "{e} comes in {v}.", "{e} was painted {v}.",
    "{e} has a {v} finish.", "You will recognise {e} by its {v} colour."],
    ["What colour is {e}?", "What is the colour of {e}?", "Which colour does {e} have?", "In which colour does {e} come?"], "colour")
MATERIAL = Attribute(lambda s: s.pick(words.MATERIALS), ["{e} is made of {v}.", "{e} is built from {v}.", "The material of {e} is {v}.", "We make {e} out of {v}."],
    ["What is {e} made of?", "What material is {e} made of?", "Which material is used for {e}?", "From what is {e} made?"], "material")
WEIGHT = Attribute(_measure(1, 900, ["kg", "grams", "kilos", "pounds"]), ["{e} weighs {v}.", "The weight of {e} is {v}.", "{e} has a weight of {v}."],
    ["How much does {e} weigh?", "What is the weight of {e}?", "How heavy is {e}?"], "weight")
LENGTH = Attribute(_measure(2, 400, ["cm", "metres", "inches", "mm"]), ["{e} is {v} long.", "The length of {e} is {v}.", "{e} measures {v}."],
    ["How long is {e}?", "What is the length of {e}?", "What does {e} measure?"], "length")
WARRANTY = Attribute(_days, ["{e} has a warranty of {v}.", "The warranty on {e} lasts {v}.", "There is a guarantee of {v} on {e}.", "{e} comes with {v} of warranty."],
    ["How long is the warranty on {e}?", "What warranty does {e} have?", "How long does the guarantee of {e} last?"], "warranty")
STOCK = Attribute(lambda s: str(s.number(2, 400)), ["There are {v} pieces of {e} in stock.", "We have {v} of {e} in stock.", "{v} units of {e} are left."],
    ["How many of {e} are in stock?", "How many pieces of {e} are left?", "How many units of {e} do you have?"], "in stock")
MAKER = Attribute(words.person, ["{e} was designed by {v}.", "The designer of {e} is {v}.", "{v} designed {e}."],
    ["Who designed {e}?", "Who is the designer of {e}?", "By whom was {e} designed?"], "designer")
DELIVERY = Attribute(_days, ["Delivery of {e} takes {v}.", "{e} is delivered within {v}.", "It takes {v} to deliver {e}."],
    ["How long does delivery of {e} take?", "How long does it take to deliver {e}?", "When is {e} delivered?"], "delivery time")
PLACE = Attribute(_city, ["{e} is in {v}.", "{e} is located in {v}.", "You will find {e} in {v}.", "{e} lies in {v}.", "The home of {e} is {v}.", "{e} can be found in {v}."],
    ["Where is {e}?", "In which city is {e}?", "Where is {e} located?", "Where can I find {e}?", "In what town is {e}?"], "city")
ADDRESS = Attribute(_street, ["The address of {e} is {v}.", "{e} is at {v}.", "Visit {e} at {v}.", "You will find {e} at {v}."],
    ["What is the address of {e}?", "At which address is {e}?", "What address does {e} have?"], "address")
OPENS = Attribute(_clock, ["{e} opens at {v}.", "The doors of {e} open at {v}.", "{e} is open from {v}.", "Opening time of {e}: {v}.", "{e} starts its day at {v}."],
    ["When does {e} open?", "At what time does {e} open?", "What is the opening time of {e}?", "What time does {e} open?", "From when is {e} open?"], "opens at")
CLOSES = Attribute(_clock, ["{e} closes at {v}.", "{e} shuts at {v}.", "The doors of {e} close at {v}.", "{e} is open until {v}."],
    ["When does {e} close?", "At what time does {e} close?", "Until when is {e} open?", "What is the closing time of {e}?", "What time does {e} shut?"], "closes at")
DAY_OFF = Attribute(lambda s: s.pick(words.WEEKDAYS), ["{e} is closed on {v}.", "On {v} {e} stays shut.", "{e} does not open on {v}."],
    ["On which day is {e} closed?", "When is {e} closed?", "Which day does {e} stay shut?"], "closed on")
OWNER = Attribute(words.person, ["{e} belongs to {v}.", "The owner of {e} is {v}.", "{v} owns {e}.", "{e} is owned by {v}."],
    ["Who owns {e}?", "Who is the owner of {e}?", "To whom does {e} belong?"], "owner")
MANAGER = Attribute(words.person, ["{e} is run by {v}.", "The manager of {e} is {v}.", "{v} manages {e}.", "{v} is in charge of {e}."],
    ["Who runs {e}?", "Who is the manager of {e}?", "Who manages {e}?", "Who is in charge of {e}?"], "manager")
PHONE = Attribute(_phone, ["The phone number of {e} is {v}.", "Call {e} on {v}.", "{e} can be reached at {v}.", "Phone {e}: {v}."],
    ["What is the phone number of {e}?", "How can I call {e}?", "At which number can {e} be reached?", "What number do I call for {e}?"], "phone")
FOUNDED = Attribute(lambda s: str(s.number(1750, 2024)), ["{e} was founded in {v}.", "{e} opened its doors in {v}.", "{e} has existed since {v}.", "The year in which {e} began was {v}."],
    ["When was {e} founded?", "In which year was {e} founded?", "Since when has {e} existed?", "In what year did {e} begin?"], "founded")
SPECIALITY = Attribute(lambda s: f"{s.pick(words.ADJECTIVES)} {s.pick(words.FOODS)}", ["{e} is famous for its {v}.", "The speciality of {e} is {v}.", "People go to {e} for the {v}."],
    ["What is {e} famous for?", "What is the speciality of {e}?", "What do people go to {e} for?"], "speciality")
STAFF = Attribute(lambda s: str(s.number(2, 600)), ["{e} employs {v} people.", "{v} people work at {e}.", "{e} has {v} employees."],
    ["How many people work at {e}?", "How many employees does {e} have?", "How many people does {e} employ?"], "employees")
FLOOR = Attribute(lambda s: s.pick(["ground", "first", "second", "third", "fourth", "fifth", "sixth", "top"]) + " floor", ["{e} is on the {v}.", "You reach {e} on the {v}.", "Go to the {v} for {e}."],
    ["On which floor is {e}?", "Which floor is {e} on?", "What floor is {e} on?"], "floor")
ROOM = Attribute(lambda s: f"room {s.number(1, 480)}", ["{e} is in {v}.", "{e} sits in {v}.", "You will find {e} in {v}."],
    ["In which room is {e}?", "Which room is {e} in?", "What room does {e} sit in?"], "room")
FEE = Attribute(_price, ["The fee for {e} is {v}.", "{e} charges {v}.", "A visit to {e} costs {v}."],
    ["What is the fee for {e}?", "How much does {e} charge?", "What does a visit to {e} cost?"], "fee")
PASSWORD = Attribute(words.invented, ["The code word of {e} is {v}.", "{e} uses the code word {v}.", "Say {v} to enter {e}."],
    ["What is the code word of {e}?", "Which code word does {e} use?", "What must I say to enter {e}?"], "code word")
JOB = Attribute(lambda s: s.pick(words.JOBS), ["{e} works as a {v}.", "{e} is a {v}.", "The job of {e} is {v}.", "{e} earns a living as a {v}."],
    ["What is the job of {e}?", "What does {e} do for a living?", "What does {e} work as?", "Which job does {e} have?"], "job")
HOME = Attribute(_city, ["{e} lives in {v}.", "{e} has a house in {v}.", "The home town of {e} is {v}.", "{e} moved to {v}."],
    ["Where does {e} live?", "In which city does {e} live?", "What is the home town of {e}?"], "home town")
PET = Attribute(lambda s: s.pick(words.ANIMALS), ["{e} has a {v}.", "{e} keeps a {v}.", "The pet of {e} is a {v}."],
    ["Which pet does {e} have?", "What animal does {e} keep?", "What is the pet of {e}?"], "pet")
LIKES = Attribute(lambda s: s.pick(words.FOODS), ["{e} likes {v}.", "The favourite food of {e} is {v}.", "{e} loves to eat {v}."],
    ["What does {e} like to eat?", "What is the favourite food of {e}?", "Which food does {e} like?"], "favourite food")
AGE = Attribute(lambda s: str(s.number(4, 99)), ["{e} is {v} years old.", "The age of {e} is {v}.", "{e} turned {v} this year."],
    ["How old is {e}?", "What is the age of {e}?"], "age")
BIRTHDAY = Attribute(_date, ["{e} was born on {v}.", "The birthday of {e} is on {v}.", "{e} celebrates on {v}."],
    ["When is the birthday of {e}?", "When was {e} born?", "On which day was {e} born?"], "birthday")
EMPLOYER = Attribute(lambda s: words.invented_name(s), ["{e} works for {v}.", "The employer of {e} is {v}.", "{e} has a job at {v}."],
    ["For whom does {e} work?", "Who is the employer of {e}?", "Where does {e} work?"], "employer")
DEADLINE = Attribute(_date, ["The deadline for {e} is {v}.", "{e} must be finished by {v}.", "{e} ends on {v}."],
    ["What is the deadline for {e}?", "When does {e} end?", "By when must {e} be finished?"], "deadline")
STARTS = Attribute(_date, ["{e} begins on {v}.", "The start of {e} is on {v}.", "{e} starts on {v}."],
    ["When does {e} begin?", "When does {e} start?", "On what date does {e} start?"], "start")
BUDGET = Attribute(_price, ["The budget of {e} is {v}.", "{e} has a budget of {v}.", "{v} have been set aside for {e}."],
    ["What is the budget of {e}?", "How big is the budget of {e}?", "How much has been set aside for {e}?"], "budget")

KINDS: dict[str, list[Attribute]] = {
    "product": [PRICE, PRICE, COLOUR, MATERIAL, WEIGHT, LENGTH, WARRANTY, STOCK, MAKER, DELIVERY],
    "place": [PLACE, ADDRESS, OPENS, OPENS, CLOSES, DAY_OFF, OWNER, MANAGER, PHONE, FOUNDED, SPECIALITY, STAFF, FEE, COLOUR],
    "office": [FLOOR, ROOM, MANAGER, OPENS, CLOSES, PHONE, FEE, PASSWORD, STAFF, DAY_OFF],
    "person": [JOB, HOME, PET, LIKES, AGE, BIRTHDAY, EMPLOYER, ROOM, PHONE],
    "project": [DEADLINE, STARTS, BUDGET, MANAGER, STAFF, PASSWORD, PLACE],
}


def name(source: Source, kind: str) -> str:
    """An invented name for an entity of this kind."""
    if kind == "person":
        return source.pick([words.person(source), source.pick(words.FIRST_NAMES), words.invented_name(source)])
    if kind == "product":
        thing = source.pick(words.OBJECTS)
        return source.pick([f"the {words.invented_name(source)} {thing}", f"the {source.pick(words.ADJECTIVES)} {thing}", f"the {words.invented_name(source)} {source.number(2, 900)}",
            f"the {source.pick(words.MATERIALS)} {thing}", f"the {words.invented_name(source)}", f"the {source.pick(words.PLACE_NAMES)} {thing}", articles(f"a {source.pick(words.COLOURS)} {thing}")])
    if kind == "place":
        return source.pick([f"the {source.pick(words.NAME_COLOURS)} {source.pick(words.PLACE_NAMES)}", f"the {source.pick(words.NAME_COLOURS)} {source.pick(words.PLACE_NAMES)} {source.pick(words.PLACE_KINDS)}",
            f"the {words.invented_name(source)} {source.pick(words.PLACE_KINDS)}", words.invented_name(source), f"{source.pick(words.PLACE_KINDS)} {words.invented_name(source)}".capitalize(),
            f"the {source.pick(words.PLACE_KINDS)} in {source.pick(words.CITIES)}", f"the {source.pick(words.STREETS)} Street {source.pick(words.PLACE_KINDS)}"])
    if kind == "office":
        unit = source.pick(["travel", "tax", "passport", "parking", "training", "sales", "support", "legal", "press", "finance", "building", "library", "health", "payroll", "security"])
        return source.pick([f"the {unit} office", f"the {unit} desk", f"the {unit} department", f"the {words.invented_name(source)} office", f"the {unit} team", f"the {unit} office in {source.pick(words.CITIES)}"])
    return source.pick([f"project {words.invented_name(source)}", f"the {words.invented_name(source)} project", f"the {source.pick(words.PLACE_NAMES)} project", f"Project {source.pick(words.PLACE_NAMES)}"])


def state(source: Source, entity: str, attribute: Attribute, value: str) -> str:
    """One sentence that states the fact."""
    return articles(capital(source.wording(attribute.statements).format(e=entity, v=value)))


def rows(source: Source, known: list[tuple[Attribute, str]]) -> str:
    """Facts as `heading: value` rows."""
    bullet = source.pick(["", "- ", "* "])
    join = source.pick([": ", ": ", " = ", " | "])
    return "\n".join(f"{bullet}{capital(attribute.heading)}{join}{value}" for attribute, value in known)


def ask(source: Source, entity: str, attribute: Attribute) -> str:
    """One question for the fact."""
    return source.wording(attribute.questions).format(e=entity)
