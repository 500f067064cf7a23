"""Plain English: stories, descriptions, how things work, and short talk."""

from . import facts, topics, words
from .document import Document, Source, articles, assistant, capital, system, text, user

OPENINGS = ["One {time} {name} went to the {place}.", "{name} lived in a {a} house near {city}.", "There was once a {a} {animal} called {name}.", "It was a {a} {time} in {month}.",
    "{name} and {other} had been friends for many years.", "Early in the {time} {name} woke up.", "Long ago a {job} named {name} lived in {city}.", "On {day} {name} had nothing to do.",
    "Every {day} {name} walked to the {place}.", "The {a} {place} in {street} Street was {b} that {time}."]
MIDDLES = ["{name} saw a {a} {thing} on the table.", "{name} wanted to buy a {thing}, but it was too {b}.", "\"Where is my {thing}?\" asked {name}.", "\"I don't know,\" said {other}.",
    "{other} gave {name} a {a} {thing}.", "They looked for the {thing} under the bed, behind the door and in the garden.", "A {animal} ran across the road.", "{name} was {a} and {b}.",
    "The {animal} ate the {food} and fell asleep.", "{name} opened the {thing} with a {a} key.", "It began to rain, so they waited in the {place}.", "{other} laughed, because the {animal} was {b}.",
    "Nobody knew where the {thing} came from.", "{name} cooked {food} with {second} for everybody.", "The {job} told {name} a story about a {a} {animal}.", "\"You should talk to the {job},\" said {other}.",
    "{name} put the {thing} into a bag and walked home.", "After an hour they found the {a} {thing}.", "The {thing} was made of {material} and very {b}.", "{name} forgot the {thing} at the {place}.",
    "{other} came by train from {city}.", "They ate {food} and drank {second}.", "\"Thank you, this is a {a} {thing},\" said {name}.", "{name} tried again and again until it worked.",
    "{other} did not believe a word of it.", "Then the {job} closed the {place}.", "{name} counted the money: {number} coins.", "\"Can I help you?\" asked the {job}.", "{name} fixed the {thing} before dinner.",
    "If the {animal} had not been so {a}, nobody would have noticed.", "While {other} slept, {name} cleaned the {place}.", "He had never seen such a {a} {animal}.", "She had always wanted a {a} {thing}."]
ENDINGS = ["In the end everybody went home.", "From that day on {name} never forgot the {thing}.", "{name} smiled and closed the door.", "And so the {animal} found a new home.", "That {time} {name} slept very well.",
    "They are still friends today.", "\"Tomorrow we will try again,\" said {other}.", "{name} learned to be more careful.", "It was the best day of the year."]

EXPLANATIONS = """Water boils at a hundred degrees and freezes at zero. When it boils, it turns into steam; when it freezes, it turns into ice.
A bicycle stays upright because it moves. The rider pushes the pedals, the chain turns the wheel, and the brakes stop it.
Bread is made from flour, water, salt and yeast. The dough must rest until it has doubled, then it goes into a hot oven.
The sun rises in the east and sets in the west. In summer the days are long, in winter they are short.
A library lends books. You show your card, take the book home, and bring it back within four weeks.
A letter needs an address and a stamp. The post office sorts the letters, and the postman brings them to the door.
A compass points to the north, because the earth is a large magnet.
Plants need light, water and air. Their roots drink the water, and their leaves catch the light.
The heart pumps blood through the body. When we run it beats faster, because the muscles need more oxygen.
A lock opens only when the right key lifts all its pins.
Rain falls when the drops in a cloud become too heavy. After the rain the sun may paint a rainbow.
A computer follows a list of instructions, one after the other, very fast. Such a list is called a program.
To cook rice, wash it, add twice as much water, bring it to the boil and wait until the water is gone.
A contract is a promise that two parties write down and sign. Whoever breaks it may have to pay.
An airline sells tickets for flights. You check in your luggage, pass the security control and wait at the gate.
The dentist looks at your teeth twice a year. If there is a hole, it must be filled before it hurts.
In an office people write emails, hold meetings and make plans. The manager decides what is done first.
When you buy something online, you choose the article, enter your address and pay by card. The parcel comes a few days later.
If an article is faulty, the customer may return it and get the money back.
Insurance means that many people pay a little, so that the few who have an accident do not pay everything.
A thermometer measures how warm it is. Somebody with more than thirty-eight degrees has a fever.
Glass is made of sand. The sand is melted in a very hot furnace, and then blown or poured.
Bees collect nectar from flowers and turn it into honey. Without bees there would be little fruit.
A bank keeps money safe, lends it to others and takes interest for it.
To change a light bulb, switch off the power, let the bulb cool, turn it to the left, and put in a new one.
A good complaint is short and polite: say what happened, when it happened, and what you would like.
A map shows roads, rivers and towns from above. The scale tells how far apart they are.
The tide rises and falls twice a day, because the moon pulls at the sea.
Paper is made from wood. The wood is ground, mixed with water, pressed and dried.
A train timetable lists when each train leaves and when it arrives. If a train is late, passengers may miss the next one.""".split("\n")

GREETINGS = [("Hello!", "Hello! How can I help you?"), ("Hi", "Hi! What can I do for you?"), ("Good morning", "Good morning! How can I help?"), ("How are you?", "I am fine, thank you. And you?"),
    ("Who are you?", "I am whet-nano, a very small language model."), ("What can you do?", "I can sort messages, copy words and answer from a text that you give me."), ("Thank you!", "You are welcome."),
    ("Thanks", "You are welcome."), ("Bye", "Goodbye!"), ("Good night", "Good night, sleep well."), ("What is your name?", "My name is whet-nano."), ("Are you a person?", "No, I am a small language model."),
    ("Can you help me?", "Yes, gladly. What is it about?"), ("I am sad", "I am sorry to hear that. Do you want to talk about it?"), ("I am happy today", "That is good to hear!")]


def _slots(source: Source) -> dict[str, str]:
    first, second = source.some(words.ADJECTIVES, 2)
    food, other_food = source.some(words.FOODS, 2)
    name, other = source.some(words.FIRST_NAMES, 2)
    return {"a": first, "b": second, "name": name, "other": other, "place": source.pick(words.PLACE_KINDS), "thing": source.pick(words.OBJECTS), "animal": source.pick(words.ANIMALS),
        "food": food, "second": other_food, "job": source.pick(words.JOBS), "city": source.pick(words.CITIES), "month": source.pick(words.MONTHS), "day": source.pick(words.WEEKDAYS),
        "street": source.pick(words.STREETS), "material": source.pick(words.MATERIALS), "time": source.pick(["morning", "evening", "afternoon", "night", "day"]), "number": str(source.number(2, 99))}


def story(source: Source) -> Document:
    """A short story whose people and things stay the same."""
    slots = _slots(source)
    middles = source.some(MIDDLES, source.number(3, 9))
    # Adjectives change from sentence to sentence; who and what do not.
    told = [frame.format(**{**slots, "a": source.pick(words.ADJECTIVES), "b": source.pick(words.ADJECTIVES)}) for frame in [source.pick(OPENINGS), *middles, source.pick(ENDINGS)]]
    return text(articles(" ".join(told)))


def essay(source: Source) -> Document:
    """A paragraph on one topic, or two."""
    names = source.some(list(topics.TOPICS), source.number(1, 2))
    parts = [f"{capital(name)}. {topics.paragraph(source, name, source.number(3, 7))}" if source.chance(0.5) else topics.paragraph(source, name, source.number(3, 7)) for name in names]
    return text("\n".join(parts))


def explanation(source: Source) -> Document:
    """How things work."""
    return text(" ".join(source.some(EXPLANATIONS, source.number(2, 5))))


def catalogue(source: Source) -> Document:
    """Plain text in which invented places and products are described."""
    lines = []
    for _ in range(source.number(2, 5)):
        kind = source.pick(list(facts.KINDS))
        entity = facts.name(source, kind)
        lines.append(" ".join(facts.state(source, entity, attribute, attribute.value(source)) for attribute in source.some(facts.KINDS[kind], source.number(2, 5))))
    return text("\n".join(lines))


def small_talk(source: Source) -> Document:
    """Greetings and a few words about a topic."""
    document: Document = [system(source.pick(["You are a helpful assistant.", "You are a friendly assistant.", "Be polite.", "You are whet-nano."]))] if source.chance(0.5) else []
    for _ in range(source.number(1, 3)):
        if source.chance(0.6):
            question, answer = source.pick(GREETINGS)
        else:
            name = source.pick(list(topics.TOPICS))
            question = source.pick(["Tell me something about {t}.", "Say something about {t}.", "Write a sentence about {t}.", "What do you know about {t}?"]).format(t=name)
            answer = topics.sentence(source, name)
        document += [user(question), assistant(answer)]
    return document


def dialogue(source: Source) -> Document:
    """Plain text: two people talk about a topic."""
    first, second = source.some(words.FIRST_NAMES, 2)
    name = source.pick(list(topics.TOPICS))
    return text("\n".join(f"{first if i % 2 == 0 else second}: {topics.sentence(source, name)}" for i in range(source.number(3, 8))))
