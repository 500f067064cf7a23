"""Near duplicates are found, verified and bounded; templates filled in twice are none."""

from __future__ import annotations

import itertools
import random
import string

import numpy as np
import pytest

from whet.data.overlap import near_duplicates
from whet.data.overlap.join import Joined, join
from whet.data.overlap.measure import Alike, Measure
from whet.data.overlap.words import Words, read_words

Rows = list[str]


def clusters(rows: Rows) -> list[tuple[str, ...]]:
    return [c.ids for c in near_duplicates((str(i), text) for i, text in enumerate(rows)).clusters]


def vocabulary(num: int, seed: int = 0) -> list[str]:
    drawn = random.Random(seed)
    return ["".join(drawn.choices(string.ascii_lowercase, k=6)) for _ in range(num)]


def prose(num: int, words: int = 20, seed: int = 0, size: int = 3000) -> Rows:
    drawn, known = random.Random(seed), vocabulary(size)
    return [" ".join(drawn.choices(known, k=words)) for _ in range(num)]


def changed(text: str, place: int, word: str) -> str:
    words = text.split()
    words[place] = word
    return " ".join(words)


def test_a_text_with_one_word_in_twenty_changed_is_a_near_copy() -> None:
    rows = prose(300)
    rows.append(changed(rows[7], 11, "otherwise"))
    assert clusters(rows) == [("7", "300")]


def test_case_lines_and_punctuation_make_no_difference() -> None:
    rows = prose(50)
    rows.append(changed(rows[3], 5, "otherwise").upper().replace(" ", ",\n"))
    assert clusters(rows) == [("3", "50")]


def test_exact_copies_are_counted_and_in_no_cluster() -> None:
    rows = prose(20)
    found = near_duplicates((str(i), text) for i, text in enumerate([*rows, rows[0] + "!"]))
    assert (found.clusters, found.num_copies, found.num_texts) == ([], 1, 21)


def test_a_template_with_other_numbers_is_no_copy() -> None:
    template = "my order {} of the red garden chair has not arrived at my house in town yet"
    rows = prose(100)
    assert clusters([*rows, template.format(4711), template.format(4712)]) == []
    assert clusters([*rows, template.format(4711), template.format("#4711")]) == []  # exact
    assert clusters([*rows, template.format(4711), f"hello {template.format(4711)}"]) != []


def test_another_noun_in_a_short_question_is_another_question() -> None:
    common = ["how", "do", "i", "say", "in", "the", "language", "of", "my", "neighbours"]
    drawn = random.Random(6)
    rows = [f"{text} {' '.join(drawn.sample(common, 10))}" for text in prose(200)]
    question = "how do i say {} in the language of my neighbours"
    assert clusters([*rows, question.format("sunflower"), question.format("bicycle")]) == []
    assert clusters([*rows, question.format("sunflower"), question.format("the sunflower")]) != []


def test_a_long_shared_instruction_counts_for_little() -> None:
    instruction = " ".join(vocabulary(60, seed=5))
    rows = [f"{instruction}: {text}" for text in prose(200, words=8, seed=1)]
    assert clusters(rows) == []
    assert clusters([*rows, f"{rows[4]} please"]) == [("4", "200")]


def test_texts_of_few_words_are_left_alone_and_counted() -> None:
    found = near_duplicates([("a", "where is my card"), ("b", "where is my new card")])
    assert (found.clusters, found.num_short) == ([], 2)


def test_texts_without_spaces_are_compared_by_characters() -> None:
    drawn = random.Random(2)
    rows = ["".join(chr(drawn.randrange(0x4E00, 0x5E00)) for _ in range(30)) for _ in range(60)]
    assert clusters([*rows, rows[9][:14] + "\u4e8c" + rows[9][15:]]) == [("9", "60")]


def test_a_chain_is_cut_where_members_are_unlike_the_first() -> None:
    chain = [prose(1, words=24, seed=9)[0]]
    fresh = iter(vocabulary(100, seed=8))
    for place in range(0, 24, 2):
        chain.append(changed(changed(chain[-1], place, next(fresh)), place + 1, next(fresh)))
    rows = [*prose(500), *chain]
    found = clusters(rows)
    assert len(found) > 1
    assert max(map(len, found)) < len(chain) / 2


def test_a_large_cluster_is_found_whole_and_told_first() -> None:
    base = prose(1, words=30, seed=3)[0]
    fresh = vocabulary(400, seed=4)
    copies = [changed(base, i % 30, fresh[i]) for i in range(300)]
    rows = [*prose(40_000, words=9), *copies]
    rows.append(changed(rows[0], 0, "otherwise"))
    assert len(clusters(rows)[0]) == 300


def test_the_join_finds_exactly_the_pairs_that_comparing_all_finds() -> None:
    drawn, known = random.Random(1), vocabulary(60)
    rows = prose(60, words=24, size=60)
    for _ in range(2):
        rows += [changed(text, drawn.randrange(24), drawn.choice(known)) for text in rows]
    for alike in (Alike(0.4, 0.5), Alike(0.6, 0.7), Alike(0.8, 0.8)):
        measure = Measure(read_words(rows), alike)
        first, second = np.array(list(itertools.combinations(range(len(rows)), 2))).T
        near = measure.similarity(first, second) > 0
        wanted = set(zip(first[near].tolist(), second[near].tolist(), strict=True))
        found = join(measure)
        assert pairs(found) == wanted
        assert len(wanted) > 50


def pairs(found: Joined) -> set[tuple[int, int]]:
    return set(zip(found.first.tolist(), found.second.tolist(), strict=True))


def test_the_measure_is_the_weighted_jaccard_similarity_of_word_pairs() -> None:
    rows = ["a b c d", "a b c e", "x y z"]
    measure = Measure(read_words(rows), Alike(0.01, 0.01))
    # shared: ab, bc (in two of three texts); alone: cd, ce (in one)
    shared, alone = 2 * np.log(13 / 2), 2 * np.log(13 / 1)
    similarity = measure.similarity(np.array([0]), np.array([1]))
    np.testing.assert_allclose(similarity, shared / (shared + alone))


def test_many_texts_of_one_template_are_bounded_and_said_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("whet.data.overlap.join.MIN_BUDGET", 1)
    drawn, known = random.Random(0), vocabulary(12)
    rows = ["please " + " ".join(drawn.choices(known, k=9)) for _ in range(2000)]
    found = near_duplicates((str(i), text) for i, text in enumerate(rows))
    assert found.num_capped > 0
    assert found.num_compared <= 64 * 2000


def test_nothing_in_gives_nothing_out() -> None:
    assert near_duplicates([]).clusters == []
    assert near_duplicates([("a", "")]).clusters == []
    assert near_duplicates([("a", " ".join("abcdefghij"))]).clusters == []


def test_words_are_numbered_row_by_row() -> None:
    words: Words = read_words(["Where is it?", "", "It is here.", "Caf\u00e9, 3pm\x00"])
    assert words.lengths.tolist() == [3, 0, 3, 2]
    assert words.ids[:4].tolist() == [1, 2, 3, 0]
    assert words.is_number[words.ids].sum() == 1
    assert words.take(np.array([2, 0])).lengths.tolist() == [3, 3]
