"""Customer talk: replies to intents, other wordings of the same wish, and what banking words mean."""

from . import intents
from .document import Document, Source, articles, assistant, capital, system, text, user

REPLIES: dict[str, list[str]] = {
    "not_arrived": ["I am sorry that your {o} has not arrived. It usually takes five working days.", "Please check the address in your profile; we can send another {o}."],
    "lost": ["Please freeze the {o} in the app, then order a new one.", "I am sorry you lost your {o}. We will block it and send a replacement."],
    "stolen": ["Block the {o} at once and tell the police.", "I am sorry that your {o} was stolen. We have blocked it."],
    "broken": ["I am sorry that the {o} is damaged. We will replace it.", "Send us a photo of the broken {o}, and we will repair it."],
    "activate": ["Open the app, choose your {o} and press activate.", "You can activate the {o} with the code in the letter."],
    "delivery_estimate": ["The {o} will be delivered within a week.", "Delivery of the {o} takes three to five working days."],
    "order": ["You can order the {o} in the app.", "Of course. I have ordered a {o} for you."],
    "expired": ["We will send you a new {o} before the old one expires.", "An expired {o} must be renewed. Please apply for a new one."],
    "blocked": ["The {o} was blocked after three wrong tries. You can unblock it in the app.", "I have unlocked your {o}. Please try again."],
    "change": ["You can change the {o} in the settings.", "To change your {o}, please confirm your identity first."],
    "returned": ["You can return the {o} within thirty days.", "Please send the {o} back with the label in the box."],
    "pending": ["The {o} is still being processed. It should go through by tomorrow.", "A pending {o} is normal; the merchant has not confirmed it yet."],
    "declined": ["The {o} was declined because the balance was too low.", "Please check your limit; then try the {o} again."],
    "failed": ["I am sorry that the {o} failed. The money will return to your account.", "Please check the details and repeat the {o}."],
    "fee": ["The fee for a {o} is listed in the price list.", "We charge a small fee for a {o} abroad."],
    "twice": ["I am sorry. One of the two charges for the {o} will be refunded.", "The second {o} is only pending and will disappear."],
    "wrong_amount": ["The difference comes from the exchange rate and the fee.", "Please send the receipt of the {o}, and we will check the amount."],
    "not_recognised": ["If you did not make the {o}, freeze your card at once.", "We will investigate the {o} that you do not recognise."],
    "cancel": ["I have cancelled the {o}.", "You can cancel the {o} as long as it is pending."],
    "limit": ["The daily limit for a {o} is two thousand euros.", "You can raise the limit for a {o} in the settings."],
    "timing": ["A {o} takes one to three working days.", "The {o} should arrive before the weekend."],
    "not_received": ["I am sorry that you have not received the {o}. Please wait one more day.", "We cannot find the {o} yet; please send proof."],
    "rate": ["We use the interbank exchange rate at the time of the {o}.", "The rate for the {o} is shown before you confirm."],
    "supported": ["Yes, a {o} is possible in thirty currencies.", "We support {o} from most countries in Europe."],
    "open": ["You can open a {o} in a few minutes with your passport.", "Everybody over eighteen may open a {o}."],
    "close": ["I am sorry that you want to leave. I have closed your {o}.", "You can close the {o} in the settings."],
    "update": ["You can update your {o} in the profile.", "Thank you. I have changed your {o}."],
    "forgotten": ["You can reset the {o} with the link below.", "Choose forgotten {o} on the login page."],
    "not_working": ["Please restart the {o}. If that does not help, install it again.", "I am sorry that the {o} is down. We are working on it."],
    "price": ["The {o} costs ten euros a month.", "The price of the {o} depends on the day."],
    "verify": ["To verify your {o}, send a photo of your passport.", "We must verify your identity by law."],
    "hacked": ["Change your password at once; we have locked the {o}.", "We will investigate who used your {o}."],
    "information": ["The {o} is described on our website.", "I will gladly explain the {o}."],
    "book": ["I have booked the {o} for you.", "Yes, there is a free {o}. What is your name?"],
    "delayed": ["I am sorry for the delay of the {o}.", "The {o} will be there in twenty minutes."],
    "confirm": ["Yes, your {o} is confirmed.", "I have sent the confirmation of the {o} once more."],
    "complaint": ["I am sorry that you were not happy with the {o}.", "Thank you for telling us. We will speak to the staff."],
    "location": ["The {o} is in the main building, next to the station.", "You will find the {o} on the map in the app."],
}

AGENTS = ["You are a friendly support agent.", "You work for a bank. Help the customer.", "Answer the customer.", "Customer support.", "You are a helpful assistant.", "You are a polite shop assistant."]

BANKING = """A debit card takes money from your account at once, while a credit card lends it to you until the end of the month.
A pending payment is one that the merchant has asked for but not yet collected.
When a card payment is reverted, the money goes back to the account from which it came.
A top-up adds money to your balance from another card or by bank transfer.
If a top-up fails, the money is returned to your card within a few days.
An ATM is a cash machine where you can withdraw banknotes with your card and your PIN.
If the machine swallowed your card, freeze it in the app and order a new one.
The exchange rate says how much of one currency you get for another.
Changing pounds into euros on a weekend may cost a little more, because the markets are closed.
To verify your identity you need a passport or a driving licence and a photo of your face.
A beneficiary is the person who receives a transfer.
A transfer may be declined when the name or the account number of the recipient is wrong.
A direct debit lets a company collect money from your account every month.
A standing order sends the same amount to the same person on a fixed day.
Contactless payment means that you hold the card near the terminal instead of inserting it.
Apple Pay and Google Pay let you pay with your phone or your watch.
A virtual card has a number but no plastic, and you use it only for shopping online.
A disposable card changes its number after every purchase.
Never tell anybody your PIN, not even the bank.
If your PIN is blocked after three wrong attempts, you can unblock it at a cash machine.
A refund is money that a shop gives back when you return what you bought.
A chargeback is a refund that the bank demands from the merchant.
The statement lists every transaction of the month, with the date, the amount and the merchant.
An extra charge of one euro on the statement is often only a check that the card is valid.
Your salary is paid into your account by your employer, usually at the end of the month.
Visa and Mastercard are two networks that carry card payments.
The bank may ask about the source of your funds, because the law demands it.
If your phone was lost or stolen, log out from all devices and change your passcode.
You must be at least eighteen years old to open an account for yourself.
Parents may open an account for their children.
A cheque takes longer to clear than a transfer.
Cash deposits can be made at the counter of a branch.
Auto top-up adds money by itself whenever your balance falls under a limit.
There is a limit to the number of times that you can top up in a month.
A duplicate charge is a payment that appears twice on your statement.
The card is linked to the app with the number on its front.
A compromised card is one whose details somebody else knows.
Physical cards are sent by post, and express delivery costs extra.
You can terminate your account at any time, as long as the balance is zero.
The balance was not updated because the transfer has not been received yet.
Someone made a withdrawal that I do not recognise, so I reported it as fraud.
The wrong exchange rate was applied to my purchase in a foreign country.
I got less cash than I asked for, and the cash machine gave no receipt.
The recipient did not receive the money, although the transfer was completed.
My country is not supported, so I could not get a card there.
I want to edit my personal details since I got married and my name changed.
Why was my money returned when I tried to send it to a friend?
The merchant cancelled the order, but the refund is not showing up in my account.
Is there a fee for getting cash abroad, or is it free of charge?
My top-up was reverted and I do not understand the reason.
Which currencies can I hold, and can I exchange them between each other?
What is the maximum that I can transfer to another account in a day?
I would like to choose my own PIN. Where is this option?
My new card came in the mail today; how do I link it so that I can see it in the app?
How can I track the card that you sent me?
The contactless feature stopped working at the supermarket.""".split("\n")


def _reply(source: Source, intent: str) -> str:
    kind, subject, matter = intents.INTENTS[intent]
    return articles(source.pick(REPLIES[matter]).format(o=intents.SUBJECTS[kind][subject][0]))


def service_chat(source: Source) -> Document:
    """One to three questions of a customer with the replies of an agent."""
    document: Document = [system(source.pick(AGENTS))] if source.chance(0.7) else []
    for _ in range(source.number(1, 3)):
        intent = source.pick_split(list(intents.INTENTS))
        document += [user(intents.message(source, intent)), assistant(_reply(source, intent))]
    return document


def other_words(source: Source) -> Document:
    """The same wish in other words: teaches which wordings mean the same."""
    intent = source.pick_split(list(intents.INTENTS))
    document: Document = [system(source.pick(["Say the same in other words.", "Paraphrase the message.", "Rewrite the customer's message.", "Write another message with the same meaning."]))]
    for _ in range(source.number(1, 2)):
        kind, subject, matter = intents.INTENTS[intent]
        thing = intents.SUBJECTS[kind][subject][0]
        document += [user(intents.message(source, intent)), assistant(capital(articles(source.wording(intents.MATTERS[kind][matter]).format(o=thing))))]
        intent = source.pick_split(list(intents.INTENTS))
    return document


def same_meaning(source: Source) -> Document:
    """Do two messages mean the same? yes or no."""
    document: Document = [system(source.pick(["Do the two messages mean the same? Answer yes or no.", "Same meaning? yes or no", "Answer yes if both customers want the same, otherwise no."]))]
    for _ in range(source.number(1, 3)):
        intent = source.pick_split(list(intents.INTENTS))
        same = source.chance(0.5)
        other = intent if same else source.pick(intents.related(source, intent, 3) or [intent])
        document += [user(f"1. {intents.message(source, intent)}\n2. {intents.message(source, other)}"), assistant("yes" if other == intent else "no")]
    return document


def banking_text(source: Source) -> Document:
    """Sentences about how banking works, in random order."""
    return text(" ".join(source.some(BANKING, source.number(3, 8))))


def mailbox(source: Source) -> Document:
    """Plain text: a list of customers' messages, each under its label."""
    rows = []
    for _ in range(source.number(2, 6)):
        intent = source.pick_split(list(intents.INTENTS))
        rows.append(source.pick(["{l}: {m}", "[{l}] {m}", "{m} ({l})"]).format(l=intent.replace("_", " "), m=intents.message(source, intent)))
    return text("\n".join(rows))
