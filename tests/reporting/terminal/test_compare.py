from __future__ import annotations

from typing import Any

from whet.reporting import compare_text


def _flat(a: Any, b: Any) -> str:
    return " ".join(compare_text(a, b, ("001", "002")).split())


def test_one_seed_is_not_evidence(sample: Any) -> None:
    a, b = sample("ship"), sample("ship")
    assert "001 was trained with one seed: not evidence" in _flat(a, b)
    seeds = [{"seed": n, "validation_loss": 0.5, "chosen": n == 0} for n in range(3)]
    a["details"]["training"]["seeds"] = seeds
    told = _flat(a, b)
    assert "001 was trained" not in told
    assert "002 was trained with one seed" in told
    b["details"]["training"]["seeds"] = seeds[:2]
    assert "002 was trained with 2 seeds: not evidence" in _flat(a, b)


def test_a_side_that_trained_nothing_needs_no_seeds(sample: Any) -> None:
    assert "trained with" not in _flat(sample("use_rag"), sample("use_rag"))


def test_other_items_are_a_warning(sample: Any) -> None:
    a, b = sample("ship"), sample("ship")
    assert "judged items" not in _flat(a, b)
    b["data"]["items_digest"] = "other"
    assert "The judged items differ" in _flat(a, b)
    del a["data"]["items_digest"]
    assert "judged items" not in _flat(a, b)
    a["data"]["version"] = "other"
    assert "may not be the same" in _flat(a, b)
    assert "other on validation items" in _flat(a, sample("validation_only"))


DIFFER: dict[str, Any] = {
    "settings": [{"key": "train.rank", "a": "16", "b": "64"}],
    "rows": [
        {"split": "train", "both": 3000, "removed": 80, "added": 412},
        {"split": "test", "both": 400, "removed": 0, "added": 0},
    ],
    "metric": "exact_match",
    "flips": [
        {
            "arm": "tuned", "items": 200, "num_better": 12, "num_worse": 1, "better": [],
            "worse": [
                {"id": "1", "source": "data/train.jsonl:77", "question": "Is there a \x1b fee?",
                 "gold": "top_up_fee", "a": "top_up_fee", "b": "card_fee"}
            ],
        }
    ],
}  # fmt: skip


def test_settings_rows_and_answers_that_differ_are_shown(sample: Any) -> None:
    text = compare_text(sample("ship"), sample("ship"), ("001", "002"), DIFFER)
    flat = " ".join(text.split())
    assert "train.rank 16 64" in flat
    assert "train 3,000 80 412" in flat
    assert "tuned 200 12 1" in flat
    assert "tuned is worse in 002: 1 of 1" in text and "tuned is better" not in text
    assert "\\x1b" in flat and "\x1b" not in text
    assert max(map(len, text.split("\n"))) <= 80


def test_what_is_equal_is_said_to_be(sample: Any) -> None:
    equal = {"settings": [], "rows": [], "metric": "exact_match", "flips": []}
    text = compare_text(sample("ship"), sample("ship"), ("001", "002"), equal)
    assert "The configurations are equal." in text
    assert "The data are equal, row by row." in text
    assert "No validation item was answered in both runs." in text
    other = compare_text(sample("ship"), sample("ship"), ("001", "002"), equal | {"metric": ""})
    assert "decide by different metrics" in other


def test_an_arm_of_one_side_is_not_run_on_the_other(sample: Any) -> None:
    text = compare_text(sample("ship"), sample("do_not_ship"))
    row = next(line for line in text.split("\n") if line.startswith("  tuned_rag"))
    assert row.endswith("not run")
    assert max(map(len, text.split("\n"))) <= 80
