from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whet.data import read
from whet.distilling import Asking, Keeping, Spending
from whet.errors import ConfigError, EndpointError, Interrupted, RunError
from whet.progress import Silent
from whet.verbs.distill import Distilled, distill

pytest.importorskip("httpx2")


def said(text: str, reason: str = "stop", num_in: int = 10, num_out: int = 5) -> Any:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": reason}
    usage = {"prompt_tokens": num_in, "completion_tokens": num_out}
    return 200, {"choices": [choice], "usage": usage}, {}


def echo(_: int, body: dict[str, Any]) -> Any:
    return said(f"answer to {body['messages'][-1]['content']}")


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def manifest(folder: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((folder / "record" / "manifest.json").read_text())
    return value


def asked(url: str, **options: Any) -> Asking:
    return Asking("big", url, **{"concurrency": 4, "max_new_tokens": 50} | options)


def counted(result: Distilled) -> int:
    failed = sum(result.failed.values())
    return result.kept + sum(result.rejected.values()) + failed + result.open


def test_answers_become_messages_with_their_origin(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    server = serve(echo)
    out = tmp_path / "out"
    result = distill([prompts], out, asked(server.url))
    assert (result.kept, result.open, result.state) == (12, 0, "complete")
    first = rows(out / "data.jsonl")[0]
    assert [m["content"] for m in first["messages"]] == ["question 0", "answer to question 0"]
    meta = first["meta"]
    assert meta["origin"] == "synthetic" and meta["teacher"].endswith("/v1/chat/completions#big")
    assert meta["temperature"] == 0 and meta["date"] and len(meta["prompt_hash"]) == 16
    examples = read([out]).examples
    assert len(examples) == 12, "the folder itself is a data set"
    assert manifest(out)["ledger"] == {
        "wanted": 12, "kept": 12, "rejected": {}, "failed": {}, "open": 0,
    }  # fmt: skip


def test_several_requests_run_at_a_time(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    barrier = threading.Barrier(3)

    def together(number: int, body: dict[str, Any]) -> Any:
        if number < 3:
            barrier.wait(timeout=10)
        return echo(number, body)

    server = serve(together)
    distill([prompts], tmp_path / "out", asked(server.url, concurrency=3))
    assert server.most_at_once == 3


@pytest.mark.parametrize(
    "trouble",
    [
        (429, {"error": {"message": "slow down"}}, {"Retry-After": "0"}),
        (500, "oops", {}),
        (503, "", {"Retry-After": "0.05"}),
        "cut",
    ],
    ids=["429", "500", "503", "cut"],
)
def test_what_passes_is_tried_again(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path, trouble: Any
) -> None:
    server = serve(lambda number, body: trouble if number % 3 == 0 else echo(number, body))
    result = distill([prompts], tmp_path / "out", asked(server.url))
    assert result.kept == 12 and len(server.bodies) > 12


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ((200, "this is no JSON", {}), "answered 200: this is no JSON"),
        ((200, {"choices": []}, {}), "no chat completion"),
        ((400, {"error": {"message": "too long"}}, {}), "too long"),
    ],
)
def test_an_input_that_gets_no_answer_is_kept_apart(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path, trouble: Any, reason: str
) -> None:
    def sometimes(number: int, body: dict[str, Any]) -> Any:
        return trouble if body["messages"][-1]["content"] == "question 3" else echo(number, body)

    server = serve(sometimes)
    out = tmp_path / "out"
    result = distill([prompts], out, asked(server.url))
    assert (result.kept, sum(result.failed.values())) == (11, 1)
    (failed,) = rows(out / "record" / "failed.jsonl")
    assert reason in failed["reason"] and failed["source"].endswith(":4")
    assert counted(result) == result.wanted == 12


def test_a_failed_input_is_asked_again_and_an_answered_one_is_not(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    broken = serve(
        lambda n, body: (400, "no", {}) if "3" in body["messages"][-1]["content"] else echo(n, body)
    )
    out = tmp_path / "out"
    assert distill([prompts], out, asked(broken.url)).kept == 11
    broken.bodies.clear()
    again = distill([prompts], out, asked(broken.url))
    assert broken.questions == ["question 3"] and again.kept == 11


def test_answers_that_are_empty_cut_or_not_of_the_form_are_rejected(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    replies = {"question 0": said(""), "question 1": said('{"a": 1}', "length"),
               "question 2": said("free text"), "question 3": said('{"b": 1}')}  # fmt: skip
    server = serve(lambda n, body: replies.get(body["messages"][-1]["content"], said('{"a": 2}')))
    out = tmp_path / "out"
    result = distill([prompts], out, asked(server.url), keeping=Keeping(json_keys=["a"]))
    assert result.kept == 8
    assert result.rejected == {
        "empty": 1, "cut off at max_new_tokens": 1, "not of the form JSON with a": 2,
    }  # fmt: skip
    rejected = rows(out / "record" / "rejected.jsonl")
    assert {row["source"].rpartition(":")[2] for row in rejected} == {"1", "2", "3", "4"}
    assert rejected[2]["messages"][-1]["content"] == "free text"


def test_the_form_of_a_project_is_the_sieve(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    config = tmp_path / "whet.yaml"
    config.write_text("model: m\ndata: {train: x}\ngates: {format: {regex: 'answer to .*[1]'}}\n")
    server = serve(echo)
    keeping = Keeping(config=config)
    result = distill([prompts], tmp_path / "out", asked(server.url), keeping=keeping)
    assert result.kept == 2, "question 1 and question 11"


def test_known_answers_decide_where_a_metric_is_named(
    serve: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("question,answer\nred?,Yes\nblue?,no\n", encoding="utf-8")
    server = serve(lambda *_: said("yes."))
    keeping = Keeping(keep_if="exact_match=1")
    result = distill([file], tmp_path / "out", asked(server.url), keeping=keeping)
    assert result.kept == 1 and result.rejected == {"exact_match 0, below 1": 1}


def test_several_samples_differ_and_repeats_are_rejected(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    server = serve(lambda n, body: said(f"{body['seed'] % 2} {body['messages'][-1]['content']}"))
    result = distill([prompts], tmp_path / "out", asked(server.url, samples=3))
    assert (result.wanted, result.kept) == (36, 24)
    assert result.rejected == {"repeats another answer to the same input": 12}
    assert {body["temperature"] for body in server.bodies} == {0.7}


def test_the_teachers_prompt_is_sent_and_not_taught(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    (tmp_path / "teacher.txt").write_text("Think hard.", encoding="utf-8")
    server = serve(echo)
    out = tmp_path / "out"
    distill([prompts], out, asked(server.url, prompt=tmp_path / "teacher.txt"))
    assert server.bodies[0]["messages"][0] == {"role": "system", "content": "Think hard."}
    assert [m["role"] for m in rows(out / "data.jsonl")[0]["messages"]] == ["user", "assistant"]
    assert manifest(out)["prompt_sha256"]


# A price of 1 a token of output makes the worst case easy to count: 50 an answer, inputs free.
PRICES = {"price_input": 0.0, "price_output": 1e6}


def test_the_budget_is_never_passed(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    server = serve(lambda *_: said("x", num_out=30))
    spending = Spending(**PRICES, budget=200)
    result = distill([prompts], tmp_path / "out", asked(server.url), spending=spending)
    # After five answers 150 are spent, and 50 more still fit; after six 180, and they do not.
    assert (result.kept, result.open, result.spent) == (6, 6, 180)
    assert len(server.bodies) == 6 and result.state.startswith("stopped before the budget")
    assert result.wanted == counted(result)


def test_a_raised_budget_goes_on_and_pays_nothing_twice(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    server = serve(lambda n, body: said(body["messages"][-1]["content"], num_out=30))
    out = tmp_path / "out"
    distill([prompts], out, asked(server.url), spending=Spending(**PRICES, budget=100))
    result = distill([prompts], out, asked(server.url), spending=Spending(**PRICES, budget=1000))
    assert result.kept == 12 and result.spent == 12 * 30
    assert sorted(server.questions) == sorted(f"question {n}" for n in range(12))


def test_an_attempt_without_an_answer_counts_as_paid(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    server = serve(lambda n, body: "cut" if n == 0 else said("x", num_out=30))
    spending = Spending(**PRICES, budget=10_000)
    asking = asked(server.url, concurrency=1)
    result = distill([prompts], tmp_path / "out", asking, spending=spending)
    assert result.kept == 12 and result.spent == 12 * 30 + 50


def test_attempts_without_answers_stop_at_the_budget(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    server = serve(lambda *_: "cut")
    spending = Spending(**PRICES, budget=120)
    asking = asked(server.url, concurrency=1)
    result = distill([prompts], tmp_path / "out", asking, spending=spending)
    assert len(server.bodies) == 2 and result.spent == 100
    assert "the budget is used up" in next(iter(result.failed))


def test_a_timeout_is_tried_again(serve: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("hello\n")
    server = serve(lambda n, body: "slow" if n == 0 else echo(n, body))
    result = distill([tmp_path / "one.txt"], tmp_path / "out", asked(server.url, timeout_s=0.2))
    assert result.kept == 1 and len(server.bodies) == 2


def test_a_wrong_key_stops_at_once_and_is_shown_nowhere(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEACHER_KEY", "sk-very-secret-value")
    server = serve(lambda *_: (401, "no such key: sk-very-secret-value", {}))
    out = tmp_path / "out"
    with pytest.raises(EndpointError, match="answered 401") as caught:
        distill([prompts], out, asked(server.url, api_key_env="TEACHER_KEY", concurrency=1))
    assert len(server.bodies) == 1 and server.keys == ["Bearer sk-very-secret-value"]
    assert "very-secret" not in str(caught.value)
    assert manifest(out)["state"] == "failed" and manifest(out)["ledger"]["open"] == 12
    for file in out.rglob("*"):
        assert file.is_dir() or "very-secret" not in file.read_text()


def test_no_key_is_sent_unless_its_variable_is_named(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-you")
    server = serve(echo)
    distill([prompts], tmp_path / "out", asked(server.url))
    assert set(server.keys) == {None}


def test_ten_failures_in_a_row_stop_it(serve: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "many.txt"
    file.write_text("".join(f"q {n}\n" for n in range(100)))
    server = serve(lambda *_: (400, "unknown parameter", {}))
    with pytest.raises(EndpointError, match="10 requests in a row failed"):
        distill([file], tmp_path / "out", asked(server.url))
    assert len(server.bodies) < 20


class StopAfter(Silent):
    """Asks to stop once so many answers are there."""

    def __init__(self, num_answers: int) -> None:
        self.num_answers, self.done = num_answers, 0

    def advance(self, task: str, done: int, total: int) -> None:
        self.done = done

    def should_stop(self) -> bool:
        return self.done >= self.num_answers


def test_a_stop_keeps_what_is_there_and_the_next_run_asks_for_the_rest(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    server = serve(echo)
    out = tmp_path / "out"
    with pytest.raises(Interrupted, match="answers are open, and the same command goes on"):
        distill([prompts], out, asked(server.url), progress=StopAfter(3))
    half = manifest(out)
    assert half["state"] == "interrupted" and 3 <= half["ledger"]["kept"] < 12
    assert len(rows(out / "data.jsonl")) == half["ledger"]["kept"]
    result = distill([prompts], out, asked(server.url))
    assert result.kept == 12
    assert sorted(server.questions) == sorted(f"question {n}" for n in range(12))


def test_a_torn_line_is_asked_for_again(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    server = serve(echo)
    out = tmp_path / "out"
    distill([prompts], out, asked(server.url))
    journal = out / "record" / "journal.jsonl"
    data = journal.read_bytes()
    journal.write_bytes(data[:-20])
    server.bodies.clear()
    result = distill([prompts], out, asked(server.url))
    assert result.kept == 12 and len(server.bodies) == 1


def test_a_damaged_journal_is_not_paid_for_again(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    server = serve(echo)
    out = tmp_path / "out"
    distill([prompts], out, asked(server.url))
    journal = out / "record" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[0], b"###\n", *lines[2:]]))
    with pytest.raises(RunError, match=r"journal.jsonl:2: damaged"):
        distill([prompts], out, asked(server.url))


def test_two_at_once_in_one_folder_are_refused(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    begun, go = threading.Event(), threading.Event()

    def wait(n: int, body: dict[str, Any]) -> Any:
        begun.set()
        go.wait(10)
        return echo(n, body)

    server = serve(wait)
    out = tmp_path / "out"
    first = threading.Thread(target=distill, args=([prompts], out, asked(server.url)))
    first.start()
    try:
        assert begun.wait(10)
        with pytest.raises(RunError, match="another process is writing there"):
            distill([prompts], out, asked(server.url))
    finally:
        go.set()
        first.join()


@pytest.mark.parametrize(
    ("options", "said_instead"),
    [
        ({"asking": {"samples": 2, "temperature": 0}}, "need a temperature above 0"),
        ({"asking": {"temperature": 3}}, "expected 0 to 2"),
        ({"spending": {"budget": 3}}, "a budget needs prices"),
        ({"spending": {"budget": -1, "price_input": 1, "price_output": 1}}, "0 or more"),
        ({"keeping": {"regex": "("}}, "not a regular expression"),
        ({"keeping": {"regex": "a", "json_keys": ["b"]}}, "name one form"),
        ({"keeping": {"keep_if": "bleurt"}}, "no metric 'bleurt'"),
        ({"keeping": {"keep_if": "exact_match=most"}}, "expected METRIC=SCORE"),
        ({"keeping": {"keep_if": "exact_match"}}, "12 inputs have no known answer"),
        ({"asking": {"endpoint": "https://me:secret@api.example/v1"}}, "--api-key-env NAME"),
        ({"asking": {"endpoint": "https://api.example/v1?key=secret"}}, "--api-key-env NAME"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_anything_is_asked(
    prompts: Path, tmp_path: Path, options: dict[str, Any], said_instead: str
) -> None:
    asking = Asking("big", **{"endpoint": "http://127.0.0.1:9/v1"} | options.get("asking", {}))
    with pytest.raises(ConfigError) as caught:
        distill(
            [prompts],
            tmp_path / "out",
            asking,
            spending=Spending(**options.get("spending", {})),
            keeping=Keeping(**options.get("keeping", {})),
        )
    assert said_instead in str(caught.value) and "secret" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_things_is_left_alone(prompts: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").touch()
    with pytest.raises(ConfigError, match="not empty, and no distillation"):
        distill([prompts], tmp_path / "out", asked("http://127.0.0.1:9/v1"))


def test_time_between_attempts_ends_when_asked_to_stop(
    serve: Callable[..., Any], prompts: Path, tmp_path: Path
) -> None:
    server = serve(
        lambda n, body: echo(n, body) if n < 2 else (429, "wait", {"Retry-After": "0.9"})
    )
    start = time.monotonic()
    with pytest.raises(Interrupted):
        distill([prompts], tmp_path / "out", asked(server.url), progress=StopAfter(2))
    assert time.monotonic() - start < 10
    assert manifest(tmp_path / "out")["ledger"]["failed"] == {}
