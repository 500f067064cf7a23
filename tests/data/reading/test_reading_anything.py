"""Whatever the bytes are: findings and declared errors, nothing else, and every row counted."""

from __future__ import annotations

import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whet.data import read, stream
from whet.errors import WhetError
from whet.findings import Finding
from whet.types import Example

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

NUM_CASES = int(os.environ.get("WHET_FUZZ_CASES", "50"))
QUICK = settings(
    max_examples=NUM_CASES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
WORDS = st.sampled_from(
    ["user", "assistant", "human", "gpt", "system", "tool", "function_call", "text", "tool_use",
     "tool_result", "thinking", "Human: a\n\nAssistant: b", "\n\nHuman: a\n\nAssistant:",
     '[{"role": "user", "content": "a"}]', '{"name": "f", "arguments": {}}', "true", "“", "x"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["role", "from", "content", "value", "type", "text", "tool_calls",
                         "function", "name", "arguments", "input", "human", "thinking",
                         "tool_use_id", "weight", "x"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
TURN = st.fixed_dictionaries(
    {"role": WORDS, "content": WORDS | VALUES}, optional={"tool_calls": VALUES, "reasoning": VALUES}
)
TURNS = st.lists(TURN | VALUES, max_size=4)
COLUMNS = st.sampled_from(
    ["messages", "conversations", "instruction", "input", "output", "prompt", "completion",
     "tools", "history", "system", "text", "label", "chosen", "rejected", "rejected_response",
     "reasoning", "url", "kto_tag"]
)  # fmt: skip
SHAPES = st.sampled_from(
    [("messages",), ("chosen", "rejected"), ("prompt", "chosen", "rejected"), ("text",),
     ("messages", "rejected_response"), ("prompt", "completion", "label"), ("input", "output"),
     ("instruction", "output", "reasoning"), ("query", "response", "history", "system")]
)  # fmt: skip
FILLED = SHAPES.flatmap(
    lambda names: st.fixed_dictionaries(dict.fromkeys(names, VALUES | TURNS | WORDS))
)
ROWS = st.lists(st.dictionaries(COLUMNS, VALUES, max_size=4), max_size=5) | st.lists(
    FILLED, max_size=4
)
FRAGMENTS = st.lists(
    st.sampled_from([b'{"input": "a", "output": "b"}', b"\n", b"\r", b",", b"[", b"]", b"{", b"}",
                     b'"', b"\\", b"\x00", b"\xff", b"\xef\xbb\xbf", b"input,output", b"a,b", b";",
                     b"NaN", b"1e999", b"\\ud800", b"\xe2\x80\xa8", b"data", b":", b" ", b"sep=;",
                     "“".encode(), b'["a", "b"]', b"ARROW1", b"(\xb5/\xfd", b"Human: "]),
    max_size=30,
).map(b"".join)  # fmt: skip
SUFFIXES = [".jsonl", ".json", ".csv", ".tsv", ".txt", ".parquet", ".arrow", ".feather",
            ".jsonl.gz", ".csv.gz", ".json.zst"]  # fmt: skip


def accounted(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    try:
        reading = read(name, root=folder)
    except WhetError:
        return
    assert reading.num_rows == len(reading.examples) + len(reading.broken)
    assert reading.examples or reading.errors, "no rows and no word about it"
    assert bool(reading.broken) <= bool(reading.errors), "a row was set aside without an error"
    parts = list(stream(name, root=folder))
    assert [part for part in parts if isinstance(part, Example)] == reading.examples
    assert [part for part in parts if isinstance(part, Finding)] == reading.findings
    for example in reading.examples:
        assert example.answer.strip() or example.messages[-1].get("tool_calls")
        json.dumps(dict(example.fields), allow_nan=False).encode()
        json.dumps(list(example.messages), ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize("suffix", SUFFIXES)
@QUICK
@given(data=st.binary(max_size=400) | FRAGMENTS)
def test_no_bytes_raise_anything_undeclared(tmp_path: Path, suffix: str, data: bytes) -> None:
    accounted(tmp_path, "a" + suffix, data)


@QUICK
@given(data=FRAGMENTS, cut=st.integers(0, 200), junk=st.binary(max_size=5))
def test_no_damage_of_a_gz_raises_anything_undeclared(
    tmp_path: Path, data: bytes, cut: int, junk: bytes
) -> None:
    packed = gzip.compress(data)
    accounted(tmp_path, "a.jsonl.gz", packed[: max(0, len(packed) - cut)] + junk)


@QUICK
@given(data=FRAGMENTS, cut=st.integers(0, 200), junk=st.binary(max_size=5))
def test_no_damage_of_a_zst_raises_anything_undeclared(
    tmp_path: Path, data: bytes, cut: int, junk: bytes
) -> None:
    packed = zstd.compress(data)
    accounted(tmp_path, "a.jsonl.zst", packed[: max(0, len(packed) - cut)] + junk)


@QUICK
@given(start=st.integers(0, 5000), junk=st.binary(min_size=1, max_size=40), form=st.booleans())
def test_no_damage_of_an_arrow_file_raises_anything_undeclared(
    tmp_path: Path, start: int, junk: bytes, form: bool
) -> None:
    arrow = pytest.importorskip("pyarrow")
    rows = [{"input": f"q{i}", "output": "a", "list": [{"x": i}]} for i in range(20)]
    table = arrow.Table.from_pylist(rows)
    sink = arrow.BufferOutputStream()
    new = arrow.ipc.new_file if form else arrow.ipc.new_stream
    with new(sink, table.schema) as writer:
        writer.write_table(table)
    data = bytearray(sink.getvalue())
    start = start % len(data)
    data[start : start + len(junk)] = junk
    accounted(tmp_path, "a.arrow", bytes(data))


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
@QUICK
@given(rows=ROWS)
def test_no_values_raise_anything_undeclared(
    tmp_path: Path, suffix: str, rows: list[dict[str, Any]]
) -> None:
    if suffix == ".json":
        accounted(tmp_path, "a.json", json.dumps(rows).encode())
    else:
        accounted(tmp_path, "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())


@QUICK
@given(
    rows=st.lists(st.tuples(st.text(), st.text()), min_size=1),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
)
def test_every_text_of_a_jsonl_comes_back_as_it_went_in(
    tmp_path: Path, rows: list[tuple[str, str]], end: str, bom: bool
) -> None:
    good = [(q, a) for q, a in rows if q.strip() and a.strip() and "\x00" not in q + a]
    text = "".join(json.dumps({"input": q, "output": a}, ensure_ascii=False) + end for q, a in good)
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" * bom + text.encode())
    reading = read("a.jsonl", root=tmp_path)
    assert [(example.question, example.answer) for example in reading.examples] == good


SAID = st.text(min_size=1, max_size=20).filter(lambda text: text.strip() and "\x00" not in text)
DIALECTS = {
    "openai": lambda turns: {"messages": [{"role": r, "content": t} for r, t in turns]},
    "sharegpt": lambda turns: {
        "conversations": [{"from": "human" if r == "user" else "gpt", "value": t} for r, t in turns]
    },
    "blocks": lambda turns: {
        "messages": [{"role": r, "content": [{"type": "text", "text": t}]} for r, t in turns]
    },
    "pairs": lambda turns: {
        "conversation": [
            {"human": asked[1], "assistant": answered[1]}
            for asked, answered in zip(turns[::2], turns[1::2], strict=True)
        ]
    },
    "history": lambda turns: {
        "query": turns[-2][1],
        "response": turns[-1][1],
        "history": [[turns[i][1], turns[i + 1][1]] for i in range(0, len(turns) - 2, 2)],
    },
    "prompt": lambda turns: {
        "prompt": [{"role": r, "content": t} for r, t in turns[:-1]],
        "completion": turns[-1][1],
    },
    "pair of conversations": lambda turns: {
        "chosen": [{"role": r, "content": t} for r, t in turns],
        "rejected": [{"role": r, "content": t} for r, t in [*turns[:-1], ("assistant", "no")]],
    },
    "judged": lambda turns: {
        "messages": [{"role": r, "content": t} for r, t in turns],
        "label": True,
    },
}


@pytest.mark.parametrize("dialect", DIALECTS)
@QUICK
@given(asked=st.lists(st.tuples(SAID, SAID), min_size=1, max_size=3))
def test_every_dialect_gives_back_what_was_said(
    tmp_path: Path, dialect: str, asked: list[tuple[str, str]]
) -> None:
    turns = [turn for q, a in asked for turn in (("user", q), ("assistant", a))]
    row = DIALECTS[dialect](turns)
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    reading = read("a.jsonl", root=tmp_path)
    if dialect == "pair of conversations" and turns[-1][1] == "no":
        return
    assert not reading.errors, reading.errors[0]
    (example,) = reading.examples
    assert [(m["role"], m["content"]) for m in example.messages] == turns
