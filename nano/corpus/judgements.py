"""Closed questions about a message: sentiment, urgency, yes or no, language, kind of sentence, spam, category of a thing."""

from . import intents, topics, words
from .document import Source, articles, capital

GOOD = """great wonderful excellent lovely perfect fantastic amazing delicious friendly helpful brilliant superb pleasant charming
beautiful nice delightful outstanding fast reliable comfortable awesome impressive good enjoyable fun""".split()
BAD = """terrible awful horrible bad disgusting rude broken slow useless boring dirty poor disappointing ugly nasty dreadful
unpleasant annoying cheap noisy unreliable uncomfortable worst lousy faulty sad""".split()
REVIEWED = """film book hotel meal service phone coffee concert room staff teacher game soup website shop car delivery trip
course pizza haircut show food waiter app camera bed show music""".split()
GOOD_TAILS = ["I loved it", "I will come back", "highly recommended", "we had a great time", "I am very happy", "worth every penny",
    "thank you so much", "five stars", "it made my day", "I enjoyed every minute", "we were delighted", "just what I wanted"]
BAD_TAILS = ["I hated it", "never again", "a waste of money", "I want my money back", "I am very unhappy", "avoid it",
    "we were disappointed", "one star", "it ruined my day", "I left early", "it broke after a day", "what a mess"]
REVIEW_FRAMES = ["The {o} was {a}.", "What a {a} {o}!", "{A} {o}, {t}.", "The {o} was {a} and {b}. {T}.", "{T}. The {o} is {a}.",
    "I found the {o} {a}.", "Really {a} {o}, {t}!", "We had a {a} {o} here. {T}.", "My {o} was so {a}, {t}.", "{T}!",
    "The {o} seemed {a} to me and {t}.", "A {a} and {b} {o}.", "It is a {a} {o}. {T}.", "{T}, because the {o} was {a}."]
NEUTRAL = ["The {o} opens at nine.", "I bought the {o} on Tuesday.", "The {o} is next to the station.", "It is a {o}.",
    "They have a {o} in two sizes.", "The {o} comes in blue and grey.", "We used the {o} in March.", "This is the second {o} on the list."]

URGENT = ["The {o} is on fire", "Call an ambulance", "Water is pouring through the ceiling", "We need help right now",
    "Somebody is hurt, come immediately", "The server is down and nobody can work", "This must be fixed within the hour",
    "I smell gas in the kitchen", "Emergency: the {o} exploded", "Answer at once, the deadline is in ten minutes",
    "There is smoke coming from the {o}", "Please hurry, the {o} is leaking", "It is urgent, the child cannot breathe"]
CALM = ["Whenever you have time, look at the {o}", "No hurry, but the {o} could be cleaned", "Some day I would like a new {o}",
    "Just a small question about the {o}", "It can wait until next month", "There is no rush with the {o}", "Have a nice weekend",
    "For your information, the {o} is blue", "Could you send me the brochure some time", "I only wanted to say thank you for the {o}",
    "If you like, we can talk about the {o} next week", "The {o} is fine, I was only curious"]

LANGUAGES = {
    "English": ["where is the station", "I would like a coffee", "the house is very old", "good morning, how are you", "we are going home",
        "the weather is nice today", "this book is mine", "my brother has a dog", "thank you very much", "what time is it"],
    "German": ["wo ist der Bahnhof", "ich möchte einen Kaffee", "das Haus ist sehr alt", "guten Morgen, wie geht es dir", "wir gehen nach Hause",
        "das Wetter ist heute schön", "dieses Buch gehört mir", "mein Bruder hat einen Hund", "vielen Dank", "wie spät ist es"],
    "French": ["où est la gare", "je voudrais un café", "la maison est très vieille", "bonjour, comment allez-vous", "nous rentrons chez nous",
        "il fait beau aujourd'hui", "ce livre est à moi", "mon frère a un chien", "merci beaucoup", "quelle heure est-il"],
    "Spanish": ["dónde está la estación", "quisiera un café", "la casa es muy vieja", "buenos días, cómo estás", "vamos a casa",
        "hoy hace buen tiempo", "este libro es mío", "mi hermano tiene un perro", "muchas gracias", "qué hora es"],
    "Italian": ["dov'è la stazione", "vorrei un caffè", "la casa è molto vecchia", "buongiorno, come stai", "andiamo a casa",
        "oggi il tempo è bello", "questo libro è mio", "mio fratello ha un cane", "grazie mille", "che ore sono"],
    "Dutch": ["waar is het station", "ik wil graag een koffie", "het huis is heel oud", "goedemorgen, hoe gaat het", "wij gaan naar huis",
        "het weer is mooi vandaag", "dit boek is van mij", "mijn broer heeft een hond", "dank je wel", "hoe laat is het"],
}

SPAM = ["You have won {n} dollars, click here", "Buy cheap {o} now, only today", "Congratulations, you are our lucky winner",
    "Make {n} euros a week from home", "Free {o}!!! Click the link", "Claim your prize before midnight", "Limited offer: {n} percent off every {o}",
    "Dear friend, I have {n} million dollars for you", "Lose weight fast with this pill", "Hot singles are waiting for you"]
HAM = ["Can we meet at {n} tomorrow?", "The {o} you asked about is on your desk", "Please find the report attached", "Lunch on Friday?",
    "I'll be {n} minutes late, sorry", "Mum, can you pick me up?", "The meeting has moved to room {n}", "Thanks for the {o}, I like it",
    "Your appointment is on Monday", "Did you feed the cat?"]

CATEGORIES = {
    "animal": words.ANIMALS, "food": words.FOODS, "colour": words.COLOURS, "city": words.CITIES, "job": words.JOBS,
    "material": words.MATERIALS, "thing": words.OBJECTS, "building": words.PLACE_KINDS, "month": words.MONTHS, "weekday": words.WEEKDAYS,
    "name": words.FIRST_NAMES,
}


def review(source: Source, good: bool) -> str:
    """A short review, good or bad."""
    adjectives, tails = (GOOD, GOOD_TAILS) if good else (BAD, BAD_TAILS)
    first, second = source.some(adjectives, 2)
    tail = source.pick(tails)
    written = source.wording(REVIEW_FRAMES).format(o=source.pick(REVIEWED), a=first, b=second, A=capital(first), t=tail, T=capital(tail))
    return articles(written)


def neutral(source: Source) -> str:
    """A sentence about the same things without praise or blame."""
    return source.pick(NEUTRAL).format(o=source.pick(REVIEWED))


def sentiment(source: Source) -> tuple[str, str]:
    """(message, `positive` or `negative`)."""
    good = source.chance(0.5)
    return review(source, good), "positive" if good else "negative"


def sentiment_three(source: Source) -> tuple[str, str]:
    """(message, `positive`, `negative` or `neutral`)."""
    return (neutral(source), "neutral") if source.chance(0.33) else sentiment(source)


def urgency(source: Source) -> tuple[str, str]:
    """(message, `urgent` or `normal`)."""
    urgent = source.chance(0.5)
    return _ended(source, source.pick(URGENT if urgent else CALM).format(o=source.pick(words.OBJECTS))), "urgent" if urgent else "normal"


def language(source: Source) -> tuple[str, str]:
    """(message, its language)."""
    name = source.pick(list(LANGUAGES))
    return _ended(source, capital(" ".join(source.some([capital(s) + "." for s in LANGUAGES[name]], source.number(1, 2)))).rstrip(".")), name


def spam(source: Source) -> tuple[str, str]:
    """(message, `spam` or `ham`)."""
    bad = source.chance(0.5)
    return source.pick(SPAM if bad else HAM).format(n=source.number(2, 90), o=source.pick(words.OBJECTS)), "spam" if bad else "ham"


def kind(source: Source) -> tuple[str, str]:
    """(message, `question`, `statement` or `request`)."""
    thing, name = source.pick(words.OBJECTS), source.pick(words.FIRST_NAMES)
    adjective = source.pick(words.ADJECTIVES)
    which = source.pick(["question", "statement", "request"])
    frames = {
        "question": ["Where is the {o}?", "Is the {o} {a}?", "Who took {n}'s {o}?", "What does the {a} {o} cost?", "Has {n} seen my {o}?"],
        "statement": ["The {o} is {a}.", "{n} has a {a} {o}.", "There was a {o} on the floor.", "{n} sold the {o} last year."],
        "request": ["Please bring me the {o}.", "Give {n} the {a} {o}.", "Close the {o}, please.", "Put the {o} on the table.", "Clean the {o}, {n}."],
    }[which]
    return source.pick(frames).format(o=thing, n=name, a=adjective), which


def category(source: Source) -> tuple[str, str]:
    """(a word, its category)."""
    name = source.pick(list(CATEGORIES))
    return source.pick(CATEGORIES[name]), name


def topic(source: Source) -> tuple[str, str]:
    """(a sentence, its topic), from the topics of this side of the split."""
    name = source.pick_split(list(topics.TOPICS))
    return " ".join(topics.sentence(source, name) for _ in range(source.number(1, 3))), name


def subject(source: Source) -> tuple[str, str]:
    """(a customer's message, one of four kinds of service)."""
    departments = {"item": "shop", "money": "payments", "account": "account", "booking": "travel"}
    intent = source.pick(list(intents.INTENTS))
    return intents.message(source, intent), departments[intents.INTENTS[intent][0]]


def _ended(source: Source, sentence: str) -> str:
    return sentence + source.pick([".", "", "!", "."])
