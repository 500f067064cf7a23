"""Sides, order and assignment: drawn by a key, even, and unmoved by what does not concern them."""

from __future__ import annotations

from collections import Counter

from tests_reviewing import make_frozen

from whet.reviewing.comparing.draws import Draws

SEED = b"s" * 32
RATERS = ["rater-1", "rater-2", "rater-3"]


def test_sides_are_even_by_rater_and_independent_between_raters() -> None:
    frozen = make_frozen(1000)
    draws = Draws(SEED, frozen)
    sides = [
        {one.item.id: one.left for one in draws.queue(rater, RATERS[:2])} for rater in RATERS[:2]
    ]
    for found in sides:
        assert 450 <= Counter(found.values())["tuned"] <= 550
    same = sum(sides[0][key] == sides[1][key] for key in sides[0])
    assert 450 <= same <= 550


def test_another_seed_draws_other_sides_and_orders() -> None:
    frozen = make_frozen(100)
    first, second = (Draws(seed, frozen).queue("rater-1", RATERS) for seed in (SEED, b"t" * 32))
    assert [one.item.id for one in first] != [one.item.id for one in second]
    assert {one.key for one in first}.isdisjoint({one.key for one in second})


def test_the_same_seed_draws_the_same_again() -> None:
    frozen = make_frozen(50, repeats=0.1)
    assert Draws(SEED, frozen).queue("rater-1", RATERS) == Draws(SEED, frozen).queue(
        "rater-1", RATERS
    )


def test_an_item_more_moves_no_side() -> None:
    small, large = (Draws(SEED, make_frozen(n)).queue("rater-1", RATERS) for n in (50, 51))
    sides = {one.item.id: (one.left, one.key) for one in large}
    assert all(sides[one.item.id] == (one.left, one.key) for one in small)


def test_each_item_has_so_many_raters_and_a_leaver_s_share_falls_to_the_others_alone() -> None:
    frozen = make_frozen(300, raters=3, votes_per_item=2)
    draws = Draws(SEED, frozen)
    before = {item.id: draws.judges(item, RATERS) for item in frozen.items}
    assert {len(found) for found in before.values()} == {2}
    counts = Counter(name for found in before.values() for name in found)
    assert all(160 <= counts[name] <= 240 for name in RATERS)
    after = {item.id: draws.judges(item, RATERS[:2]) for item in frozen.items}
    for item, found in before.items():
        if "rater-3" not in found:
            assert after[item] == found


def test_repeats_come_late_and_on_sides_of_their_own() -> None:
    frozen = make_frozen(200, repeats=0.1)
    queue = Draws(SEED, frozen).queue("rater-1", RATERS[:2])
    assert len(queue) == 220 and sum(one.is_repeat for one in queue) == 20
    places = {one.item.id: n for n, one in enumerate(queue) if not one.is_repeat}
    sides = {one.item.id: one.left for one in queue if not one.is_repeat}
    gaps = [n - places[one.item.id] for n, one in enumerate(queue) if one.is_repeat]
    assert min(gaps) > 0
    flipped = sum(sides[one.item.id] != one.left for one in queue if one.is_repeat)
    assert 3 <= flipped <= 17


def test_equal_answers_are_not_asked_about() -> None:
    from dataclasses import replace

    frozen = make_frozen(3)
    same = replace(frozen.items[0], answers={"tuned": "Yes.", "prompt": "Yes."})
    frozen = replace(frozen, items=(same, *frozen.items[1:]))
    assert len(Draws(SEED, frozen).queue("rater-1", RATERS[:2])) == 2
