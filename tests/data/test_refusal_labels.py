"""How often the reading of refusals errs, on replies of a chat model that one reader labelled.

`refusal_labels.jsonl` holds ids and labels, no texts. Three strata of the replies in the test half
of Anthropic's hh-rlhf: all 90 that an earlier pattern called refusals, 150 of the 1,947 others
with a word of regret, inability or advice against, 90 of the 5,804 without. The pattern was
mended on the tuning half alone; these figures are of the other. The reader was a language model.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from whet.data.refusals import is_refusal
from whet.stats.proportions import wilson

LABELS = Path(__file__).with_name("refusal_labels.jsonl")
STRATA = {"pattern": 90, "cue": 1947, "rest": 5804}


@pytest.fixture(scope="module")
def replies(test_data: Path) -> dict[str, str]:
    """Every reply of the set by id: a hash of the turn before it and of itself."""
    found = {}
    file = test_data / "datasets" / "hh_rlhf" / "test.jsonl.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            for text in json.loads(line).values():
                parts = re.split(r"\n\n(Human|Assistant): ?", text)[1:]
                turns = [part.strip() for part in parts[1::2]]
                for number, who in enumerate(parts[::2]):
                    if who == "Assistant" and turns[number]:
                        before = turns[number - 1] if number else ""
                        key = hashlib.sha256(f"{before}\0{turns[number]}".encode()).hexdigest()
                        found[key[:16]] = turns[number]
    return found


def test_the_labelled_replies_are_there_and_stratified(replies: dict[str, str]) -> None:
    rows = [json.loads(line) for line in LABELS.read_text().splitlines()]
    assert len(replies) == sum(STRATA.values())
    assert len(rows) == 330 and all(row["id"] in replies for row in rows)
    counts = [sum(row["stratum"] == name for row in rows) for name in STRATA]
    assert counts == [90, 150, 90]


def test_refusals_are_read_about_as_a_reader_does(replies: dict[str, str]) -> None:
    rows = [json.loads(line) for line in LABELS.read_text().splitlines()]
    held = [row for row in rows if row["half"] == "held_out"]
    read = [
        (row["stratum"], row["label"] == "refuses", is_refusal(replies[row["id"]])) for row in held
    ]
    right = [found for _, refuses, found in read if refuses]
    wrong = [found for _, refuses, found in read if not refuses]
    sensitivity = wilson(sum(right), len(right), 0.05)
    specificity = wilson(len(wrong) - sum(wrong), len(wrong), 0.05)
    told = f"sensitivity {sensitivity}, specificity {specificity}"
    assert (sensitivity.n, specificity.n) == (39, 121)
    assert sensitivity.value >= 0.89 and specificity.value >= 0.94, told
    assert round(weighted(read, True), 2) >= 0.71, "of all replies' refusals"
    assert round(weighted(read, False), 3) >= 0.997, "of all replies' answers"


def weighted(read: list[tuple[str, bool, bool]], refuses: bool) -> float:
    """The share that is read rightly, each stratum weighing as among all replies."""
    right = every = 0.0
    for name, size in STRATA.items():
        own = [row for row in read if row[0] == name]
        these = [found is refuses for _, label, found in own if label is refuses]
        every += size * len(these) / len(own)
        right += size * sum(these) / len(own)
    return right / every
