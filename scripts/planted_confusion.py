"""Does the failure analysis find a pair of labels that was mixed up on purpose?

In ten drawn pairs of Banking77's labels 40 % of the training rows of one get the other. A control
answers: the label of the most similar training row, by shared words. The analysis sees nothing but
answers and rows, and should name the pair.

    python scripts/planted_confusion.py FOLDER_OF_BANKING77
"""

from __future__ import annotations

import csv
import random
import sys
from pathlib import Path

from whet.data.checks.vectors import nearest, placed
from whet.evals.failures import Answer, Material, analyse
from whet.evals.scorers import exact_match
from whet.types import Example, Message

SHARE = 0.4
NUM_PAIRS = 10
NUM_ITEMS, NUM_ROWS = 1000, 5000

Row = tuple[str, str, str]


def example(row: Row) -> Example:
    """A row of question, label and place as an example."""
    text, label, source = row
    asked, answered = Message(role="user", content=text), Message(role="assistant", content=label)
    return Example.of([asked, answered], source)


def planted(rows: list[Row], seed: int) -> tuple[set[str], Material]:
    """The pair that was mixed up, and what an analysis is made from."""
    drawn = random.Random(seed)
    rows = drawn.sample(rows, len(rows))
    items = [example(row) for row in rows[:NUM_ITEMS]]
    chosen = rows[NUM_ITEMS : NUM_ITEMS + NUM_ROWS]
    one, other = drawn.sample(sorted({label for _, label, _ in chosen}), 2)
    train = [
        example((text, other if label == one and drawn.random() < SHARE else label, source))
        for text, label, source in chosen
    ]
    near, asked = placed([train, items], None)
    found = nearest(near.points, 1, asked.points).rows[:, 0].tolist()
    answers = [
        Answer(train[place].answer, exact_match(train[place].answer, item))
        for place, item in zip(found, items, strict=True)
    ]
    material = Material("exact_match", True, "nearest", (), items, {"nearest": answers}, train)
    return {one, other}, material


def main(folder: Path) -> None:
    """Prints, pair by pair, whether a sentence names it, and as which."""
    with open(folder / "train.csv", encoding="utf-8") as file:
        table = enumerate(csv.DictReader(file), 2)
        rows = [(row["text"], row["category"], f"train.csv:{line}") for line, row in table]
    named = 0
    for seed in range(NUM_PAIRS):
        pair, material = planted(rows, seed)
        told = analyse(material)
        places = [n for n, said in enumerate(told["next"], 1) if all(a in said for a in pair)]
        named += bool(places)
        print(f"{' / '.join(sorted(pair))}: {places or 'not named'}, {told['wrong']} wrong")
    print(f"{named} of {NUM_PAIRS} planted pairs are named")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
