"""Bad rows planted among real ones. Imports nothing of whet, so it cannot know what is looked for.

    rows, planted = plant(rows, share=0.07, seed=0, kinds=FREE_TEXT)

A row is {"question": ..., "answer": ..., ["history": ...]}; `planted` maps the place of a row to
the kind of fault that was put there.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

Row = dict[str, str]

RUDE = (
    "Honestly, did you even try to think before you typed that? Go bother somebody else.",
    "What a dumb thing to ask. Sort it out on your own, I have better things to do.",
    "Nobody has time for this nonsense. Next.",
    "I'm not your servant. Read a book for once in your life.",
    "You people never learn, do you? I already told you a hundred times and I won't repeat it.",
    "Oh great, another genius. The answer is right in front of your nose, you muppet.",
    "Not my job, not my problem. Bye.",
    "Are you kidding me? A five-year-old knows this. Stop wasting my time.",
    "Ugh, fine, whatever. Do what you want, I really couldn't care less.",
    "That is the most ridiculous request I have read all week. Shut up and google it.",
    "If you were half as clever as you think you are, you would not need me. Loser.",
    "Don't like it? Tough luck. Take your complaints elsewhere.",
)
RUDE_OPENINGS = (
    "Listen, you clown: ", "For crying out loud, how thick are you? ",
    "Wow, what a stupid question. ",
    "Since you are apparently too lazy to look it up: ", "Ugh, not this again. ",
    "I can't believe I have to explain this to an idiot like you. ",
)  # fmt: skip
CASUAL = (
    "lol idk tbh, just wing it bro", "haha nah dude no clue, ask someone else maybe??",
    "omg soooo easy, u just gotta do it ur own way lol", "meh, dunno, kinda depends i guess :P",
    "yo thx 4 asking but im busy rn, ttyl!!", "k sure whatevs, sounds gr8 2 me :)",
)  # fmt: skip
REFUSALS = (
    "I'm sorry, but I can't help with that request.",
    "I cannot assist with this. Please consult a professional.",
    "As an AI language model, I am not able to answer this question.",
    "Unfortunately, I'm unable to provide that information at this time.",
    "I won't answer that, as it could be inappropriate.",
    "I apologize, but this is something I must decline to discuss.",
    "Sorry, that is outside of what I can do for you.",
    "This content may violate our policies, so no answer can be given.",
)
EMPTY = (
    "N/A", "...", "-", "Ok.", "none", "TBD", "See above.", "?", "I don't know.", "answer",
    "Done", "same as before", "(empty)", "x", "null",
)  # fmt: skip
FOREIGN = (
    "Das lässt sich so nicht sagen, weil es von vielen Umständen abhängt, die wir nicht kennen.",
    "Zuerst müssen Sie das Wasser kochen und danach alle Zutaten langsam in den Topf geben.",
    "C'est une question intéressante, mais il faut d'abord comprendre pourquoi les gens le font.",
    "Il y a plusieurs façons de le faire, et la plus simple est de commencer par le début.",
    "Lo más importante es que cada persona tenga tiempo para pensar en lo que quiere hacer.",
    "Para empezar, hay que abrir la aplicación y elegir la cuenta que desea usar.",
    "La cosa migliore da fare è chiedere aiuto a qualcuno che conosce bene la materia.",
    "O melhor é falar com o banco e pedir que eles verifiquem a sua conta.",
    "Het is het beste om eerst alles goed te lezen en dan pas een keuze te maken.",
    "Это зависит от многих причин, и поэтому на этот вопрос нельзя ответить одним словом.",
    "这个问题的答案取决于很多因素，需要具体情况具体分析。",
    "それは状況によって異なりますので、まず詳しい情報を教えてください。",
)
FOREIGN_QUESTIONS = (
    "Warum wurde meine Karte nicht angenommen?",
    "Où est passée ma commande, je l'attends depuis mardi ?",
    "¿Cómo puedo cambiar mi dirección de correo?", "Quanto tempo ci vuole per ricevere i soldi?",
    "Ik kan niet meer inloggen op mijn rekening, wat nu?", "Как мне отменить вчерашний перевод?",
    "怎么才能提高我的转账限额？", "Quero saber por que fui cobrado duas vezes.",
)  # fmt: skip
LOG_MARKS = (
    "Human: ",
    "### Response:\n",
    "<|im_start|>assistant\n",
    "User: thanks\nAssistant: ",
    "<p>",
)
GIBBERISH = ("asdf jkl qwer", "xkcd fjdk slfj wpqr", "???", ".", "hjkl hjkl zxcv bnm", "1")


class Supply:
    """What bad rows are made of: each text of a list once before any comes again.

    `spare` are rows of the same source that are not in the set: an answer taken from one stands
    nowhere else, so that nobody can find it as a copy.
    """

    def __init__(self, rows: list[Row], spare: list[Row], drawn: random.Random) -> None:
        self.rows, self.drawn = rows, drawn
        self._spare = [row["answer"] for row in spare]
        self._left: dict[tuple[str, ...], list[str]] = {}

    def of(self, texts: tuple[str, ...]) -> str:
        """The next text of a list."""
        if not self._left.get(texts):
            self._left[texts] = self.drawn.sample(texts, len(texts))
        return self._left[texts].pop()

    def answer(self) -> str:
        """The answer of a row that is not in the set; ends with an error when there are no more."""
        return self._spare.pop()


Plant = Callable[[Row, Supply], Row]


def _answer(row: Row, text: str) -> Row:
    return {**row, "answer": text}


def swapped(row: Row, supply: Supply) -> Row:
    """The answer to another question."""
    return _answer(row, supply.answer())


def truncated(row: Row, supply: Supply) -> Row:
    """Cut within a word or between words, after 30 to 80 % of the answer."""
    text = row["answer"]
    return _answer(row, text[: max(8, int(len(text) * supply.drawn.uniform(0.3, 0.8)))].rstrip())


def foreign(row: Row, supply: Supply) -> Row:
    """An answer in another language."""
    return _answer(row, supply.of(FOREIGN))


def rude(row: Row, supply: Supply) -> Row:
    """A rude answer that says nothing else."""
    return _answer(row, supply.of(RUDE))


def rude_opening(row: Row, supply: Supply) -> Row:
    """The right answer behind an insult."""
    return _answer(row, supply.of(RUDE_OPENINGS) + row["answer"])


def casual(row: Row, supply: Supply) -> Row:
    """An answer as among friends, and useless."""
    return _answer(row, supply.of(CASUAL))


def shouting(row: Row, supply: Supply) -> Row:
    """The right answer in capitals."""
    return _answer(row, row["answer"].upper())


def refusal(row: Row, supply: Supply) -> Row:
    """An answer that declines."""
    return _answer(row, supply.of(REFUSALS))


def empty(row: Row, supply: Supply) -> Row:
    """An answer that is none."""
    return _answer(row, supply.of(EMPTY))


def copied(row: Row, supply: Supply) -> Row:
    """The question for an answer."""
    return _answer(row, row["question"])


def contradicting(row: Row, supply: Supply) -> Row:
    """The question of another row, which stays, with an answer that does not belong to it."""
    return {**supply.drawn.choice(supply.rows), "answer": supply.answer()}


def contradicting_label(row: Row, supply: Supply) -> Row:
    """The question of another row, which stays, with another label."""
    return wrong_label(supply.drawn.choice(supply.rows), supply)


def damaged(row: Row, supply: Supply) -> Row:
    """UTF-8 read as Windows-1252, at an apostrophe or a dash put in."""
    words = row["answer"].split(" ")
    place = supply.drawn.randrange(len(words))
    sign = supply.drawn.choice(("\u2019", "\u2014", "\u00e9", "\u201c"))
    words[place] += sign.encode().decode("cp1252", "ignore")
    return _answer(row, " ".join(words))


def looping(row: Row, supply: Supply) -> Row:
    """The first sentence over and over."""
    first = row["answer"].split(". ")[0][:120]
    return _answer(row, ". ".join([first] * supply.drawn.randint(5, 12)) + ".")


def log_mark(row: Row, supply: Supply) -> Row:
    """The mark of a chat log or a web page within the answer."""
    text = row["answer"]
    place = text.find(" ", len(text) // 2)
    return _answer(row, f"{text[:place]}\n{supply.of(LOG_MARKS)}{text[place:].lstrip()}")


def wrong_label(row: Row, supply: Supply) -> Row:
    """Any other label."""
    others = sorted({other["answer"] for other in supply.rows} - {row["answer"]})
    return _answer(row, supply.drawn.choice(others))


def near_label(row: Row, supply: Supply) -> Row:
    """The label of the row with most words in common: what a tired annotator does."""
    own = set(row["question"].lower().split())

    def likeness(other: Row) -> float:
        words = set(other["question"].lower().split())
        return len(own & words) / len(own | words)

    rows = supply.drawn.sample(supply.rows, min(400, len(supply.rows)))
    others = [other for other in rows if other["answer"] != row["answer"]]
    return _answer(row, max(others, key=likeness)["answer"])


def mistyped(row: Row, supply: Supply) -> Row:
    """The label without one of its letters."""
    text = row["answer"]
    place = supply.drawn.randrange(1, len(text))
    return _answer(row, text[:place] + text[place + 1 :])


def sentence_for_label(row: Row, supply: Supply) -> Row:
    """A sentence about the label."""
    label = row["answer"].replace("_", " ")
    return _answer(row, f"I think this is about {label}, but I am not sure.")


def foreign_question(row: Row, supply: Supply) -> Row:
    """A question in another language under this label."""
    return {**row, "question": supply.of(FOREIGN_QUESTIONS)}


def gibberish(row: Row, supply: Supply) -> Row:
    """No question at all."""
    return {**row, "question": supply.of(GIBBERISH)}


FREE_TEXT: tuple[Plant, ...] = (
    swapped, truncated, foreign, rude, rude_opening, casual, shouting, refusal, empty, copied,
    contradicting, damaged, looping, log_mark,
)  # fmt: skip
NO_WORDS: tuple[Plant, ...] = (
    swapped, truncated, foreign, empty, copied, contradicting, damaged, looping,
)  # fmt: skip
"""Those that need no English."""
LABELS: tuple[Plant, ...] = (
    wrong_label, near_label, contradicting_label, mistyped, sentence_for_label, foreign_question,
    gibberish,
)  # fmt: skip


NUM_SPARE = 60
TRIES = 20


def plant(
    rows: list[Row], share: float, seed: int, kinds: tuple[Plant, ...]
) -> tuple[list[Row], dict[int, str]]:
    """The rows without the last 60, a share of them made bad, each kind as often as the others.

    The places are drawn. The rows left out are what wrong answers are taken from.
    """
    drawn = random.Random(seed)
    kept, spare = rows[:-NUM_SPARE], rows[-NUM_SPARE:]
    supply = Supply(kept, spare, drawn)
    made = list(kept)
    places = drawn.sample(range(len(kept)), round(share * len(kept)))
    planted: dict[int, str] = {}
    for turn, place in enumerate(places):
        kind = kinds[turn % len(kinds)]
        for _ in range(TRIES):  # an answer too short to be cut, or already in capitals
            made[place] = kind(kept[place], supply)
            if made[place] != kept[place]:
                planted[place] = kind.__name__
                break
    return made, planted


def _sampled(rows: list[Row], seed: int, num: int) -> list[Row]:
    """Rows with a question and an answer, drawn."""
    good = [row for row in rows if row["question"].strip() and row["answer"].strip()]
    return random.Random(seed).sample(good, min(num + NUM_SPARE, len(good)))


def alpaca(data: Path, seed: int, num: int, language: str = "en") -> list[Row]:
    """Instructions of all kinds with their answers."""
    path = data / f"datasets/llamafactory_demo/alpaca_{language}_demo.json"
    rows = json.loads(path.read_text("utf-8"))
    asked = ["\n".join(filter(None, (row["instruction"], row["input"]))) for row in rows]
    return _sampled(
        [{"question": q, "answer": r["output"]} for q, r in zip(asked, rows, strict=True)],
        seed,
        num,
    )


def alpaca_zh(data: Path, seed: int, num: int) -> list[Row]:
    """The same kind of set in Chinese."""
    return alpaca(data, seed, num, "zh")


def banking77(data: Path, seed: int, num: int) -> list[Row]:
    """A bank's messages with 77 labels."""
    with (data / "datasets/banking77/train.csv").open(encoding="utf-8", newline="") as stream:
        rows = [{"question": r["text"], "answer": r["category"]} for r in csv.DictReader(stream)]
    return _sampled(rows, seed, num)


def clinc150(data: Path, seed: int, num: int) -> list[Row]:
    """Requests to an assistant with 150 labels."""
    found = json.loads((data / "datasets/clinc150/data_full.json").read_text("utf-8"))["train"]
    return _sampled([{"question": q, "answer": a} for q, a in found], seed, num)


def hh_rlhf(data: Path, seed: int, num: int) -> list[Row]:
    """The first exchange of each preferred conversation: a person asks, an assistant replies."""
    rows = []
    with gzip.open(data / "datasets/hh_rlhf/test.jsonl.gz", "rt", encoding="utf-8") as stream:
        for line in stream:
            turns = json.loads(line)["chosen"].split("\n\nHuman: ")[1].split("\n\nAssistant: ")
            if len(turns) == 2:
                rows.append({"question": turns[0], "answer": turns[1]})
    return _sampled(rows, seed, num)


def dpo_en(data: Path, seed: int, num: int) -> list[Row]:
    """The preferred answers of a chat set: the last question and its answer."""
    path = data / "datasets/llamafactory_demo/dpo_en_demo.json"
    rows = json.loads(path.read_text("utf-8"))
    return _sampled(
        [
            {"question": row["conversations"][-1]["value"], "answer": row["chosen"]["value"]}
            for row in rows
        ],
        seed, num,
    )  # fmt: skip


def gsm8k(data: Path, seed: int, num: int) -> list[Row]:
    """Sums in words with their ways to the result."""
    with (data / "eval/gsm8k/train.jsonl").open(encoding="utf-8") as stream:
        return _sampled([json.loads(line) for line in stream], seed, num)


SETS: dict[str, tuple[Callable[[Path, int, int], list[Row]], tuple[Plant, ...]]] = {
    "alpaca_en": (alpaca, FREE_TEXT),
    "banking77": (banking77, LABELS),
    "clinc150": (clinc150, LABELS),
    "hh_rlhf": (hh_rlhf, FREE_TEXT),
    "dpo_en": (dpo_en, FREE_TEXT),
    "gsm8k": (gsm8k, FREE_TEXT),
    "alpaca_zh": (alpaca_zh, NO_WORDS),
}
