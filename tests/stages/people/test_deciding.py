"""`primary: preference` by people's votes, from the run that asks for them to the verdict."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from whet.errors import ConfigError, RunError
from whet.reviewing.comparing import people
from whet.reviewing.comparing.ballots import Ballot
from whet.reviewing.comparing.desk import Desk
from whet.reviewing.comparing.draws import Draws
from whet.reviewing.comparing.frozen import ReviewFolder
from whet.reviewing.server.raters import Role
from whet.reviewing.store import open_history
from whet.rundir import RunDir, read_json, write_json
from whet.stages.people.freezing import freeze_review
from whet.stages.samples import read_samples
from whet.verbs import review_actions
from whet.verbs.verdict import verdict

Voted = Callable[[], RunDir]
Prefers = Callable[[str, str], str | None]


def vote(folder: ReviewFolder, prefers: Prefers, most: int | None = None) -> None:
    """All raters vote: `prefers` names the better arm for a rater and an item, None for a tie."""
    frozen = folder.frozen()
    with closing(open_history(folder.path, frozen.digest)) as history:
        people.invite(history, frozen.raters)
        clock = iter(range(10**6))
        desk = Desk(frozen, Draws(folder.secret().seed, frozen), history, lambda: 9.0 * next(clock))
        seconds = iter(range(10**6))
        history._clock = lambda: 1.7e9 + 9 * next(seconds)
        for name in desk.raters:
            rater = desk.by_id(name)
            assert rater is not None and rater.role is Role.RATER
            for one in desk.queue(rater)[:most]:
                best = prefers(name, one.item.id)
                choice = (
                    "tie" if best is None else "left_much" if one.left == best else "right_much"
                )
                desk.place(rater, one.key)
                desk.cast(rater, one.key, 1, Ballot(choice))


WAIVED = {"waive": ["forgetting=ready answers have no model to measure"], "by": "a test"}


def test_a_run_without_votes_asks_for_them(voted: Voted) -> None:
    report = read_json(voted().report_json)
    assert report["verdict"] == "inconclusive"
    assert "whet review RUN --arms tuned,canned" in report["next"] and "219 items" in report["next"]
    assert any("nobody has compared these answers yet" in reason for reason in report["reasons"])
    gate = next(gate for gate in report["gates"] if gate["name"] == "human")
    assert gate["result"] == "inconclusive"


def test_people_who_prefer_the_candidate_ship_it(voted: Voted) -> None:
    run = voted()
    vote(freeze_review(run), lambda rater, item: "canned" if int(item[-2:], 16) < 40 else "tuned")
    report = verdict(run.path, **WAIVED).report
    assert report["verdict"] == "ship"
    (pair,) = report["comparisons"]
    assert (pair["a"], pair["b"], pair["metric"]) == ("tuned", "canned", "preference")
    assert pair["low"] > 0.05
    assert report["details"]["lamps"]["human"] != "not_run"
    assert any("2 people, blind, on 60 of 80 items" in reason for reason in report["reasons"])


def test_people_who_prefer_the_baseline_do_not_ship(voted: Voted) -> None:
    run = voted()
    vote(freeze_review(run), lambda rater, item: "tuned" if int(item[-2:], 16) < 30 else "canned")
    report = verdict(run.path, **WAIVED).report
    assert report["verdict"] == "use_other"
    gate = next(gate for gate in report["gates"] if gate["name"] == "human")
    assert gate["result"] == "fail", gate["evidence"]


def test_people_who_are_divided_leave_it_open_and_say_how_many_more(voted: Voted) -> None:
    run = voted()
    drawn = random.Random(5)
    vote(freeze_review(run), lambda rater, item: drawn.choice(["tuned", "canned"]))
    report = verdict(run.path).report
    assert report["verdict"] == "inconclusive"
    assert "items with votes would settle it" in report["next"]


def test_votes_are_not_read_before_all_are_in(voted: Voted) -> None:
    run = voted()
    folder = freeze_review(run)
    vote(folder, lambda rater, item: "tuned", most=40)
    report = verdict(run.path).report
    assert report["verdict"] == "inconclusive" and report["comparisons"] == []
    assert any("80 of 126 votes are in" in reason for reason in report["reasons"])
    text, found = review_actions.status(run.path)
    assert found.tallies == () and "net preference" not in text and "80 of 126" in text


def test_a_review_that_is_closed_early_is_read_and_says_so(voted: Voted) -> None:
    run = voted()
    vote(freeze_review(run), lambda rater, item: "tuned", most=40)
    review_actions.act(run.path, "close")
    report = verdict(run.path).report
    assert any("80 of 126 votes, closed early" in reason for reason in report["reasons"])
    assert report["comparisons"][0]["difference"] == 1.0
    assert "closed early, with 46 votes" in review_actions.status(run.path)[0]


def test_a_review_shows_the_items_that_are_named_and_no_others(voted: Voted) -> None:
    run = voted()
    ids = [sample.id for sample in read_samples(run, "tuned", "test")][5:9]
    frozen = freeze_review(run, ids=ids).frozen()
    assert {item.id for item in frozen.items} == set(ids)
    with pytest.raises(ConfigError, match="the run answered no item nobody of its test items"):
        freeze_review(run, ids=["nobody"])


def test_a_file_of_items_is_read_as_the_judge_writes_it(tmp_path: Path) -> None:
    from whet.cli.review import _items

    file = tmp_path / "spot_check.jsonl"
    file.write_text('{"item": "a1"}\n\nb2\n', encoding="utf-8")
    assert _items(str(file)) == ["a1", "b2"] and _items("40") == 40 and _items(None) is None
    for wrong in ("0", "nowhere.jsonl"):
        with pytest.raises(ConfigError, match="expected a number above 0, or a file"):
            _items(wrong)
    file.write_text('{"id": "a1"}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"spot_check\.jsonl:1: expected an id"):
        _items(str(file))


def test_a_rigger_is_named_and_the_verdict_without_them_is_said(voted: Voted) -> None:
    run = voted()
    folder = freeze_review(run, raters=3)
    frozen = folder.frozen()
    drawn = random.Random(1)
    sides = {
        (name, one.item.id): one.left
        for name in ("rater-1", "rater-2", "rater-3")
        for one in Draws(folder.secret().seed, frozen).queue(
            name, ["rater-1", "rater-2", "rater-3"]
        )
    }

    def prefers(rater: str, item: str) -> str:
        return (
            sides[rater, item] if rater == "rater-3" else drawn.choice(["tuned"] * 9 + ["canned"])
        )

    vote(folder, prefers)
    reasons = verdict(run.path).report["reasons"]
    assert any("Look at the votes of rater-3: left was better in" in reason for reason in reasons)
    assert any(reason.startswith("The verdict without rater-3") for reason in reasons)
    assert "without the raters named above" in review_actions.status(run.path)[0]


def test_what_was_frozen_cannot_be_changed_in_silence(voted: Voted) -> None:
    run = voted()
    folder = freeze_review(run)
    vote(folder, lambda rater, item: "tuned")
    path = folder.path / "review.json"
    whole = read_json(path)
    changed = json.loads(json.dumps(whole))
    changed["items"][0]["answers"]["tuned"] += "!"
    write_json(path, changed)
    with pytest.raises(RunError, match="changed since it was frozen"):
        verdict(run.path)
    write_json(path, whole)
    samples = run.samples("canned", "test")
    samples.write_text(samples.read_text().replace("See our page", "Read our page"))
    with pytest.raises(RunError, match=r"canned\.jsonl: not as the run wrote it"):
        verdict(run.path)
    run.note(answers={})  # as in a run of before hashes were kept
    with pytest.raises(RunError, match="people judged other answers of canned"):
        verdict(run.path)


def test_freezing_masks_draws_and_pairs(voted: Voted) -> None:
    run = voted()
    frozen = freeze_review(run).frozen()
    assert (len(frozen.items), frozen.num_judged) == (60, 80)
    assert [(pair.a, pair.b) for pair in frozen.pairs] == [("tuned", "canned")]
    shown = " ".join(item.answers["tuned"] for item in frozen.items)
    assert "ChatGPT" not in shown and "[name]" in shown
    masked = [item for item in frozen.items if item.raw]
    assert masked and all("I am ChatGPT" in item.raw["tuned"] for item in masked)
    again = freeze_review(run, arms=("canned", "tuned"), raters=3, items=10)
    assert again.path.name == "002" and again.frozen().raters == 3
    assert again.frozen().pairs == frozen.pairs, "the candidate comes first"
    with pytest.raises(ConfigError, match="no arm rag"):
        freeze_review(run, arms=("tuned", "rag"))
    with pytest.raises(ConfigError, match="name two arms"):
        freeze_review(run, arms=("tuned",))
    with pytest.raises(ConfigError, match="--split validation"):
        freeze_review(run, split="validation")


def test_exports_tell_where_they_come_from(voted: Voted, tmp_path: object) -> None:
    run = voted()
    folder = freeze_review(run)
    vote(folder, lambda rater, item: "tuned")
    done = review_actions.export(run.path, run.path / "out")
    assert "pairs.jsonl holds test items" in done.text
    origin = read_json(run.path / "out" / "provenance.json")
    assert origin["review"] == folder.frozen().digest
    assert origin["seed"] == folder.secret().seed.hex()
    assert origin["raters"] == ["rater-1", "rater-2"] and origin["votes"] == 126


def test_backup_restore_links_and_removal(voted: Voted) -> None:
    run = voted()
    folder = freeze_review(run)
    vote(folder, lambda rater, item: "tuned", most=10)
    backup = review_actions.act(run.path, "backup").values["backup"]
    link = review_actions.act(run.path, "link", "rater-1").values["path"]
    assert link.startswith("/enter/")
    review_actions.act(run.path, "remove", "rater-2")
    assert review_actions.status(run.path)[1].progress.removed == ("rater-2",)
    with pytest.raises(ConfigError, match="There are: rater-1, adjudicator"):
        review_actions.act(run.path, "remove", "rater-2")
    review_actions.restore(run.path, backup)
    assert review_actions.status(run.path)[1].progress.removed == ()
    with pytest.raises(RunError, match="no review of canned and rag"):
        review_actions.status(run.path, ("canned", "rag"))


def test_rows_of_one_id_are_one_item(voted: Voted) -> None:
    run = voted()
    for arm in ("tuned", "canned"):
        path = run.samples(arm, "test")
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join([*lines, lines[0], lines[1]]), encoding="utf-8")
    run.note(answers={})  # as in a run of before hashes were kept
    folder = freeze_review(run, items=200)
    frozen = folder.frozen()
    ids = [item.id for item in frozen.items]
    assert len(ids) == len(set(ids)) == frozen.num_judged == 80
    vote(folder, lambda rater, item: "tuned")
    pairs = verdict(run.path).report["comparisons"]
    assert pairs and all(row["difference"] == 1.0 for row in pairs)


def test_the_report_shows_the_votes_once_they_may_be_read(voted: Voted) -> None:
    run = voted()
    folder = freeze_review(run)
    vote(folder, lambda rater, item: "tuned", most=40)
    (shown,) = verdict(run.path).report["details"]["review"]
    assert (shown["done"], shown["asked"], shown["is_over"]) == (80, 126, False)
    assert shown["tallies"] == []
    assert "results are read when all votes are in" in run.report_html.read_text(encoding="utf-8")
    review_actions.act(run.path, "close")
    (shown,) = verdict(run.path).report["details"]["review"]
    assert shown["closed_early"] and [each["name"] for each in shown["raters"]] == [
        "rater-1",
        "rater-2",
    ]
    (tally,) = shown["tallies"]
    assert (tally["a"], tally["b"], tally["losses"]) == ("tuned", "canned", 0)
    assert tally["net"]["value"] == 1.0
    page = run.report_html.read_text(encoding="utf-8")
    assert f"tuned is better on {tally['wins']} items, canned on 0" in page
