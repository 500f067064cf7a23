"""Contamination is found in every form it is injected in, and not in clean text.

Injection works on raw text with its own notion of a word, so that the detector's own tokens can
not prove themselves right.
"""

from __future__ import annotations

import csv
import json
import random
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from whet.data import read
from whet.data.overlap import Item, contamination, items_of, read_items
from whet.errors import DataError
from whet.types import Example

NUM_INJECTED = 100
FILLER = [
    "river",
    "copper",
    "lantern",
    "yesterday",
    "folded",
    "harbour",
    "seven",
    "quiet",
    "meadow",
    "borrowed",
    "glass",
    "north",
]


def row(text: str, number: int = 1, answer: str = "Sure.") -> Example:
    turns = [{"role": "user", "content": text}, {"role": "assistant", "content": answer}]
    return Example.of(turns, f"train.jsonl:{number}")  # type: ignore[arg-type]


def ten_words_changed(text: str, drawn: random.Random) -> str:
    spans = [match.span() for match in re.finditer(r"\S+", text)]
    for begin, end in sorted(drawn.sample(spans, 10), reverse=True):
        text = text[:begin] + drawn.choice(FILLER) + text[end:]
    return text


FORMS: dict[str, Callable[[str, random.Random], str]] = {
    "verbatim": lambda text, drawn: text,
    "rewrapped": lambda text, drawn: "\n".join(textwrap.wrap(text, drawn.choice([25, 40, 60]))),
    "upper case": lambda text, drawn: text.upper(),
    "ten words changed": ten_words_changed,
}


@pytest.fixture(scope="module")
def items(test_data: Path) -> list[Item]:
    folder = test_data / "eval"
    mmlu = [f"mmlu/test/{name}_test.csv" for name in MMLU]
    return read_items(["gsm8k/test.jsonl", *mmlu], folder)


MMLU = ("anatomy", "high_school_biology", "international_law", "nutrition", "world_religions")


@pytest.fixture(scope="module")
def clean(test_data: Path) -> list[Example]:
    folder = test_data / "datasets"
    names = ("alpaca_en_demo", "glaive_toolcall_en_demo", "identity")
    files = [f"llamafactory_demo/{name}.json" for name in names]
    rows = [each for file in files for each in read(file, root=folder).examples]
    return rows + read("banking77/train.csv", root=folder).examples[::10]


def injected(test_data: Path, form: str, clean: list[Example]) -> list[tuple[str, str]]:
    """Item ids and contaminated texts, from the raw files; items of 20 words and more."""
    drawn = random.Random(11)
    lines = (test_data / "eval/gsm8k/test.jsonl").read_text("utf-8").splitlines()
    found = [(f"gsm8k/test.jsonl:{i}", json.loads(x)["question"]) for i, x in enumerate(lines, 1)]
    for name in MMLU:
        file = f"mmlu/test/{name}_test.csv"
        with (test_data / "eval" / file).open(encoding="utf-8", newline="") as stream:
            rows = csv.reader(stream)
            line = 1
            for cells in rows:
                found.append((f"{file}:{line}", cells[0]))
                line = rows.line_num + 1
    long = [(name, text) for name, text in found if len(text.split()) >= 20]
    chosen = drawn.sample(long, NUM_INJECTED)
    if form == "inside a longer text":
        around = [each.answer for each in clean if len(each.answer) > 300]
        return [(n, f"{drawn.choice(around)} {t} {drawn.choice(around)}") for n, t in chosen]
    return [(name, FORMS[form](text, drawn)) for name, text in chosen]


@pytest.mark.parametrize("form", [*FORMS, "inside a longer text"])
def test_injected_items_are_found(
    test_data: Path, items: list[Item], clean: list[Example], form: str
) -> None:
    dirty = injected(test_data, form, clean)
    rows = [*clean[:300], *(row(text, number) for number, (_, text) in enumerate(dirty, 1))]
    by_row = contamination(rows, items).by_row
    found = [name in by_row.get(300 + i, {}) for i, (name, _) in enumerate(dirty)]
    assert np.mean(found) >= 0.95


def test_clean_text_is_hardly_ever_called_contaminated(
    items: list[Item], clean: list[Example]
) -> None:
    found = contamination(clean, items)
    assert len(clean) > 2000
    assert len(found.by_row) <= 0.01 * len(clean), [str(f) for f in found.findings]


ITEM = Item(
    "bench:7",
    (
        "Olivia keeps nineteen purple lizards in the attic and gives five of them to Tom, "
        "who lives upstairs; how many purple lizards are left in the attic?",
        "fourteen",
        "none of the lizards",
    ),
)


def test_the_finding_names_the_row_and_the_items() -> None:
    found = contamination([row("hello", 1), row(ITEM.texts[0], 2)], [ITEM])
    assert [str(finding) for finding in found.findings] == [
        "train.jsonl:2: holds 1 test item: bench:7 (word for word). "
        "Remove the row, or do not count these items."
    ]
    assert found.touched == {"bench:7"}


def test_short_texts_count_only_as_whole_messages_of_four_words_together() -> None:
    assert contamination([row("fourteen")], [ITEM]).touched == frozenset()
    assert contamination([row("None of the lizards!")], [ITEM]).touched == {"bench:7"}
    assert contamination([row("he saw none of the lizards")], [ITEM]).touched == frozenset()


def test_what_many_items_share_proves_nothing() -> None:
    instruction = "Read the following passage with care and answer the question below in one word."
    names = [
        "ash",
        "birch",
        "cedar",
        "elm",
        "fir",
        "hazel",
        "larch",
        "maple",
        "oak",
        "pine",
        "rowan",
        "willow",
    ]
    many = [Item(f"b:{n}", (f"{instruction} What is {n}?",)) for n in names]
    assert contamination([row(f"{instruction} Who are you?")], many).touched == frozenset()


def test_an_item_in_a_very_long_row_is_found_and_its_words_scattered_are_not() -> None:
    drawn = random.Random(0)
    words = ITEM.texts[0].split()
    noise = [drawn.choice(FILLER) for _ in range(3000)]
    scattered = list(noise)
    for place, word in enumerate(words):
        scattered[place * 100] = word
    inside = [*noise[:1777], *words[:8], "eight", *words[9:], *noise]
    assert contamination([row(" ".join(scattered))], [ITEM]).touched == frozenset()
    assert contamination([row(" ".join(inside))], [ITEM]).touched == {"bench:7"}


def test_of_ones_own_test_rows_only_whole_inputs_are_sought() -> None:
    test = [row(ITEM.texts[0])]
    train = [row("By the way: " + ITEM.texts[0]), row(ITEM.texts[0].replace("purple", "green"))]
    assert list(contamination(train, items_of(test), whole=True).by_row) == [0]


def test_paraphrases_are_found_with_an_embedder() -> None:
    def embed(texts: object) -> np.ndarray:  # type: ignore[type-arg]
        return np.array([["lizard" in text, "lizard" not in text] for text in texts], np.float32)  # type: ignore[attr-defined]

    rows = [row("a lizard question"), row("something else")]
    assert list(contamination(rows, [ITEM], embed).by_row) == [0]


def test_benchmark_files_are_read_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text('a,b\n"two\nlines",x\nthree,\n')
    (tmp_path / "b.jsonl").write_text('{"q": "one", "options": ["x", "y"], "n": 3}\n\n["z"]\n')
    assert read_items(["b.csv", "b.jsonl"], tmp_path) == [
        Item("b.csv:1", ("a", "b")),
        Item("b.csv:2", ("two\nlines", "x")),
        Item("b.csv:4", ("three",)),
        Item("b.jsonl:1", ("one", "x", "y")),
        Item("b.jsonl:3", ("z",)),
    ]
    (tmp_path / "bad.jsonl").write_text('{"q": 1}\n{"q"\n')
    with pytest.raises(DataError, match=r"bad.jsonl:2: not JSON"):
        read_items(["bad.jsonl"], tmp_path)
