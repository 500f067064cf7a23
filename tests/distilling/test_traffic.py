from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from whet.data import read
from whet.errors import ConfigError, DataError
from whet.verbs.distill import Distilled, distill

USER = {"role": "user", "content": "Where is my parcel?"}
ANSWER = {"role": "assistant", "content": "On its way."}


def pair(answer: Any = ANSWER, reason: str = "stop", **more: Any) -> dict[str, Any]:
    choices = [{"message": answer, "finish_reason": reason}]
    response = {"choices": choices, "model": "gpt-x", "created": 1_700_000_000}
    return {"request": {"messages": [USER]}, "response": response, "consent": True, **more}


def take(tmp_path: Path, *rows: Any, consent: str | None = "consent") -> Distilled:
    file = tmp_path / "log.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return distill([file], tmp_path / "out", consent=consent)


def kept(tmp_path: Path) -> list[dict[str, Any]]:
    text = (tmp_path / "out" / "data.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def everything_written(tmp_path: Path) -> str:
    files = [file for file in (tmp_path / "out").rglob("*") if file.is_file()]
    return "".join(file.read_text(encoding="utf-8") for file in files)


def test_a_request_and_its_answer_become_a_row(tmp_path: Path) -> None:
    result = take(tmp_path, pair(feedback={"thumb": "up"}, request_ip="10.0.0.1"))
    (row,) = kept(tmp_path)
    assert row["messages"] == [USER, ANSWER]
    meta = row["meta"]
    assert (meta["origin"], meta["model"], meta["date"]) == (
        "traffic", "gpt-x", "2023-11-14T22:13:20Z",
    )  # fmt: skip
    assert meta["feedback"] == {"feedback": {"thumb": "up"}}
    assert "fields left out: request_ip" in result.text()
    assert "10.0.0.1" not in everything_written(tmp_path)
    assert len(read([tmp_path / "out"]).examples) == 1


def test_stored_completions_are_read(tmp_path: Path) -> None:
    beside = {"messages": [USER], "choices": [{"message": ANSWER}], "metadata": {"ok": True}}
    inside = {"messages": [USER, ANSWER], "metadata": {"ok": True}}
    assert take(tmp_path, beside, inside, consent="metadata.ok").kept == 2
    assert [row["messages"] for row in kept(tmp_path)] == [[USER, ANSWER]] * 2


def test_tool_calls_and_developer_messages_are_kept_in_our_form(tmp_path: Path) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "find", "arguments": '{"n": 1}'}}
    row = pair({"role": "assistant", "content": None, "tool_calls": [call]})
    row["request"]["messages"].insert(0, {"role": "developer", "content": "Be brief."})
    row["request"]["messages"] = list(row["request"]["messages"])
    row["request"]["tools"] = [{"type": "function", "function": {"name": "find"}}]
    take(tmp_path, row)
    messages = kept(tmp_path)[0]["messages"]
    assert messages[0]["role"] == "system"
    assert messages[-1]["tool_calls"][0]["function"]["arguments"] == {"n": 1}
    assert kept(tmp_path)[0]["tools"]


@pytest.mark.parametrize("value", [False, None, "true", 1, "yes", [True]])
def test_only_true_is_consent_and_nothing_of_the_rest_is_written(
    tmp_path: Path, value: Any
) -> None:
    secret = {**pair({"role": "assistant", "content": "the private answer"}), "consent": value}
    result = take(tmp_path, pair(), secret)
    assert (result.kept, result.rejected) == (1, {"no consent (consent is not true)": 1})
    assert "private answer" not in everything_written(tmp_path)


def test_without_a_word_on_consent_nothing_is_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="say who agreed"):
        take(tmp_path, pair(), consent=None)
    assert not (tmp_path / "out").exists()


def test_everyone_may_have_agreed(tmp_path: Path) -> None:
    row = pair()
    del row["consent"]
    assert take(tmp_path, row, consent="everyone").kept == 1


def test_rows_that_teach_nothing_are_dropped_with_their_reason(tmp_path: Path) -> None:
    result = take(
        tmp_path,
        pair(),
        pair(reason="length"),
        pair(reason="content_filter"),
        pair({"role": "assistant", "content": None}),
        pair({"role": "assistant", "content": None, "refusal": "No."}),
        pair({"role": "assistant", "content": "  "}),
        {**pair(), "response": {"error": {"message": "overloaded"}}},
        {**pair(), "response": {"choices": []}},
        {**pair(), "request": {"prompt": "old form"}},
        {**pair(), "request": {"messages": [{"role": "robot", "content": "x"}]}},
        {**pair(), "request": "none"},
    )
    assert result.wanted == 11 and result.kept == 1
    assert result.rejected == {
        "no answer": 2, "cut off": 1, "filtered": 1, "refused": 1, "the request failed": 1,
        "no conversation to learn from (empty_turn)": 1, "no messages": 1,
        "no conversation to learn from (role)": 1, "request or response is no object": 1,
    }  # fmt: skip
    ledger = json.loads((tmp_path / "out/record/manifest.json").read_text())["ledger"]
    assert ledger["read"] == ledger["kept"] + sum(ledger["dropped"].values())


EMAIL, CARD = "jane.roe@shop-mail.de", "4539 1488 0343 6467"
TOKEN = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6"
KEY_BLOCK = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+secret/lines\n-----END RSA PRIVATE KEY-----"


def test_secrets_and_personal_data_are_masked_everywhere_before_writing(tmp_path: Path) -> None:
    call = {"type": "function", "function": {"name": "mail", "arguments": {"to": EMAIL}}}
    question = f"I am {EMAIL}, card {CARD}, again {EMAIL}. {KEY_BLOCK} bye"
    row = pair({"role": "assistant", "content": f"Use {TOKEN}.", "tool_calls": [call]})
    row["request"]["messages"] = [{"role": "user", "content": question}]
    row["comment"] = f"answer me at {EMAIL}"
    result = take(tmp_path, row)
    text = everything_written(tmp_path)
    for value in (EMAIL, CARD, TOKEN, "secret/lines"):
        assert value not in text
    messages = kept(tmp_path)[0]["messages"]
    assert messages[0]["content"] == (
        "I am [EMAIL_ADDRESS], card [CARD_NUMBER], again [EMAIL_ADDRESS]. [PRIVATE_KEY] bye"
    )
    assert "[GITHUB_TOKEN]" in messages[1]["content"]
    assert kept(tmp_path)[0]["meta"]["feedback"] == {"comment": "answer me at [EMAIL_ADDRESS]"}
    assert any("x PRIVATE_KEY" in note for note in result.notes)


def test_what_only_looks_personal_stays(tmp_path: Path) -> None:
    text = "Order A-17 of 3 May for info@example.com"
    take(tmp_path, pair({"role": "assistant", "content": text}))
    assert kept(tmp_path)[0]["messages"][-1]["content"] == text


def test_a_broken_log_is_not_imported_in_part(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text(json.dumps(pair()) + "\n{\n")
    with pytest.raises(DataError, match=r"log.jsonl:2: invalid JSON"):
        distill([file], tmp_path / "out", consent="consent")
    assert not (tmp_path / "out").exists()


def test_a_date_with_another_zone_is_told_in_utc(tmp_path: Path) -> None:
    times = ["2026-01-01T12:00:00+02:00", "2026-01-01T12:00:00", "2026-01-01T12:00:00Z"]
    response = pair()["response"]
    take(tmp_path, *(pair() | {"response": {**response, "created": one}} for one in times))
    hours = [row["meta"]["date"][11:13] for row in kept(tmp_path)]
    assert hours == ["10", "12", "12"]
