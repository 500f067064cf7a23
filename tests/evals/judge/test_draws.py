from __future__ import annotations

from whet.evals.judge.draws import drawn, spot_checked

IDS = [f"item{n}" for n in range(200)]


def test_a_larger_draw_begins_with_the_smaller_one() -> None:
    assert drawn(IDS, 50) == drawn(IDS, 80)[:50]
    assert len(drawn(IDS, None)) == 200


def test_a_draw_does_not_depend_on_the_order_of_the_items() -> None:
    assert drawn(IDS[::-1], 30) == drawn(IDS, 30)
    assert drawn(IDS, 30) != IDS[:30]


def test_a_share_of_the_items_is_drawn_for_people_rounded_up() -> None:
    assert len(spot_checked(IDS, 0.1)) == 20
    assert len(spot_checked(IDS[:11], 0.1)) == 2
    assert set(spot_checked(IDS, 0.05)) < set(spot_checked(IDS, 0.1))
