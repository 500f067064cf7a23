"""The form that `whet clean` writes reads as what it was made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from whet.data import read
from whet.data.writers import json_lines, row_of
from whet.errors import DataError
from whet.findings import Finding

TOOL = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}
CALL = {"type": "function", "id": "c1", "function": {"name": "find", "arguments": {"q": 1}}}
ROWS: dict[str, Any] = {
    "alpaca with a system column": {
        "instruction": "Say", "input": "x", "output": "y", "system": "s", "n": 3, "f": 1.5,
        "ok": True, "none": None, "list": [1],
    },
    "tool calls": {
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": "", "tool_calls": [CALL]},
            {"role": "tool", "content": "r", "tool_call_id": "c1", "name": "find"},
            {"role": "assistant", "content": "a", "reasoning_content": "so"},
        ],
        "tools": [TOOL],
    },
    "columns with our names": {"prompt": "q", "completion": "a", "group": "g", "fields": "f"},
    "odd characters": {"input": "a\u2028b\u0085c\U0001f600\r\nd", "output": "\t'\"\\"},
    "history": {"input": "q", "output": "a", "history": [["b", "c"]], "customer": "k"},
    "lists of texts": {"input": "q", "output": "a", "references": ["b"], "criteria": ["c", "d"]},
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
@pytest.mark.parametrize("group_by", [None, "customer", "group"])
def test_a_row_that_was_written_reads_as_the_same_example(
    tmp_path: Path, row: dict[str, Any], group_by: str | None
) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    first = read("a.jsonl", root=tmp_path, group_by=group_by).examples
    text = "".join(json_lines(map(row_of, first)))
    (tmp_path / "b.jsonl").write_text(text, encoding="utf-8", newline="")
    reading = read("b.jsonl", root=tmp_path)
    (again,) = reading.examples
    (example,) = first
    assert (again.id, again.messages, again.tools) == (example.id, example.messages, example.tools)
    assert (again.group, again.fields) == (example.group, example.fields)
    assert [f for f in reading.findings if isinstance(f, Finding)] == []


def test_a_folder_of_ours_is_read_without_its_account(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text('{"input": "q", "output": "a"}\n')
    for name in ("manifest.json", "ledger.json", "sides.json", "broken.jsonl"):
        (tmp_path / name).write_text('{"not": "data"}\n')
    assert read(tmp_path).num_rows == 1
    (tmp_path / "test.jsonl").write_text('{"input": "r", "output": "a"}\n')
    with pytest.raises(DataError, match=r"several splits. Name each in whet.yaml: data.test: "):
        read(tmp_path)
