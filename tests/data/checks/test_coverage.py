"""Labels and topics with very few rows."""

from __future__ import annotations

from whet.data.checks.coverage import coverage
from whet.data.checks.vectors import placed

TOPICS = {
    "cook": "how do I cook rice with onions and pepper in pan",
    "train": "when does the train leave from platform at the station",
    "bank": "why was my transfer to the bank account declined yesterday",
}


def test_labels_with_few_rows_are_named(answers) -> None:
    rows = answers(*["a", "b"] * 20, "rare", "odd", "odd")
    (finding,) = coverage(placed([rows], None)[0])
    assert finding.message.startswith("2 of 4 labels have fewer than 10 rows: rare (1), odd (2).")


def test_a_topic_with_few_rows_is_named_by_its_words(row) -> None:
    rows = [
        row(f"{TOPICS[topic]} {n}", f"answer {topic} {n}", n)
        for n in range(60)
        for topic in ("cook", "train")
    ]
    rows += [row(f"{TOPICS['bank']} {n}", f"answer {n}", 900 + n) for n in range(5)]
    (finding,) = coverage(placed([rows], None)[0])
    assert "(5 rows, such as t.jsonl:900)" in finding.message


def test_even_topics_and_small_sets_have_no_finding(row) -> None:
    even = [row(f"{text} {n}", f"{text} {n}", n) for n in range(60) for text in TOPICS.values()]
    assert coverage(placed([even], None)[0]) == []
    assert coverage(placed([even[:30]], None)[0]) == []
