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


def test_settings_that_differ_are_shown_and_no_others(sample: Any) -> None:
    a, b = sample("ship"), sample("ship")
    assert "Training settings are equal." in _flat(a, b)
    b["details"]["training"]["settings"]["rank"] = 64
    table = compare_text(a, b).split("Settings that differ")[1]
    assert "rank" in table
    assert "learning_rate" not in table


def test_an_arm_of_one_side_is_not_run_on_the_other(sample: Any) -> None:
    text = compare_text(sample("ship"), sample("do_not_ship"))
    row = next(line for line in text.split("\n") if line.startswith("  tuned_rag"))
    assert row.endswith("not run")
    assert max(map(len, text.split("\n"))) <= 80
