"""Topics of everyday life: for each a label, other names for it, its nouns, and what people do there.

They feed three things: topic classification, prose, and small talk. A held-out topic never occurs as a label in
training, though its words do occur in prose.
"""

from .document import Source, articles, capital

TOPICS: dict[str, tuple[list[str], list[str], list[str]]] = {
    "sport": (["sports"], "match team goal player coach ball league race stadium referee medal tournament runner score".split(),
        ["won the match", "scored a goal", "trained for the race", "lost the final", "joined the team", "ran ten miles", "kicked the ball"]),
    "food": (["cooking", "recipes"], "soup recipe oven dinner sauce kitchen bread spice meal breakfast flour pan dish taste".split(),
        ["cooked dinner", "baked bread", "stirred the soup", "cut the onions", "tasted the sauce", "set the table", "fried an egg"]),
    "weather": (["forecast"], "rain snow wind storm cloud sun temperature fog thunder frost heat sky degree umbrella".split(),
        ["looked at the sky", "waited for the rain to stop", "felt the cold wind", "saw dark clouds", "heard thunder"]),
    "music": (["songs"], "song guitar concert singer band piano melody drum album violin choir rhythm tune orchestra".split(),
        ["played the guitar", "sang a song", "wrote a melody", "went to a concert", "listened to the band", "practised the piano"]),
    "health": (["medicine"], "doctor hospital fever medicine pain nurse patient cough headache treatment disease clinic pill blood".split(),
        ["saw the doctor", "had a fever", "took the medicine", "lay in hospital", "got a vaccine", "had a bad cough", "hurt her back"]),
    "travel": (["tourism", "holidays"], "flight hotel suitcase passport beach tourist airport train trip island ticket map guide luggage".split(),
        ["flew to the island", "packed a suitcase", "booked a hotel", "visited the old town", "missed the train", "showed the passport"]),
    "money": (["finance", "banking"], "bank loan interest account price tax budget salary debt coin payment savings share market".split(),
        ["paid the bill", "saved some money", "took out a loan", "opened an account", "checked the balance", "sold the shares"]),
    "technology": (["computers", "tech"], "computer software screen internet robot program phone data keyboard password website server code chip".split(),
        ["fixed the computer", "wrote a program", "updated the software", "lost the password", "built a website", "charged the phone"]),
    "school": (["education"], "teacher pupil lesson exam homework class student book classroom grade university maths pen lecture".split(),
        ["did the homework", "passed the exam", "taught a class", "read the textbook", "learned to write", "failed the test"]),
    "animals": (["pets", "wildlife"], "dog cat horse bird rabbit fish tiger elephant puppy farm zoo fur tail nest".split(),
        ["fed the cat", "walked the dog", "rode the horse", "watched the birds", "milked the cow", "saw a tiger at the zoo"]),
    "garden": (["gardening", "plants"], "flower tree seed soil rose lawn leaf root grass spade vegetable pot hedge weed".split(),
        ["watered the flowers", "planted a tree", "cut the grass", "dug the soil", "pulled out the weeds", "picked the roses"]),
    "politics": (["government"], "president vote election minister law parliament party government mayor campaign senator policy citizen debate".split(),
        ["won the election", "voted for the law", "gave a speech", "met the minister", "signed the treaty", "left the party"]),
    "science": (["research"], "experiment atom planet theory laboratory energy cell gravity chemistry physics scientist microscope star molecule".split(),
        ["did an experiment", "measured the energy", "discovered a planet", "looked through the microscope", "tested a theory"]),
    "art": (["painting"], "painting museum artist brush gallery sculpture colour canvas portrait drawing exhibition sketch frame painter".split(),
        ["painted a portrait", "drew a sketch", "visited the gallery", "mixed the colours", "hung up the picture"]),
    "cars": (["driving", "vehicles"], "car engine wheel brake road tyre driver traffic petrol motor garage truck speed steering".split(),
        ["drove the car", "changed the tyre", "filled up the petrol", "stopped at the traffic light", "repaired the engine"]),
    "clothes": (["fashion"], "dress shirt shoe jacket skirt coat trousers hat button fabric sleeve sweater tailor sock".split(),
        ["wore a new dress", "bought a coat", "sewed on a button", "tried on the shoes", "washed the shirt", "ironed the trousers"]),
    "house": (["home", "housing"], "roof kitchen window door rent wall bedroom apartment landlord floor ceiling stairs bathroom furniture".split(),
        ["painted the wall", "rented a flat", "cleaned the windows", "moved into the house", "fixed the roof", "locked the door"]),
    "work": (["jobs", "office"], "office boss meeting colleague contract career interview manager desk deadline project employee salary team".split(),
        ["had a meeting", "met the deadline", "talked to the boss", "applied for the job", "wrote the report", "left the office"]),
    "history": (["past"], "king war castle empire century queen battle knight tomb soldier ruin sword pyramid ancestor".split(),
        ["won the battle", "built a castle", "ruled the empire", "found an ancient tomb", "fought in the war"]),
    "film": (["movies", "cinema"], "film actor cinema director scene movie camera screen trailer actress script premiere popcorn studio".split(),
        ["watched a film", "filmed a scene", "went to the cinema", "played the main role", "wrote the script"]),
    "crime": (["police"], "thief police robbery judge prison court lawyer detective murder evidence fraud burglar trial jail".split(),
        ["caught the thief", "robbed a bank", "called the police", "went to prison", "found the evidence", "stood before the judge"]),
    "sea": (["ocean", "sailing"], "ship wave harbour sailor boat anchor captain fish storm coast sail lighthouse deck tide".split(),
        ["sailed the ship", "caught a big fish", "dropped the anchor", "swam in the waves", "saw the lighthouse"]),
    "family": (["relatives"], "mother father sister brother grandmother son daughter baby uncle aunt cousin wedding wife husband".split(),
        ["visited grandmother", "had a baby", "got married", "called her mother", "played with his brother", "hugged the children"]),
    "books": (["literature", "reading"], "novel author poem library chapter page writer story poet publisher reader fiction cover tale".split(),
        ["read a novel", "wrote a poem", "borrowed a book", "turned the page", "finished the last chapter"]),
    "space": (["astronomy"], "rocket moon astronaut planet star orbit telescope galaxy satellite comet mars spaceship launch sky".split(),
        ["flew to the moon", "launched a rocket", "saw a comet", "orbited the earth", "looked through the telescope"]),
    "games": (["toys", "gaming"], "chess puzzle dice card board toy player doll video level joystick domino winner rule".split(),
        ["played chess", "solved the puzzle", "threw the dice", "reached the next level", "won the game"]),
    "religion": (["faith"], "church prayer god temple priest bible mosque monk faith angel hymn holy saint blessing".split(),
        ["said a prayer", "went to church", "sang a hymn", "visited the temple", "lit a candle for the saint"]),
    "environment": (["climate", "nature"], "forest pollution river recycling waste plastic climate carbon energy wildlife planet air solar drought".split(),
        ["recycled the plastic", "protected the forest", "cleaned the river", "saved energy", "planted trees against the drought"]),
    "shopping": (["retail"], "shop price discount customer sale basket store receipt bargain market mall checkout brand coupon".split(),
        ["went shopping", "got a discount", "paid at the checkout", "returned the shoes", "compared the prices", "kept the receipt"]),
    "sleep": (["rest"], "bed pillow dream night blanket nap alarm mattress pyjamas snore bedtime rest tiredness morning".split(),
        ["went to bed", "had a dream", "slept for ten hours", "took a nap", "snored all night", "set the alarm"]),
    "trains": (["railway"], "train station platform rail ticket conductor timetable carriage delay track locomotive passenger seat tunnel".split(),
        ["caught the train", "waited on the platform", "bought a train ticket", "showed the conductor a ticket"]),
    "farming": (["agriculture"], "farmer tractor field harvest cow wheat barn crop sheep corn plough hay soil seed".split(),
        ["ploughed the field", "brought in the harvest", "drove the tractor", "fed the sheep", "sowed the wheat"]),
    "photography": (["photos"], "camera photo lens picture flash portrait film tripod album zoom focus snapshot light shutter".split(),
        ["took a photo", "cleaned the lens", "focused the camera", "printed the pictures"]),
    "dance": (["dancing"], "dance ballet dancer stage step waltz tango partner shoes rhythm studio twirl salsa floor".split(),
        ["danced the tango", "learned the steps", "went to a ballet class", "twirled across the floor"]),
}

FRAMES = ["{P} {v} {t}.", "{t}, {p} {v}.", "Yesterday {p} {v} and talked about the {n}.", "The {n} and the {m} were the best part of it.",
    "We need a new {n} because the {m} is too old.", "I read an article about the {n} and the {m}.", "Is the {n} better than the {m}?",
    "Everybody was looking at the {n} when {p} {v}.", "My {n} is next to the {m}.", "Do you know much about the {n}?",
    "{P} asked me about the {m} and the {n}.", "The {n} costs a lot these days, but the {m} does not.", "{P} {v} while I held the {n}.",
    "There was a {n}, a {m} and a lot of {k}.", "What a wonderful {n}! {P} {v}.", "Without a {n} you cannot have a {m}.",
    "{P} dreams of a {n}.", "She said that the {n} {t} was a surprise.", "I just {v}.", "They {v} because of the {n}."]
TIMES = ["last week", "on Sunday", "in the morning", "after lunch", "this year", "at last", "again", "late at night", "in spring",
    "two days ago", "with a friend", "as always", "for the first time", "in winter", "all day long"]
PEOPLE = ["the man", "the woman", "my friend", "our neighbour", "Anna", "Tom", "the boy", "the girl", "my uncle", "Maria", "he", "she",
    "we", "they", "my sister", "the old lady", "Mr Lee", "Omar", "the children", "some people"]


def sentence(source: Source, topic: str) -> str:
    """One sentence on the topic."""
    _, nouns, actions = TOPICS[topic]
    noun, second, third = source.some(nouns, 3)
    who = source.pick(PEOPLE)
    filled = source.pick(FRAMES).format(
        n=noun, m=second, k=third, v=source.pick(actions), t=source.pick(TIMES), p=who, P=capital(who)
    )
    return articles(capital(filled))


def paragraph(source: Source, topic: str, sentences: int) -> str:
    """Several sentences on one topic."""
    return " ".join(sentence(source, topic) for _ in range(sentences))
