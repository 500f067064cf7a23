"""Customer intents as a grid: a subject (card, transfer, parcel, booking ...) times a matter (lost, late, fee ...).

A cell is one intent with a label such as `card_not_arrived`. The label's hash keeps one cell in eight out of training,
so that a held-out intent is a new pair of familiar words: what a reader of label sets must be able to use.
"""

from .document import Source, articles, capital

SUBJECTS: dict[str, dict[str, list[str]]] = {
    "item": {
        "card": ["card", "bank card", "debit card", "plastic card"],
        "credit_card": ["credit card"],
        "virtual_card": ["virtual card", "disposable card"],
        "replacement_card": ["replacement card", "new card"],
        "pin": ["PIN", "pin code", "PIN number", "passcode"],
        "parcel": ["parcel", "package", "box"],
        "order": ["order", "purchase", "things I ordered"],
        "passport": ["passport", "travel document"],
        "ticket": ["ticket", "e-ticket"],
        "gift_card": ["gift card", "voucher"],
        "phone": ["phone", "mobile", "cell phone"],
        "laptop": ["laptop", "computer", "notebook"],
        "key": ["key", "door key", "keys"],
        "luggage": ["luggage", "suitcase", "bag"],
        "contract": ["contract", "agreement", "papers"],
    },
    "money": {
        "transfer": ["transfer", "bank transfer", "money transfer", "wire"],
        "card_payment": ["card payment", "payment with my card", "purchase on my card"],
        "cash_withdrawal": ["cash withdrawal", "ATM withdrawal", "withdrawal from the cash machine", "cash I took out"],
        "top_up": ["top-up", "top up", "money I added", "topping up"],
        "refund": ["refund", "money back", "reimbursement"],
        "direct_debit": ["direct debit", "standing order", "automatic payment"],
        "cheque": ["cheque", "check I deposited"],
        "salary": ["salary", "wages", "pay"],
        "deposit": ["deposit", "cash deposit"],
        "loan": ["loan", "credit", "mortgage"],
        "invoice": ["invoice", "bill"],
        "exchange": ["currency exchange", "exchange", "conversion into another currency"],
    },
    "account": {
        "account": ["account", "bank account"],
        "password": ["password", "login password"],
        "app": ["app", "mobile app", "application"],
        "address": ["address", "home address", "postal address"],
        "email": ["email", "email address"],
        "phone_number": ["phone number", "mobile number"],
        "subscription": ["subscription", "membership", "plan"],
        "profile": ["profile", "personal details", "personal data"],
        "insurance": ["insurance", "insurance policy", "cover"],
        "newsletter": ["newsletter", "mailing list"],
        "internet": ["internet", "wifi", "broadband"],
        "electricity": ["electricity", "power", "energy contract"],
    },
    "booking": {
        "flight": ["flight", "plane", "plane ticket"],
        "hotel": ["hotel", "hotel room", "room"],
        "table": ["table", "dinner reservation"],
        "appointment": ["appointment", "visit", "slot"],
        "train": ["train", "train journey", "railway seat"],
        "taxi": ["taxi", "cab", "ride"],
        "car_rental": ["rental car", "hired car", "car rental"],
        "course": ["course", "class", "lesson"],
        "delivery": ["delivery", "shipment"],
        "concert": ["concert", "show", "event"],
    },
}

MATTERS: dict[str, dict[str, list[str]]] = {
    "item": {
        "not_arrived": ["my {o} has not arrived", "I am still waiting for my {o}", "where is my {o}? it never came",
            "the {o} has not been delivered yet", "I ordered it two weeks ago and there is no {o} in the mail",
            "my {o} still isn't here", "when will my {o} finally show up", "I haven't received my {o}"],
        "lost": ["I lost my {o}", "I can't find my {o} anywhere", "my {o} is missing", "I think I left my {o} on the bus",
            "I have misplaced my {o}", "my {o} is gone and I don't know where it is", "what do I do about a lost {o}"],
        "stolen": ["my {o} was stolen", "someone took my {o}", "a thief has my {o}", "my {o} got robbed from my bag",
            "somebody stole my {o} last night", "I want to report the theft of my {o}"],
        "broken": ["my {o} is broken", "the {o} doesn't work", "my {o} stopped working", "the {o} is damaged",
            "there is a crack in my {o}", "my {o} is faulty", "the {o} is defective and useless"],
        "activate": ["how do I activate my {o}", "I need to activate the {o}", "my {o} must be switched on first",
            "what are the steps for activation of my {o}", "I just got my {o}, how can I start using it"],
        "delivery_estimate": ["how long does it take to get my {o}", "when can I expect the {o}",
            "how many days until the {o} is delivered", "what is the delivery time for a {o}",
            "can you tell me the date on which my {o} will come", "do you know when the {o} is due to arrive"],
        "order": ["I would like to order a {o}", "how can I get a {o}", "can I have a {o}, please", "I want to request a {o}",
            "where do I apply for a {o}", "please send me a {o}"],
        "expired": ["my {o} has expired", "the {o} is about to expire", "my {o} is no longer valid", "the {o} runs out soon",
            "the date on my {o} has passed", "my {o} is out of date, how do I renew it"],
        "blocked": ["my {o} is blocked", "please unblock my {o}", "my {o} got locked", "I typed it wrong and now my {o} is locked",
            "the {o} was frozen after too many tries", "how can I unlock my {o}"],
        "change": ["how do I change my {o}", "can I change my {o}", "I want a different {o}", "I would like to swap my {o}",
            "where can I set another {o}", "I need to exchange my {o} for another one"],
        "returned": ["how do I return the {o}", "I want to send the {o} back", "can I give the {o} back",
            "I don't want the {o} any more, how do I return it", "what is your return policy for a {o}"],
    },
    "money": {
        "pending": ["my {o} is still pending", "the {o} has not gone through yet", "why is the {o} still waiting",
            "the {o} shows as pending", "my {o} is stuck in processing", "how long will the {o} be pending",
            "the {o} has been in progress for hours"],
        "declined": ["my {o} was declined", "the {o} got rejected", "why was my {o} refused", "the {o} was not accepted",
            "they turned down my {o}", "my {o} keeps being declined at the shop"],
        "failed": ["my {o} failed", "the {o} did not work", "an error came up with my {o}", "the {o} could not be completed",
            "I tried the {o} three times and it does not work", "something went wrong with my {o}"],
        "fee": ["why was I charged a fee for the {o}", "there is an extra fee on my {o}", "how much does a {o} cost",
            "what are the charges for a {o}", "I paid a fee for the {o}, why", "I see an extra charge on the {o}",
            "is there a cost for the {o}"],
        "twice": ["I was charged twice for the {o}", "the {o} appears two times", "I see the same {o} twice",
            "the {o} is duplicated on my statement", "why is the {o} listed two times", "you took the {o} double"],
        "wrong_amount": ["the amount of the {o} is wrong", "I got the wrong amount from the {o}", "the {o} is for less than it should be",
            "the sum of the {o} is not right", "the {o} was more than I asked for", "I received too little from the {o}"],
        "not_recognised": ["I don't recognise this {o}", "there is a {o} that I did not make", "I never made this {o}",
            "a strange {o} shows up in my account", "who made this {o}? it was not me", "I see a {o} I know nothing about"],
        "cancel": ["please cancel my {o}", "I want to cancel the {o}", "can I stop the {o}", "how do I undo a {o}",
            "I made a mistake, stop the {o} at once", "is it possible to reverse the {o}"],
        "limit": ["what is the limit for a {o}", "how big can a {o} be", "is there a maximum for the {o}",
            "I have reached my limit for the {o}", "how often can I do a {o} in a month", "can you raise the limit of the {o}"],
        "timing": ["how long does a {o} take", "when will the {o} be there", "how many days does the {o} need",
            "when does the {o} reach my account", "how soon is the {o} done", "will the {o} come before the weekend"],
        "not_received": ["the {o} has not been received", "I can't see the {o} in my account", "my balance did not change after the {o}",
            "the {o} never reached me", "the money from the {o} is missing", "where is the {o}? it does not show up"],
        "rate": ["what rate do you use for the {o}", "the exchange rate of the {o} is wrong", "how is the rate for my {o} decided",
            "the rate on the {o} is bad", "which interest rate applies to the {o}"],
        "supported": ["do you support {o} from abroad", "which countries accept the {o}", "which currencies can I use for a {o}",
            "can I make a {o} in dollars", "is a {o} possible with you", "do you accept a {o} in other currencies"],
    },
    "account": {
        "open": ["I want to open a new {o}", "how do I set up an {o}", "can I create a second {o}", "I'd like to start an {o}",
            "who can get an {o} with you", "may my child have an {o}"],
        "close": ["please close my {o}", "I want to delete my {o}", "how do I cancel my {o}", "I'd like to end my {o}",
            "remove my {o} for good", "I'm leaving, terminate the {o}"],
        "update": ["I need to update my {o}", "how can I change my {o}", "my {o} has changed", "I moved, please edit my {o}",
            "where do I correct the {o}", "can I enter a new {o}"],
        "forgotten": ["I forgot my {o}", "I can't remember my {o}", "how do I reset the {o}", "I no longer know my {o}",
            "help me recover my {o}"],
        "not_working": ["the {o} is not working", "my {o} is down", "the {o} keeps crashing", "I have no {o} since yesterday",
            "the {o} shows an error", "I can't get into my {o}"],
        "price": ["how much is the {o}", "what does the {o} cost a month", "the {o} is too expensive", "why did the price of my {o} go up",
            "are there cheaper options for the {o}"],
        "verify": ["how do I verify my {o}", "why must I verify the {o}", "I can't confirm my {o}", "which documents prove my {o}",
            "the identity check for my {o} failed", "you ask me to verify my {o}"],
        "hacked": ["someone hacked my {o}", "I think my {o} has been compromised", "a stranger is using my {o}",
            "there was a login to my {o} that was not me", "my {o} is not safe any more"],
        "information": ["tell me more about the {o}", "what is included in the {o}", "how does the {o} work", "explain the {o} to me",
            "what are the benefits of your {o}", "I have a question about the {o}"],
    },
    "booking": {
        "cancel": ["I want to cancel my {o}", "please cancel the {o}", "we can't come, drop the {o}", "call off my {o}",
            "I no longer need the {o}", "how do I cancel the {o} without paying"],
        "book": ["I'd like to book a {o}", "can I reserve a {o} for Friday", "please arrange a {o} for me", "I need a {o} tomorrow",
            "is there a free {o} next week", "get me a {o} for two people"],
        "change": ["can I move my {o} to another day", "I need to reschedule the {o}", "please change the date of my {o}",
            "is a later {o} possible", "I must shift my {o}", "can we put the {o} off until Monday"],
        "delayed": ["my {o} is delayed", "the {o} is late", "why does the {o} take so long", "we have been waiting for the {o} for an hour",
            "the {o} did not come on time", "how long is the delay of my {o}"],
        "confirm": ["is my {o} confirmed", "I got no confirmation for the {o}", "can you confirm my {o}", "please check that my {o} is booked",
            "did you receive the request for my {o}"],
        "price": ["how much is the {o}", "what does a {o} cost", "what is the price of the {o}", "is there a discount for the {o}",
            "the {o} seems expensive, what do you charge"],
        "complaint": ["the {o} was terrible", "I want to complain about the {o}", "I am not happy with the {o}", "the {o} was a disappointment",
            "the staff at the {o} were rude", "never again such a {o}"],
        "location": ["where is the {o}", "how do I get to the {o}", "what is the address of the {o}", "at which place does the {o} start",
            "I can't find the place for my {o}"],
    },
}

OPENERS = ["", "", "", "", "", "hi, ", "hello, ", "hey, ", "please help: ", "good morning, ", "sorry, but ", "um, ", "ok so ",
    "I need help, ", "quick question: ", "excuse me, ", "so ", "dear team, ", "help! "]
CLOSERS = ["", "", "", "", "", "", " thanks", " please", ", can you help?", ", what should I do?", " as soon as possible",
    ", what is going on?", " and I am worried", ". thank you", ", please advise", " today", ", any idea why?", " again"]
DETAILS = ["", "", "", "", " since Monday", " for two days", " this morning", " yesterday", " from last week", " when I was abroad",
    " while on holiday", " on the website", " in the app", " at the shop", " for my wife", " for my son"]

INTENTS: dict[str, tuple[str, str, str]] = {
    f"{subject}_{matter}": (kind, subject, matter)
    for kind, subjects in SUBJECTS.items()
    for subject in subjects
    for matter in MATTERS[kind]
}


def message(source: Source, intent: str) -> str:
    """One way in which a customer may say it."""
    kind, subject, matter = INTENTS[intent]
    wording = source.wording(MATTERS[kind][matter])
    core = articles(wording.format(o=source.pick(SUBJECTS[kind][subject])))
    opener = source.pick(OPENERS)
    sentence = opener + core + source.pick(DETAILS) + source.pick(CLOSERS)
    if source.chance(0.7):
        sentence = capital(sentence)
    if source.chance(0.5) and sentence[-1].isalpha():
        sentence += "?" if core.startswith(("how", "why", "what", "when", "where", "is", "can", "do", "who", "which")) else "."
    return sentence


def related(source: Source, intent: str, count: int) -> list[str]:
    """`count` other intents, some of which share the subject or the matter with this one.

    In training none of them is held out; in scoring they come from both sides.
    """
    _, subject, matter = INTENTS[intent]
    pool = list(INTENTS) if source.held_out else source.side(list(INTENTS))
    near = [name for name in pool if name != intent and (INTENTS[name][1] == subject or INTENTS[name][2] == matter)]
    chosen = source.some(near, min(count, round(count * source.rng.random())))
    far = [name for name in source.some(pool, count + len(chosen) + 1) if name != intent and name not in chosen]
    return (chosen + far)[:count]
