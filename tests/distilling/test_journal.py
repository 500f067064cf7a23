from __future__ import annotations

from pathlib import Path

from whet.distilling import Journal


def test_money_of_a_request_that_a_kill_cut_off_stays_spent(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append("a", asked=5.0)
    assert journal.read().spent == 5.0
    # The next run asks again and is answered: the first request may have been billed as well.
    journal.append("a", asked=5.0)
    journal.append("a", answer="x", cost=2.0)
    assert journal.read().spent == 7.0


def test_a_lost_attempt_is_spent_beside_the_answer(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append("a", asked=5.0)
    journal.append("a", lost=5.0)
    journal.append("a", answer="x", cost=2.0)
    known = journal.read()
    assert known.spent == 7.0 and known.answers["a"]["answer"] == "x"


def test_an_answer_after_a_failure_replaces_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append("a", failed="no", cost=0.0)
    assert journal.read().failures == {"a": "no"}
    journal.append("a", answer="x", cost=0.0)
    assert not journal.read().failures


def test_half_a_line_is_no_line_and_the_next_append_cuts_it_off(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append("a", answer="x", cost=1.0)
    with journal.path.open("ab") as stream:
        stream.write(b'{"key": "b", "answer": "ha')
    assert list(journal.read().answers) == ["a"]
    journal.append("c", answer="z", cost=1.0)
    assert list(journal.read().answers) == ["a", "c"]
