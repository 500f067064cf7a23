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
    "Listen, you clown: ", "For crying out loud, how thick are you? ", "Wow, what a stupid question. ",
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
    "Das lässt sich so leider nicht sagen, weil es von vielen Umständen abhängt, die wir noch nicht kennen.",
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
    "Warum wurde meine Karte nicht angenommen?", "Où est passée ma commande, je l'attends depuis mardi ?",
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

Plant = Callable[[Row, list[Row], random.Random], Row]


def _answer(row: Row, text: str) -> Row:
    return {**row, "answer": text}


def _other(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    while True:
        other = drawn.choice(rows)
        if other["question"] != row["question"] and other["answer"] != row["answer"]:
            return other


def swapped(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    return _answer(row, _other(row, rows, drawn)["answer"])


def truncated(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    """Cut within a word or between words, after 30 to 80 % of the answer."""
    text = row["answer"]
    return _answer(row, text[: max(8, int(len(text) * drawn.uniform(0.3, 0.8)))].rstrip())


def foreign(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    return _answer(row, drawn.choice(FOREIGN))


def rude(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    return _answer(row, drawn.choice(RUDE))


def rude_opening(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    """The right answer behind an insult."""
    return _answer(row, drawn.choice(RUDE_OPENINGS) + row["answer"])


def casual(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    return _answer(row, drawn.choice(CASUAL))


def shouting(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    return _answer(row, row["answer"].upper())


def refusal(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    return _answer(row, drawn.choice(REFUSALS))


def empty(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    return _answer(row, drawn.choice(EMPTY))


def copied(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    return _answer(row, row["question"])


def contradicting(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    """A copy of another row's question with the answer of a third: the original stays."""
    other = _other(row, rows, drawn)
    return {**other, "answer": _other(other, rows, drawn)["answer"]}


def damaged(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    """UTF-8 read as Windows-1252, at an apostrophe or a dash put in."""
    words = row["answer"].split(" ")
    place = drawn.randrange(len(words))
    mark = (
        drawn.choice(("\u2019", "\u2014", "\u00e9", "\u201c")).encode().decode("cp1252", "ignore")
    )
    return _answer(row, " ".join([*words[:place], words[place] + mark, *words[place + 1 :]]))


def looping(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    """The first sentence over and over."""
    first = row["answer"].split(". ")[0][:120]
    return _answer(row, ". ".join([first] * drawn.randint(5, 12)) + ".")


def log_mark(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    """The mark of a chat log or a web page within the answer."""
    text = row["answer"]
    place = text.find(" ", len(text) // 2)
    return _answer(row, f"{text[:place]}\n{drawn.choice(LOG_MARKS)}{text[place:].lstrip()}")


def wrong_label(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    return _answer(row, drawn.choice(sorted({other["answer"] for other in rows} - {row["answer"]})))


def near_label(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    """The label of the row with most words in common: what a tired annotator does."""
    own = set(row["question"].lower().split())
    others = [other for other in drawn.sample(rows, min(400, len(rows)))
              if other["answer"] != row["answer"]]  # fmt: skip
    best = max(others, key=lambda o: len(own & set(o["question"].lower().split())) /
               max(len(own | set(o["question"].lower().split())), 1))  # fmt: skip
    return _answer(row, best["answer"])


def mistyped(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    text = row["answer"]
    place = drawn.randrange(1, len(text))
    return _answer(row, text[:place] + text[place + 1 :])


def sentence_for_label(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    return _answer(
        row, f"I think this is about {row['answer'].replace('_', ' ')}, but I am not sure."
    )


def foreign_question(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    return {**row, "question": drawn.choice(FOREIGN_QUESTIONS)}


def gibberish(row: Row, rows: list[Row], drawn: random.Random) -> Row:
    return {**row, "question": drawn.choice(GIBBERISH)}


FREE_TEXT: tuple[Plant, ...] = (
    swapped, truncated, foreign, rude, rude_opening, casual, shouting, refusal, empty, copied,
    contradicting, damaged, looping, log_mark,
)  # fmt: skip
LABELS: tuple[Plant, ...] = (
    wrong_label, near_label, contradicting, mistyped, sentence_for_label, foreign_question, gibberish,
)  # fmt: skip


def plant(
    rows: list[Row], share: float, seed: int, kinds: tuple[Plant, ...]
) -> tuple[list[Row], dict[int, str]]:
    """The rows with a share of them made bad, each kind as often as the others, in drawn places."""
    drawn = random.Random(seed)
    made = list(rows)
    num_planted = round(share * len(rows))
    places = drawn.sample(range(len(rows)), num_planted)
    planted: dict[int, str] = {}
    for turn, place in enumerate(places):
        kind = kinds[turn % len(kinds)]
        bad = kind(rows[place], rows, drawn)
        for _ in range(20):  # an answer too short to be cut, or already in capitals
            if bad != rows[place]:
                break
            bad = kind(rows[place], rows, drawn)
        if bad == rows[place]:
            continue
        made[place] = bad
        planted[place] = kind.__name__
    return made, planted


def _sampled(rows: list[Row], seed: int, num: int) -> list[Row]:
    kept = [row for row in rows if row["question"].strip() and row["answer"].strip()]
    return random.Random(seed).sample(kept, min(num, len(kept)))


def alpaca(data: Path, seed: int, num: int) -> list[Row]:
    rows = json.loads((data / "datasets/llamafactory_demo/alpaca_en_demo.json").read_text("utf-8"))
    return _sampled(
        [
            {"question": "\n".join(filter(None, (r["instruction"], r["input"]))), "answer": r["output"]}
            for r in rows
        ],
        seed, num,
    )  # fmt: skip


def banking77(data: Path, seed: int, num: int) -> list[Row]:
    with (data / "datasets/banking77/train.csv").open(encoding="utf-8", newline="") as stream:
        rows = [{"question": r["text"], "answer": r["category"]} for r in csv.DictReader(stream)]
    return _sampled(rows, seed, num)


def clinc150(data: Path, seed: int, num: int) -> list[Row]:
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
        [{"question": r["conversations"][-1]["value"], "answer": r["chosen"]["value"]} for r in rows],
        seed, num,
    )  # fmt: skip


def gsm8k(data: Path, seed: int, num: int) -> list[Row]:
    with (data / "eval/gsm8k/train.jsonl").open(encoding="utf-8") as stream:
        return _sampled([json.loads(line) for line in stream], seed, num)


SETS: dict[str, tuple[Callable[[Path, int, int], list[Row]], tuple[Plant, ...]]] = {
    "alpaca_en": (alpaca, FREE_TEXT),
    "banking77": (banking77, LABELS),
    "clinc150": (clinc150, LABELS),
    "hh_rlhf": (hh_rlhf, FREE_TEXT),
    "dpo_en": (dpo_en, FREE_TEXT),
    "gsm8k": (gsm8k, FREE_TEXT),
}
