"""Each sign at a row that has it, and not at the rows around it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from whet.data.suspicion import Sign, Suspect, rank
from whet.types import Example

CARE = ("a damp cloth", "warm water", "a soft brush", "a little vinegar", "lemon juice")
THINGS = ("lamp", "kettle", "chair", "table", "window", "carpet", "mirror", "pillow", "drawer")


def row(question: str, answer: str, number: int) -> Example:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return Example.of(turns, f"rows.jsonl:{number}")  # type: ignore[arg-type]


def good(num: int = 60) -> list[tuple[str, str]]:
    rows = []
    for n in range(num):
        thing, care = THINGS[n % len(THINGS)], CARE[n % len(CARE)]
        question = f"How do I clean the {thing} that I bought in shop {n}?"
        answer = f"Take {care} and wipe the {thing} slowly. Let it dry for {n + 2} minutes."
        rows.append((question, answer))
    return rows


def ranked(*bad: tuple[str, str], among: Sequence[tuple[str, str]] = ()) -> dict[int, Suspect]:
    """The suspects by the number of their row; the bad ones are the first."""
    rows = [row(*pair, number) for number, pair in enumerate([*bad, *(among or good())])]
    found = rank(rows).suspects
    assert len(found) == len(rows)
    return {int(suspect.row.source.rpartition(":")[2]): suspect for suspect in found}


ASKED = "How do I clean the lamp that I bought yesterday?"


@pytest.mark.parametrize(
    ("sign", "answer"),
    [
        (Sign.TRUNCATED, "Take a damp cloth and wipe the lamp slowly. Let it dry for the"),
        (Sign.TRUNCATED, "Take a damp cloth and wipe the lamp slowly. Let it dry,"),
        (Sign.TRUNCATED, "Take a cloth for the lamp:\n```\nwipe()\n"),
        (Sign.SHORT, "N/A"),
        (Sign.SHORT, "..."),
        (Sign.COPIED, ASKED),
        (Sign.COPIED, f"{ASKED} Take a damp cloth."),
        (Sign.REPEATED, "Wipe the lamp. " * 12),
        (Sign.LANGUAGE, "Nehmen Sie ein feuchtes Tuch und wischen Sie die Lampe damit ab, bitte."),
        (Sign.LANGUAGE, "\u7528\u6e7f\u5e03\u6162\u6162\u64e6\u62ed\u706f\u5177\u3002"),
        (Sign.VOICE, "What a stupid question. Take a damp cloth and wipe the lamp."),
        (Sign.VOICE, "TAKE A DAMP CLOTH AND WIPE THE LAMP SLOWLY."),
        (Sign.VOICE, "lol idk, gonna wipe ur lamp with smth i guess"),
        (Sign.REFUSAL, "I'm sorry, but I can't help with the lamp."),
        (Sign.MARKUP, "Take a damp cloth.\nHuman: thanks\nAssistant: Wipe the lamp."),
        (Sign.MARKUP, "Take a damp cloth &nbsp; and wipe the lamp slowly."),
        (Sign.PLACEHOLDER, "Take a {{cloth}} and wipe the lamp slowly. Let it dry."),
        (Sign.DAMAGE, "Take a damp cloth, it\u00e2\u20ac\u2122s best for the lamp. Let it dry."),
        (Sign.SECRET, "Wipe the lamp and write to jane.doe@corp-mail.com. Let it dry."),
        (Sign.LONG, "Take a damp cloth and wipe the lamp slowly, part by part. " * 30),
    ],
)
def test_a_sign_is_found_and_told_in_a_sentence(sign: Sign, answer: str) -> None:
    suspect = ranked((ASKED, answer))[0]

    assert sign in suspect.signs
    (reason,) = [each for each in suspect.reasons if each.sign is sign]
    assert reason.message.endswith((".", '."'))
    assert 0 < reason.strength <= 1


def test_a_good_row_among_good_rows_has_hardly_a_reason() -> None:
    found = ranked(*good())

    assert max(suspect.score for suspect in found.values()) < 0.5
    assert sum(suspect.score > 0.3 for suspect in found.values()) <= 6


def test_an_answer_to_another_question_is_found() -> None:
    odd = ("How do I bake bread with rye flour?", "Knead the rye flour well, and bake for an hour.")
    wrong = ("How do I clean the kettle that I bought?", odd[1].replace("rye", "wheat"))

    found = ranked(wrong, odd)

    assert Sign.UNRELATED in found[0].signs
    assert found[0].score > found[1].score


def test_rows_that_contradict_each_other_name_each_other() -> None:
    first = (ASKED, "Take a damp cloth and wipe the lamp slowly.")
    second = (ASKED, "Never wipe the lamp: send it to the maker of the lamp.")

    found = ranked(first, second)

    for number, other in ((0, 1), (1, 0)):
        (reason,) = [r for r in found[number].reasons if r.sign is Sign.CONTRADICTION]
        assert reason.others == (f"rows.jsonl:{other}",)


def test_an_answer_without_the_form_of_nearly_all_others_is_found() -> None:
    among = [(q, json.dumps({"answer": a, "sure": True})) for q, a in good()]

    found = ranked((ASKED, "Take a damp cloth and wipe the lamp slowly."), among=among)

    assert Sign.FORM in found[0].signs
    assert any("JSON" in r.message for r in found[0].reasons)


def test_what_a_fifth_of_the_rows_do_is_a_trait_and_no_suspicion() -> None:
    shouted = [(q, a.upper() if n % 3 == 0 else a) for n, (q, a) in enumerate(good(180))]

    found = ranked(*shouted)

    assert not any(Sign.VOICE in suspect.signs for suspect in found.values())


def test_a_translation_is_no_foreign_row() -> None:
    asked = "Translate into German: take a damp cloth and wipe the lamp."
    answer = "Nehmen Sie ein feuchtes Tuch und wischen Sie die Lampe damit ab, bitte."

    assert Sign.LANGUAGE not in ranked((asked, answer))[0].signs


def test_words_of_the_question_are_not_held_against_the_answer() -> None:
    asked = "Which word is ruder: idiot, moron or fool?"
    answer = "Moron is ruder than idiot, and idiot is ruder than fool."

    assert Sign.VOICE not in ranked((asked, answer))[0].signs


def test_labels_are_doubted_where_their_neighbours_have_another() -> None:
    texts = {
        "card": "my bank card is lost or stolen somewhere",
        "loan": "i want to borrow money for a house",
    }
    rows = [(f"{texts[n]} {i}", n) for i in range(40) for n in texts]
    rows[7] = (rows[7][0], "card")
    rows[9] = (rows[9][0], "I think it is about a loan, but who knows")

    found = ranked(*rows, among=[("my bank card is lost 99", "card")])

    assert max(found, key=lambda number: found[number].score) in (7, 9)
    assert Sign.LABEL in found[7].signs
    assert Sign.ODD_LABEL in found[9].signs
    assert sum(suspect.score > 0.4 for suspect in found.values()) <= 4


def test_a_loss_far_over_that_of_rows_of_its_length_is_a_sign() -> None:
    rows = [row(*pair, number) for number, pair in enumerate(good())]
    losses = {each.id: 1.0 + 0.01 * (n % 7) for n, each in enumerate(rows)}
    losses[rows[12].id] = 3.0

    found = {suspect.row.id: suspect for suspect in rank(rows, loss_of=losses).suspects}

    assert Sign.LOSS in found[rows[12].id].signs
    assert sum(Sign.LOSS in suspect.signs for suspect in found.values()) == 1


def test_answers_marked_as_bad_are_not_accused_of_being_bad() -> None:
    turns = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": "Shut up, you idiot."},
    ]
    marked = Example.of(turns, "rows.jsonl:0", desirable=False)  # type: ignore[arg-type]
    rows = [marked, *(row(*pair, number) for number, pair in enumerate(good(), 1))]

    found = {suspect.row.source: suspect for suspect in rank(rows).suspects}

    assert Sign.VOICE not in found["rows.jsonl:0"].signs


def test_the_order_is_the_same_at_every_run_and_ties_keep_the_rows_order() -> None:
    rows = [row(*pair, number) for number, pair in enumerate(good())]

    first, second = rank(rows).suspects, rank(rows).suspects

    assert [s.row.source for s in first] == [s.row.source for s in second]
    without = [int(s.row.source.rpartition(":")[2]) for s in first if s.score == 0]
    assert without == sorted(without)


@pytest.mark.parametrize("num", [0, 1, 2, 5])
def test_few_rows_are_ranked_too(num: int) -> None:
    assert len(rank([row(*pair, n) for n, pair in enumerate(good(num))]).suspects) == num


def test_the_place_that_is_meant_lies_within_the_text() -> None:
    bad = [(ASKED, "Take it slowly. Then the"), (ASKED, "What a dumb idea, you fool. lol")]
    for suspect in ranked(*bad).values():
        for reason in suspect.reasons:
            if reason.turn >= 0:
                content = suspect.row.messages[reason.turn]["content"]
                assert 0 <= reason.start <= reason.end <= len(content)
