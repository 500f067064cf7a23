"""Everything a rater can get, searched for what could tell the arms apart.

The two arms' answers differ in one word of equal length, `alpha` and `omega`, and the arms have
telling names. Whatever else differs with the side that an arm stands on is a leak.
"""

from __future__ import annotations

import itertools
import random
import re
import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from tests_reviewing import Client, Opened, Page, make_frozen, open_review, serving

from whet.reviewing.comparing.frozen import Pair
from whet.stats.proportions import wilson

Served = Callable[..., Opened]
ITEMS = 120
SECRET_NAMES = ("tuned-llama-9b", "gpt-baseline", "runs/042", "whet-nano")


@pytest.fixture(scope="module")
def seen(
    tmp_path_factory: pytest.TempPathFactory, loopback: None
) -> Iterator[tuple[Opened, Client, dict[str, Page]]]:
    """A review with telling names, and every page of the first rater."""
    frozen = make_frozen(ITEMS, run="runs/042", pairs=(Pair(*SECRET_NAMES[:2]),))
    items = tuple(
        replace(item, answers=dict(zip(SECRET_NAMES, item.answers.values(), strict=False)))
        for item in frozen.items
    )
    opened = open_review(tmp_path_factory.mktemp("run"), replace(frozen, items=items))
    with serving(opened) as review:
        client = Client(review.port)
        client.enter(review.tokens["rater-1"])
        rater = review.desk.by_id("rater-1")
        assert rater is not None
        keys = [one.key for one in review.desk.queue(rater)]
        yield review, client, {key: client.get(f"/c/{key}") for key in keys}
    opened.desk.history.close()


def test_no_name_of_an_arm_a_model_or_a_run_reaches_a_rater(
    seen: tuple[Opened, Client, dict[str, Page]],
) -> None:
    review, client, pages = seen
    key = next(iter(pages))
    others = [
        client.get(path)
        for path in ("/", "/start", "/done", "/work", "/assets/review.js", "/assets/review.css",
                     "/assets/icon.svg", "/nowhere", "/c/none", "/favicon.ico", "/openapi.json",
                     "/docs", f"/c/{key}/", "/reviews/001/review.json", "/assets/../app.py",
                     "/assets/..%2fapp.py", "/assets/review.json")
    ]  # fmt: skip
    others.append(client.post(f"/c/{key}", client.form(f"/c/{key}") | {"choice": "nonsense"}))
    others.append(client.post("/undo", client.form(f"/c/{key}") | {"key": key, "undone": "7"}))
    others.append(client.vote(f"/c/{key}", "tie", accept="application/json"))
    told = [*SECRET_NAMES, "tuned", "baseline", "prompt", review.folder.path.name + "/"]
    told += [review.frozen.digest, str(review.folder.path), review.folder.secret().seed.hex()]
    told += [item.id for item in review.frozen.items]
    for page in (*pages.values(), *others):
        everything = page.text + "\n".join(f"{key}: {value}" for key, value in page.headers)
        for word in told:
            assert word.lower() not in everything.lower(), word


def _left(review: Opened, key: str) -> bool:
    """Whether the first arm stands on the left."""
    return review.desk._owners[key].left == SECRET_NAMES[0]


def _skeleton(page: Page) -> str:
    """A page without the texts, the random names and the numbers."""
    text = re.sub(r"(alpha|omega)", "WORD", page.text)
    text = re.sub(r"[0-9a-f]{32,64}", lambda found: "x" * len(found[0]), text)
    return re.sub(r"\d+", "9", text)


def test_pages_are_equal_but_for_the_texts_whichever_arm_is_left(
    seen: tuple[Opened, Client, dict[str, Page]],
) -> None:
    _, _, pages = seen
    middle = list(pages.values())[1:-1]
    assert len({_skeleton(page) for page in middle}) == 1
    assert len({tuple(key for key, _ in page.headers) for page in pages.values()}) == 1
    kinds = {tuple(v for k, v in page.headers if k != "content-length") for page in pages.values()}
    assert len(kinds) == 1


def test_lengths_of_pages_say_nothing_of_the_side(
    seen: tuple[Opened, Client, dict[str, Page]],
) -> None:
    review, _, pages = seen
    digits = {}
    for key, page in pages.items():
        shape = tuple(len(found) for found in re.findall(r"\d+", page.text) if len(found) < 8)
        digits.setdefault((shape, len(page.body)), set()).add(_left(review, key))
    lengths = {shape: set() for shape, _ in digits}
    for shape, length in digits:
        lengths[shape].add(length)
    assert all(len(found) == 1 for found in lengths.values()), "equal texts give equal lengths"


def test_no_digit_of_an_id_and_no_place_in_the_order_predicts_the_side(
    seen: tuple[Opened, Client, dict[str, Page]],
) -> None:
    review, _, pages = seen
    sides = [_left(review, key) for key in pages]
    names = [(key, page.field("vote_id")) for key, page in pages.items()]
    level = 0.01 / (2 * 32 * 4 + 3)
    for which in (0, 1):
        for digit in range(32):
            for bit in range(4):
                bits = [int(name[which][digit], 16) >> bit & 1 for name in names]
                _even([side == bool(b) for side, b in zip(sides, bits, strict=True)], level)
    _even(sides, level)
    _even([side == (n % 2 == 0) for n, side in enumerate(sides)], level)
    _even([a == b for a, b in itertools.pairwise(sides)], level)


def _even(found: list[bool], level: float) -> None:
    share = wilson(sum(found), len(found), level)
    assert share.low is not None and share.high is not None
    assert share.low <= 0.5 <= share.high


def test_answers_take_no_longer_on_one_side_than_on_the_other(
    seen: tuple[Opened, Client, dict[str, Page]],
) -> None:
    """Interleaved, the median of each page's times, and a permutation of sides as the measure.

    A leak is there each time; a gap that chance made is not, so three tries are given.
    """
    review, client, pages = seen
    keys = list(pages)[:40]
    sides = [_left(review, key) for key in keys]
    assert any(_equal_by_chance(_medians(client, keys), sides) for _ in range(3))


def _medians(client: Client, keys: list[str]) -> list[float]:
    """Seconds of each page."""
    times: dict[str, list[float]] = {key: [] for key in keys}
    for _ in range(5):
        for key in keys:
            times[key].append(client.get(f"/c/{key}").seconds)
    return [statistics.median(times[key]) for key in keys]


def _equal_by_chance(seconds: list[float], sides: list[bool]) -> bool:
    """Whether the gap of the sides is one that chance gives more often than once in a thousand."""

    def gap(labels: list[bool]) -> float:
        left = [one for one, side in zip(seconds, labels, strict=True) if side]
        right = [one for one, side in zip(seconds, labels, strict=True) if not side]
        return abs(statistics.median(left) - statistics.median(right))

    drawn = random.Random(0)
    by_chance = sorted(gap(drawn.sample(sides, len(sides))) for _ in range(1000))
    return gap(sides) <= by_chance[998]


def test_a_masked_answer_looks_like_any_other(served: Served) -> None:
    from whet.evals.masking import mask_names

    told = mask_names("I am ChatGPT and was trained by OpenAI. Sure, answer 3.", SECRET_NAMES).text
    assert "ChatGPT" not in told and "OpenAI" not in told
    frozen = make_frozen(4)
    items = tuple(
        replace(item, answers={**item.answers, "tuned": told}, raw={"tuned": "I am ChatGPT"})
        for item in frozen.items
    )
    review = served(frozen=replace(frozen, items=items))
    client = Client(review.port)
    client.enter(review.tokens["rater-1"])
    page = client.get(client.next())
    assert "ChatGPT" not in page.text and "[name]" in page.text
