"""A judge costs money and may be out of reach: it stops in time, keeps what it has, and goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import whet
from whet.cli import main
from whet.errors import ConfigError, EndpointError, RunError
from whet.rundir import RunDir, State, read_json, read_jsonl

Serve = Callable[..., Any]
MakeProject = Callable[..., Path]

PRICED = "price: {input: 100, output: 1000}, max_new_tokens: 32"
COST = (100 * 100 + 20 * 1000) / 1e6  # what the test's server says it used


def right(_: int, answer: str) -> str:
    return answer


def half_right(number: int, answer: str) -> str:
    return answer if number % 2 else "moo"


def judge(folder: Path) -> Any:
    return whet.eval(folder, split="test", arms=("other", "tuned"),
                     predictions=folder / "tuned.jsonl")  # fmt: skip


def test_it_stops_before_the_budget_is_passed_and_goes_on_without_paying_twice(
    answered: MakeProject, serve: Serve
) -> None:
    server = serve()
    settings = f"endpoint: '{server.url}', model: judge-1, {PRICED}, budget: 1.0, concurrency: 4"
    folder = answered(right, half_right, settings, items=24)
    with pytest.raises(RunError, match=r"stopped before the budget of 1 USD") as stopped:
        judge(folder)
    run = folder / "runs" / "001"
    paid = len(server.asked)
    assert 0 < paid * COST <= 1.0 and "judge.budget=MORE" in str(stopped.value)
    assert RunDir(run).state is State.FAILED
    assert not (run / "judge" / "judge.json").exists() and not (run / "report.json").exists()

    # The same budget allows no more, and asks for nothing.
    with pytest.raises(RunError, match="stopped before the budget"):
        whet.eval(run)
    assert len(server.asked) == paid

    result = whet.eval(run, "judge.budget=10")
    wanted = 24 + 12 + 2 * 12  # equal answers are asked about once, in scores and not in pairs
    assert len(server.asked) == wanted, "nothing is asked twice"
    told = result.report["details"]["judge"]
    assert told["spent"] == pytest.approx(wanted * COST)
    assert (told["budget"], told["asked"]) == (10.0, wanted - paid)
    assert result.report["looks"]["number"] == 1, "going on is not another look"
    assert read_json(run / "run.json")["changed"] == ["judge.budget=10"]


@pytest.mark.slow
def test_a_stopped_run_may_end_with_the_items_that_are_judged(
    answered: MakeProject, serve: Serve
) -> None:
    server = serve()
    settings = f"endpoint: '{server.url}', model: judge-1, {PRICED}, budget: 1.5, concurrency: 1"
    folder = answered(right, half_right, settings, items=24)
    with pytest.raises(RunError) as stopped:
        judge(folder)
    paid = len(server.asked)
    command = str(stopped.value).rpartition("judge.sample=")
    assert command[1], "the message says how many items are through"
    result = whet.eval(folder / "runs" / "001", f"judge.sample={command[2]}")
    assert len(server.asked) == paid
    assert result.report["details"]["judge"]["items"] == int(command[2]) > 0


def test_a_judge_out_of_reach_ends_the_run_and_what_was_judged_is_kept(
    answered: MakeProject, serve: Serve
) -> None:
    server = serve()
    knowing, count = server.script, [0]

    def dying(parts: dict[str, str]) -> Any:
        count[0] += 1
        return knowing(parts) if count[0] <= 20 else 503

    server.script = dying
    folder = answered(right, half_right, f"endpoint: '{server.url}', model: judge-1", items=20)
    with pytest.raises(EndpointError, match=r"503: not now.* judgements are there, and kept"):
        judge(folder)
    server.script = knowing
    told = whet.eval(folder / "runs" / "001").report["details"]["judge"]
    assert told["unscored"] == {}
    assert told["asked"] == 20 + 10 + 20 - 20


def test_a_request_that_is_refused_for_good_is_unscored_and_stops_nothing(
    answered: MakeProject, serve: Serve
) -> None:
    server = serve()
    knowing = server.script
    server.script = lambda parts: 400 if "number 3 " in parts["user"] else knowing(parts)
    folder = answered(right, half_right, f"endpoint: '{server.url}', model: judge-1", items=20)
    result = judge(folder)
    rows = read_jsonl(result.run / "judge" / "judgements.jsonl")
    unscored = [row for row in rows if row["fault"]]
    assert {row["fault"] for row in unscored} == {"no answer"}
    told = result.report["details"]["judge"]
    assert told["unscored"] == {"no answer": len(unscored)}
    assert told["scores"]["tuned"]["unscored"] == 1


def test_only_the_amount_of_judging_may_change_on_the_way(
    answered: MakeProject, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve(lambda _: 401)
    folder = answered(right, right, f"endpoint: '{server.url}', model: judge-1", items=12)
    asked = ["eval", "--config", str(folder / "whet.yaml"), "--arms", "other,tuned",
             "--split", "test", "--predictions", str(folder / "tuned.jsonl")]  # fmt: skip
    assert main(asked) == 2
    told = capsys.readouterr().err
    assert "answered 401" in told and "0 of 12 judgements are there" in told.replace("\n", " ")
    with pytest.raises(ConfigError, match=r"own config\.yaml.* judge\.model"):
        whet.eval(folder / "runs" / "001", "judge.model=judge-2", "judge.sample=3")
