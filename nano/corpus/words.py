"""Word lists, and words that exist in no list: invented names, snake_case labels, codes and numbers."""

from .document import Source, capital

FIRST_NAMES = """Anna Ben Clara David Emma Felix Grace Henry Ida Jonas Karen Leo Maria Noah Olga Paul Rosa Sam Tara Victor
Wendy Yusuf Zoe Adam Bella Carl Dora Erik Fiona George Hanna Ivan Julia Kevin Laura Martin Nina Oscar Petra Ralph Sara
Tom Uma Vera Walter Alice Boris Cecil Diana Elena Frank Gloria Hugo Irene Jack Kate Liam Mona Nils Otto Priya Rita Simon
Theo Ursula Vince Will Amir Beth Chen Dev Ella Farah Gus Hal Ines Joan Kofi Lena Mei Nora Omar Pia Raj Sven Tess""".split()

SURNAMES = """Baker Carter Dixon Ellis Fisher Grant Hughes Irwin Jensen Keller Lopez Moore Novak Owens Parker Quinn
Rossi Smith Turner Vance Walsh Young Adler Brandt Costa Duarte Evans Foster Garcia Hansen Ibsen Joshi Kumar Lang Meyer
Nilsen Olsen Patel Reyes Singh Tanaka Urban Vogel Weber Yamada Zimmer Archer Bishop Cooper Doyle Farmer Gardner Hunter
Knight Lawson Mason Norton Porter Ramos Shaw Taylor Underwood Wagner""".split()

CITIES = """London Paris Berlin Madrid Rome Vienna Oslo Dublin Lisbon Prague Warsaw Athens Cairo Tokyo Delhi Sydney Boston
Chicago Toronto Lima Nairobi Dakar Hamburg Munich Lyon Porto Milan Geneva Bergen Bristol Leeds York Ghent Seville Turin
Krakow Zagreb Malmo Austin Denver Seattle Montreal Havana Bogota Lagos Tunis Mumbai Osaka Seoul Hanoi""".split()

STREETS = """Mill High Station Church Park King Queen Garden River Bridge Market School Castle Forest Lake Spring Hill
North South East West Oak Elm Cedar Rose Harbour Tower Green Canal Orchard Meadow Chapel Abbey""".split()

COLOURS = """red blue green yellow white black brown grey orange purple pink silver golden turquoise beige violet
crimson scarlet teal navy ivory olive""".split()

NUMBER_WORDS = "one two three four five six seven eight nine ten eleven twelve".split()

WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

MONTHS = "January February March April May June July August September October November December".split()

MATERIALS = """wood steel glass cotton leather wool plastic stone paper copper rubber silk clay bamboo linen marble brass
oak pine iron felt canvas""".split()

OBJECTS = """kettle lamp chair table clock mirror basket bottle blanket pillow bucket ladder hammer guitar piano violin
camera radio printer keyboard bicycle helmet tent backpack suitcase umbrella jacket scarf glove boot ring necklace watch
teapot mug plate spoon knife pan oven fridge heater fan candle vase carpet curtain shelf desk sofa drawer wallet purse
notebook pencil brush rope wheel engine pump battery cable charger speaker torch compass map telescope drum flute""".split()

ANIMALS = """fox bear wolf lion tiger horse cow sheep goat pig dog cat mouse rabbit deer owl eagle swan duck goose robin
heron falcon otter beaver badger hedgehog squirrel frog turtle snake salmon trout whale dolphin seal crab bee ant
butterfly spider camel elephant monkey panda parrot penguin zebra donkey""".split()

FOODS = """bread butter cheese apple pear plum cherry lemon orange banana grape tomato potato onion carrot cabbage pepper
rice pasta soup salad fish chicken beef pork bean pea egg milk cream sugar honey salt flour cake pie biscuit chocolate
coffee tea juice water wine beer soda pizza sandwich sausage noodle mushroom garlic spinach""".split()

ADJECTIVES = """old new small large quiet loud bright dark heavy light clean dirty warm cold soft hard smooth rough cheap
expensive fresh dry wet narrow wide short tall thin thick round flat simple strange common rare gentle strong weak quick
slow early late busy empty full open honest friendly careful clever brave calm proud tired hungry happy sad angry""".split()

PLACE_KINDS = """shop cafe bakery library museum office hotel school hospital garage garden station market gallery theatre
restaurant bookshop pharmacy clinic studio workshop warehouse farm factory laboratory gym pool cinema bank""".split()

JOBS = """teacher doctor nurse baker farmer painter writer driver lawyer engineer plumber carpenter gardener chef waiter
pilot sailor tailor dentist clerk manager editor singer actor judge guard miner fisher potter librarian cashier
mechanic electrician scientist designer accountant""".split()

PLACE_NAMES = """Kettle Lantern Anchor Compass Harp Acorn Willow Raven Otter Falcon Thistle Clover Maple Birch Ember
Comet Orbit Pebble Harbour Meadow Crown Saddle Barrel Button Feather Marble Candle Mirror Teapot Spindle Bellows Anvil
Quill Sparrow Badger Heron Juniper Saffron Pepper Walnut Hazel Copper Turtle Dolphin Bridge Tower""".split()

NAME_COLOURS = """Blue Red Green Golden Silver White Black Old New Little Grand Happy Quiet Lucky Crooked Hidden Royal
Rusty Sunny Wild Brave Gentle Northern Southern Eastern Western Second Last Tiny Copper Iron Crystal""".split()

ONSETS = "b br c ch d dr f fl g gl gr h j k kl l m n p pl pr qu r s sk sl st t th tr v w y z".split()
VOWELS = "a e i o u ai ea io ou ee a e i o u".split()
CODAS = ["", "", "", "n", "r", "l", "s", "m", "x", "nd", "rt", "sk", "th", "ck", "lo", "ra", "ne"]

COMMON_WORDS = sorted(set(OBJECTS + ANIMALS + FOODS + ADJECTIVES + PLACE_KINDS + JOBS + COLOURS + MATERIALS))


def invented(source: Source, syllables: int | None = None) -> str:
    """A pronounceable word that means nothing, on the source's side of the split."""
    while True:
        count = syllables or source.number(2, 3)
        parts = [source.pick(ONSETS) + source.pick(VOWELS) for _ in range(count)]
        word = "".join(parts) + source.pick(CODAS)
        if source.side([word]):
            return word


def invented_name(source: Source) -> str:
    """An invented word with a capital."""
    return capital(invented(source))


def person(source: Source) -> str:
    """First name and surname; now and then one of the two is invented."""
    first = source.pick(FIRST_NAMES) if source.chance(0.85) else invented_name(source)
    return f"{first} {source.pick(SURNAMES) if source.chance(0.7) else invented_name(source)}"


def code(source: Source) -> str:
    """A short code such as `K7`, `QX-204` or `b3f9`."""
    letters = "".join(source.pick("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(source.number(1, 3)))
    kind = source.number(0, 3)
    if kind == 0:
        return f"{letters}{source.number(1, 99)}"
    if kind == 1:
        return f"{letters}-{source.number(10, 999)}"
    if kind == 2:
        return "".join(source.pick("abcdef0123456789") for _ in range(source.number(3, 6)))
    return f"{source.number(10, 99)}-{letters}"


def snake(source: Source, words: int | None = None) -> str:
    """A random snake_case label of common and invented words."""
    count = words or source.number(1, 4)
    return "_".join(source.pick(COMMON_WORDS) if source.chance(0.7) else invented(source, 2) for _ in range(count))


def token(source: Source) -> str:
    """Something to copy: a word, an invented word, a label, a code or a number."""
    kind = source.number(0, 7)
    if kind <= 1:
        return source.pick(COMMON_WORDS)
    if kind <= 3:
        return invented(source)
    if kind <= 5:
        return snake(source)
    return code(source) if kind == 6 else str(source.number(1, 9999))
