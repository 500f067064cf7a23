# ruff: noqa: E501 - a message that a person will read stands here whole
"""Good files become examples; bad files become messages that a person can act on."""

from __future__ import annotations

import gzip
import json
import os
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from whet.data import Reading, read
from whet.data.reading.quotes import STRAIGHTEN
from whet.errors import ConfigError, DataError
from whet.findings import Severity

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

OK = b'{"input": "a", "output": "b"}\n'
USER, ASSISTANT = ("user", "hi"), ("assistant", "ho")
CALL = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f"}}]}
GZ = gzip.compress(OK * 200, mtime=0)
ZST = zstd.compress(OK * 200, options={zstd.CompressionParameter.checksum_flag: 1})
MEND = "Mend or remove the row."


def rows(*values: Any) -> bytes:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode()


def chat(*turns: Any) -> bytes:
    return rows(
        {
            "messages": [
                {"role": turn[0], "content": turn[1]} if isinstance(turn, tuple) else turn
                for turn in turns
            ]
        }
    )


def read_bytes(folder: Path, name: str, data: bytes, **options: Any) -> Reading:
    (folder / name).write_bytes(data)
    return read(name, root=folder, **options)


def errors(reading: Reading) -> list[str]:
    return [str(finding) for finding in reading.findings if finding.severity is Severity.ERROR]


def texts(reading: Reading) -> list[tuple[str, str]]:
    return [(example.question, example.answer) for example in reading.examples]


# name, bytes, the one error, usable rows
BAD_FILES = [
    ("a.jsonl", OK + b'{"input": "a" "output": "b"}\n' + OK,
     "a.jsonl:2: invalid JSON at column 15: expecting ',' delimiter, at '\"output\": \"b\"}'. " + MEND, 2),
    ("a.jsonl", OK + b'{"input": "a", "out',
     "a.jsonl:2: invalid JSON at column 16: unterminated string starting; the text seems to be cut off. " + MEND, 1),
    ("a.jsonl", OK + b'{"input": "\xc3',
     "a.jsonl:2: byte 41 (0xc3) is not UTF-8; the file seems to be cut inside a character. Save the file as UTF-8.", 1),
    ("a.jsonl", OK.decode().encode("utf-16-le"),
     "a.jsonl: byte 0: this is UTF-16 without a byte order mark, not UTF-8. Save it as UTF-8.", 0),
    ("a.jsonl", b"\xff\xfe" + OK.decode().encode("utf-16-le"),
     "a.jsonl: byte 0: this is UTF-16, not UTF-8. Save it as UTF-8.", 0),
    ("a.csv", OK.decode().encode("utf-32"),
     "a.csv: byte 0: this is UTF-32, not UTF-8. Save it as UTF-8.", 0),
    ("a.jsonl", OK + '{"input": "café"}\n'.encode("latin-1"),
     "a.jsonl:2: byte 44 (0xe9) is not UTF-8; the file looks like Latin-1. Save the file as UTF-8.", 1),
    ("a.jsonl", OK + '{"input": "“a”"}\n'.encode("cp1252"),
     "a.jsonl:2: byte 41 (0x93) is not UTF-8; the file looks like Windows-1252. Save the file as UTF-8.", 1),
    ("a.jsonl", OK + b'{"input": "\xed\xa0\x80"}\n',
     "a.jsonl:2: byte 41 (0xed) is not UTF-8; it is half of a surrogate pair. Save the file as UTF-8.", 1),
    ("a.json", '[{"input": "café"}]'.encode("latin-1"),
     "a.json:1: byte 15 (0xe9) is not UTF-8; the file looks like Latin-1. Save the file as UTF-8.", 0),
    ("a.jsonl", OK + b'{"input": "a\x00"}\n',
     "a.jsonl:2: NUL byte at byte 42 of the file. Remove it.", 1),
    ("a.jsonl", OK + b'{"input": "a\\u0000", "output": "b"}\n',
     "a.jsonl:2: input: holds a NUL character (\\u0000). " + MEND, 1),
    ("a.jsonl", b'{"input": "a \\ud83d", "output": "b"}\n',
     "a.jsonl:1: input: holds half of a surrogate pair (\\ud83d), no character. " + MEND, 0),
    ("a.jsonl", b'{"input": "a", "output": "b", "output": "c"}\n',
     "a.jsonl:1: output: the key appears twice in its object. " + MEND, 0),
    ("a.jsonl", b'{"messages": [{"role": "user", "role": "tool", "content": "x"}]}\n',
     "a.jsonl:1: messages[0].role: the key appears twice in its object. " + MEND, 0),
    ("a.jsonl", b'{"input": "a", "output": "b", "score": NaN}\n',
     "a.jsonl:1: score: NaN is not JSON. " + MEND, 0),
    ("a.jsonl", b'{"input": "a", "output": "b", "score": [-Infinity]}\n',
     "a.jsonl:1: score[0]: -Infinity is not JSON. " + MEND, 0),
    ("a.jsonl", b'{"input": "a", "output": "b", "score": 1e999}\n',
     "a.jsonl:1: score: 1e999 is beyond the range of a number. " + MEND, 0),
    ("a.jsonl", b'{"input": "a", "output": "b", "n": ' + b"9" * 5000 + b"}\n",
     "a.jsonl:1: n: an integer of 5000 digits. " + MEND, 0),
    ("a.jsonl", b'{"input": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
     "a.jsonl:1: invalid JSON at column 1: lists and objects are nested more than 100 deep. " + MEND, 0),
    ("a.jsonl", b'{"input": ' + b"[" * 200 + b"]" * 200 + b"}\n",
     "a.jsonl:1: invalid JSON at column 1: lists and objects are nested more than 100 deep. " + MEND, 0),
    ("a.json", b"[" * 100_000,
     "a.json:1: invalid JSON at column 2: lists and objects are nested more than 100 deep. Mend the file.", 0),
    ("a.jsonl", b'{"input": "a", "output": "b"} {"input": "c"}\n',
     "a.jsonl:1: invalid JSON at column 31: there is more after the value: '{\"input\": \"c\"}'. " + MEND, 0),
    ("a.jsonl", OK + b'["a", "b"]\n',
     'a.jsonl:2: the row is a list; expected an object with named values. Write it as {"column": value}.', 1),
    ("a.jsonl", OK + b"{}\n",
     'a.jsonl:2: the row is an empty object; expected an object with named values. Write it as {"column": value}.', 1),
    ("a.jsonl", b"", "a.jsonl: holds no rows. Add rows, or do not name the file.", 0),
    ("a.jsonl", b"\n\n\n", "a.jsonl: holds no rows. Add rows, or do not name the file.", 0),
    ("a.json", b"[]", "a.json: holds no rows. Add rows, or do not name the file.", 0),
    ("a.json", b'{"data": []}', "a.json: holds no rows. Add rows, or do not name the file.", 0),
    ("a.csv", b"input,output\n", "a.csv: has a header but no rows. Add rows, or do not name the file.", 0),
    ("a.json", b'[{"input": "a", "output": "b"}\n {"input": "a", "output": "b"}]',
     "a.json:2: invalid JSON at column 2: expecting ',' or ']' after a row. Mend the file.", 0),
    ("a.json", b'[\n{"input": "a", "output": "b"},\n{"input": "a"',
     "a.json:3: invalid JSON at column 14: expecting ',' delimiter; the text seems to be cut off. Mend the file.", 0),
    ("a.json", b'[{"input": "a", "output": "b"},\n]',
     "a.json:2: invalid JSON at column 1: expecting value, at ']'. Mend the file.", 0),
    ("a.json", b'[{"input": "a", "output": "b"}]\n[]',
     "a.json:1: invalid JSON at column 32: there is more after the list. Mend the file.", 0),
    ("a.json", b'{"train": [{"input": "a"}], "test": [{"input": "a"}]}',
     "a.json:1: holds several lists of rows (train, test). Save each as a file.", 0),
    ("a.json", b'[{"input": "a", "output": "b"},\n{"input": "a", "output": NaN}]',
     "a.json:2: output: NaN is not JSON. " + MEND, 1),
    ("a.json", b'[{"input": "a", "output": "b"},\n"text"]',
     'a.json:2: the row is text; expected an object with named values. Write it as {"column": value}.', 1),
    ("a.jsonl.gz", GZ[:-20],
     "a.jsonl.gz: the .gz is damaged (compressed file ended before the end-of-stream marker was reached); "
     "no row was used. Fetch or compress the file again.", 0),
    ("a.jsonl.gz", GZ + b"junk",
     "a.jsonl.gz: the .gz is damaged (not a gzipped file (b'ju')); no row was used. Fetch or compress the file again.", 0),
    ("a.jsonl.gz", OK,
     "a.jsonl.gz: the .gz is damaged (not a gzipped file (b'{\"')); no row was used. Fetch or compress the file again.", 0),
    ("a.jsonl.gz", gzip.compress((b" " * 2**20 + b"\n") * 66),
     "a.jsonl.gz: the file grows more than 200 times when unpacked; no row was used. Unpack it yourself if you trust it.", 0),
    ("a.csv", b"input,output\na,b\na,b,c\n",
     "a.csv:3: the row has 3 fields, the header has 2 (input, output). "
     "Put a field that holds a comma or a quote in double quotes.", 1),
    ("a.csv", b'input,output\na,"b\nc,d\n',
     "a.csv:2: invalid CSV in the row that begins here: unexpected end of data. "
     "Double every quote inside a quoted field and close each; later rows were not read.", 0),
    ("a.csv", b"input,output,input\na,b,c\n",
     "a.csv:1: the header names input more than once. Rename the columns.", 0),
    ("a.csv", b"input,output\na,b\x00\n", "a.csv:2: NUL byte at byte 16 of the file. Remove it.", 0),
    ("a.csv", b"mr,ref\na,b\n",
     "a.csv: cannot tell the input from the answer in columns mr, ref. "
     "Add to whet.yaml: data: {columns: {input: mr, output: ref}}", 0),
    ("a.csv", b"question,prompt,answer\na,b,c\n",
     "a.csv: columns prompt, question could each be the input. "
     "Add to whet.yaml: data: {columns: {input: prompt}}", 0),
    ("a.jsonl", b'{"story": "a story"}\n',
     "a.jsonl: has the one column 'story'; a question and an answer are needed. Add a column with the answers. "
     "If it is bare text: data: {columns: {text: story}}", 0),
    ("a.jsonl", b'{"messages": [], "conversations": []}\n',
     "a.jsonl: columns messages, conversations could each be the messages. "
     "Add to whet.yaml: data: {columns: {messages: messages}}", 0),
    ("a.csv", b"question,answer,reasoning,thinking\na,b,c,d\n",
     "a.csv: columns thinking, reasoning could each be the thinking. "
     "Add to whet.yaml: data: {columns: {thinking: thinking}}", 0),
    ("a.jsonl", '{“input”: “a”, “output”: “b”}\n'.encode(),
     "a.jsonl:1: invalid JSON at column 2: curly quotes (“) where JSON has straight ones. " + STRAIGHTEN, 0),
    ("a.jsonl", OK + '{"input”: "a", "output": "b"}\n'.encode(),
     "a.jsonl:2: invalid JSON at column 12: curly quotes (”) where JSON has straight ones. " + STRAIGHTEN, 1),
    ("a.csv", b"messages\n\"[{'role': 'user'}]\"\n",
     "a.csv:2: messages: is not JSON at column 3: expecting property name enclosed in double quotes, "
     "at \"'role': 'user'}]\"; single quotes are Python's, JSON has double ones. " + MEND, 0),
    ("a.jsonl", rows({"messages": '[{“role”: “user”, “content”: “x”}]'}),
     "a.jsonl:1: messages: is not JSON at column 3: curly quotes (“) where JSON has straight ones. " + STRAIGHTEN, 0),
    ("a.json", '[{"input": “a”, "output": "b"}]'.encode(),
     "a.json:1: invalid JSON at column 12: curly quotes (“) where JSON has straight ones. " + STRAIGHTEN, 0),
    ("a.jsonl", OK + '{"input": "a “b” c", "output": }\n'.encode(),
     "a.jsonl:2: invalid JSON at column 32: expecting value, at '}'. " + MEND, 1),
    ("a.csv", "input;output\na;b\n".encode("utf-16"),
     "a.csv: byte 0: this is UTF-16, not UTF-8. "
     "Excel writes it as 'Unicode Text'; save it as 'CSV UTF-8 (comma delimited)'.", 0),
    ("a.jsonl.zst", ZST[:-9],
     "a.jsonl.zst: the .zst is damaged (compressed file ended before the end-of-stream marker was reached); "
     "no row was used. Fetch or compress the file again.", 0),
    ("a.jsonl.zst", ZST + b"junk",
     "a.jsonl.zst: the .zst is damaged (unable to decompress zstandard data: unknown frame descriptor); "
     "no row was used. Fetch or compress the file again.", 0),
    ("a.csv.zst", b"input,output\n",
     "a.csv.zst: the .zst is damaged (unable to decompress zstandard data: unknown frame descriptor); "
     "no row was used. Fetch or compress the file again.", 0),
    ("a.jsonl.zst", zstd.compress((b" " * 2**20 + b"\n") * 66),
     "a.jsonl.zst: the file grows more than 200 times when unpacked; no row was used. Unpack it yourself if you trust it.", 0),
    ("a.txt", b"one\ntw\x00o\n", "a.txt:2: NUL byte at byte 6 of the file. Remove it.", 1),
    ("a.txt", b"\n\n", "a.txt: holds no rows. Add rows, or do not name the file.", 0),
    ("a.json", b'{"train": [["a", "b"], ["a", "c"], ["a", "d"],\n["e"]], "test": [["f", "g"]]}',
     'a.json:2: the row is a list; expected an object with named values. Write it as {"column": value}.', 4),
    ("a.jsonl", rows({"prompt": "p", "chosen": "a", "rejected": "a"}),
     "a.jsonl:1: rejected: is the same as chosen; a pair needs two answers. Remove the row.", 0),
    ("a.jsonl", rows({"prompt": "p", "chosen": "a", "rejected": " "}),
     "a.jsonl:1: rejected: the assistant's reply is empty. Write it or remove the row.", 0),
    ("a.jsonl", rows({"prompt": "p", "chosen": "a", "rejected": None}),
     "a.jsonl:1: rejected: is null; expected text. " + MEND, 0),
    ("a.jsonl", rows({"chosen": "a", "rejected": "b"}),
     "a.jsonl:1: chosen: is no whole conversation, and there is no column with the prompt. Name it in data.columns.", 0),
    ("a.jsonl", rows({"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: c\n\nAssistant: d"}),
     "a.jsonl:1: chosen: shares no beginning with rejected, so there is no prompt. " + MEND, 0),
    ("a.jsonl", rows({"chosen": "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: d",
                      "rejected": "\n\nHuman: a\n\nAssistant: e"}),
     "a.jsonl:1: chosen[2]: 3 turns follow the prompt; a pair is about one answer. " + MEND, 0),
    ("a.jsonl", rows({"prompt": "p", "completion": "a", "label": True},
                     {"prompt": "p", "completion": "a", "label": None}) ,
     "a.jsonl:2: label: is null; expected true or false. " + MEND, 1),
    ("a.jsonl", rows({"text": "a story"}, {"text": "  "}),
     "a.jsonl:2: text: the text is empty. " + MEND, 1),
    ("a.jsonl", chat(("user", [{"type": "tool_result", "tool_use_id": "1", "content": [{"type": "image"}]}]), ASSISTANT),
     "a.jsonl:1: messages[0].content[0].content[0]: is a block of type 'image'. "
     "Only text can be trained on. Remove the block or the row.", 0),
    ("a.jsonl", chat(USER, ("user", [{"type": "tool_result", "tool_use_id": "1", "content": "r"}]), ASSISTANT),
     "a.jsonl:1: messages[1]: a tool message without a tool call before it. " + MEND, 0),
    ("a.jsonl", chat(("user", [{"type": "tool_use", "id": "1", "name": "f", "input": {}}]), ASSISTANT),
     "a.jsonl:1: messages[0].content[0]: a user turn cannot call tools. " + MEND, 0),
    ("a.jsonl", chat(USER, {"role": "assistant", "content": "x", "thinking": "a", "reasoning": "b"}),
     "a.jsonl:1: messages[1].reasoning: the turn's thinking stands in two places. Keep one of them.", 0),
    ("a.jsonl", rows({"messages": "words Human: x\n\nAssistant: y"}),
     "a.jsonl:1: messages: is not JSON at column 1: expecting value, at 'words Human: x\\n\\nAssi'. " + MEND, 0),
    ("a.jsonl", OK + b'{"input": "a", "id": 7}\n',
     "a.jsonl:2: output: missing; the row has input, id; expected text. " + MEND, 1),
    ("a.jsonl", OK + b'{"input": "a", "output": null}\n',
     "a.jsonl:2: output: is null; expected text. " + MEND, 1),
    ("a.jsonl", OK + b'{"input": "a", "output": {"x": 1}}\n',
     "a.jsonl:2: output: is an object; expected text. Write it as the text that the model should see.", 1),
    ("a.jsonl", OK + b'{"input": "a", "output": "  "}\n',
     "a.jsonl:2: output: the assistant's reply is empty. Write it or remove the row.", 1),
    ("a.jsonl", OK + b'{"input": "", "output": "b"}\n',
     "a.jsonl:2: input: the user's message is empty. Write it or remove the row.", 1),
    ("a.jsonl", chat(USER, ASSISTANT, USER, ("bot", "x")),
     "a.jsonl:1: messages[3].role: role 'bot' is not one of system, user, assistant, tool. Map it with data.roles.", 0),
    ("a.jsonl", chat(USER, {"content": "x"}),
     "a.jsonl:1: messages[1].role: missing; the turn has 'content'. Name its role: system, user, assistant, tool.", 0),
    ("a.jsonl", chat(USER, (["assistant"], "x")),
     "a.jsonl:1: messages[1].role: role ['assistant'] is not one of system, user, assistant, tool. "
     "Map it with data.roles.", 0),
    ("a.jsonl", chat(USER, {"role": "assistant"}),
     "a.jsonl:1: messages[1].content: is missing; expected text. " + MEND, 0),
    ("a.jsonl", chat(USER, ("assistant", None)),
     "a.jsonl:1: messages[1].content: is null; expected text. " + MEND, 0),
    ("a.jsonl", chat(USER, ("assistant", 5)),
     "a.jsonl:1: messages[1].content: is a number; expected text. " + MEND, 0),
    ("a.jsonl", chat(("user", [{"type": "image_url", "image_url": {}}]), ASSISTANT),
     "a.jsonl:1: messages[0].content[0]: is a block of type 'image_url'. "
     "Only text can be trained on. Remove the block or the row.", 0),
    ("a.jsonl", rows({"messages": ["hi", "ho"]}),
     "a.jsonl:1: messages[0]: is text; expected an object with role and content. " + MEND, 0),
    ("a.jsonl", rows({"messages": {"role": "user"}}),
     "a.jsonl:1: messages: is an object; expected a list of turns. " + MEND, 0),
    ("a.jsonl", chat(USER, ASSISTANT) + rows({"messages": None, "id": 3}),
     "a.jsonl:2: messages: is null; expected a list of turns. " + MEND, 1),
    ("a.jsonl", rows({"messages": []}), "a.jsonl:1: messages: is an empty list. " + MEND, 0),
    ("a.jsonl", chat(USER, ("assistant", "")),
     "a.jsonl:1: messages[1].content: the assistant's reply is empty. Write it or remove the row.", 0),
    ("a.jsonl", chat(("system", "be nice")),
     "a.jsonl:1: messages: holds only a system message; there is nothing to answer. " + MEND, 0),
    ("a.jsonl", chat(("system", "be nice"), ASSISTANT),
     "a.jsonl:1: messages: holds no user turn; there is nothing to answer. " + MEND, 0),
    ("a.jsonl", chat(USER, USER, ASSISTANT),
     "a.jsonl:1: messages[1]: two user messages in a row. Join them or remove the row.", 0),
    ("a.jsonl", chat(USER, ASSISTANT, ("system", "s"), USER, ASSISTANT),
     "a.jsonl:1: messages[2]: a system message after the first message. Join it to the first, or remove the row.", 0),
    ("a.jsonl", chat(USER, ASSISTANT, USER),
     "a.jsonl:1: messages[2]: the last message is from user; expected the assistant's answer. "
     "Add the answer or remove the row.", 0),
    ("a.jsonl", chat(USER, ("tool", "x"), ASSISTANT),
     "a.jsonl:1: messages[1]: a tool message without a tool call before it. " + MEND, 0),
    ("a.jsonl", chat(USER, CALL, USER, ASSISTANT),
     "a.jsonl:1: messages[2]: a user message where the result of the tool call should stand. "
     "Add the tool's result, or remove the row.", 0),
    ("a.jsonl", chat(USER, {**CALL, "tool_calls": [{"function": {"name": "f", "arguments": "{oh"}}]}),
     "a.jsonl:1: messages[1].tool_calls[0].arguments: is not JSON at column 2: "
     "expecting property name enclosed in double quotes, at 'oh'. " + MEND, 0),
    ("a.jsonl", chat({"role": "user", "content": "x", "tool_calls": [{"name": "f"}]}, ASSISTANT),
     "a.jsonl:1: messages[0].tool_calls: a user turn cannot call tools. " + MEND, 0),
    ("a.jsonl", chat(USER, {"role": "assistant", "content": "x", "weight": 0.5}),
     "a.jsonl:1: messages[1].weight: 0.5 for assistant; it is 0 or 1. "
     "Write 1 to learn the answer, 0 to have it read only.", 0),
    ("a.jsonl", rows({"input": "a", "output": "b", "tools": [{"x": 1}]}),
     "a.jsonl:1: tools[0]: is not a tool definition; expected an object with a name. " + MEND, 0),
    ("a.jsonl", rows({"conversations": [{"from": "alien", "value": "x"}]}),
     "a.jsonl:1: conversations[0].from: role 'alien' is not one of system, user, assistant, tool. "
     "Map it with data.roles.", 0),
    ("a.jsonl", rows({"system": "a", "messages": [{"role": "system", "content": "b"},
                      {"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}),
     "a.jsonl:1: system: the row has a system column and a system message as well. Keep one of them.", 0),
    ("a.jsonl", rows({"instruction": "a", "output": "b", "history": [["x"]]}),
     "a.jsonl:1: history[0]: expected a question and its answer, both text. " + MEND, 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data", "message", "num_usable"), BAD_FILES, ids=[case[2][:90] for case in BAD_FILES]
)
def test_a_bad_file_is_named_by_file_line_field_and_remedy(
    tmp_path: Path, name: str, data: bytes, message: str, num_usable: int
) -> None:
    reading = read_bytes(tmp_path, name, data)
    assert errors(reading) == [message]
    assert len(reading.examples) == num_usable
    assert reading.num_rows == len(reading.examples) + len(reading.broken)


def test_there_are_at_least_sixty_bad_files() -> None:
    assert len({message for _, _, message, _ in BAD_FILES}) >= 60


def test_a_line_over_the_limit_is_refused_and_the_next_one_read(tmp_path: Path) -> None:
    data = OK + b'{"input": "' + b"x" * 5000 + b'", "output": "b"}\n' + OK
    reading = read_bytes(tmp_path, "a.jsonl", data, max_line_bytes=4096)
    assert errors(reading) == [
        "a.jsonl:2: the line is longer than 4096 bytes. Split it or remove it."
    ]
    assert [example.source for example in reading.examples] == ["a.jsonl:1", "a.jsonl:3"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.csv", "a.txt"])
def test_a_huge_line_costs_no_more_memory_than_the_limit(tmp_path: Path, name: str) -> None:
    limit, start = 2**22, {"a.csv": b"input,output\n"}.get(name, OK)
    data = start + b"x" * (10 * limit) + b"\n"
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    del data
    tracemalloc.start()
    reading = read(name, root=tmp_path, max_line_bytes=limit)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [finding.kind for finding in reading.errors][:1] == ["too_large"]
    assert peak < 2 * limit


def test_a_packed_line_without_an_end_stops_at_the_growth_limit(tmp_path: Path) -> None:
    data = gzip.compress(OK + b" " * 100 * 2**20)
    reading = read_bytes(tmp_path, "a.jsonl.gz", data)
    assert reading.examples == []
    assert [finding.kind for finding in reading.errors] == ["too_large", "too_large"]
    assert "the file grows more than 200 times" in " ".join(errors(reading))


def test_bytes_are_counted_over_a_line_that_was_cut(tmp_path: Path) -> None:
    data = b"x" * 5000 + b"\n" + b"\xff\n"
    reading = read_bytes(tmp_path, "a.txt", data, max_line_bytes=4096)
    assert "a.txt:2: byte 5001 (0xff) is not UTF-8" in errors(reading)[1]


def test_every_broken_row_of_a_file_is_told(tmp_path: Path) -> None:
    reading = read_bytes(tmp_path, "a.jsonl", b"{\n" + OK + b"}\n" + OK + b"nope\n")
    assert [row.source for row in reading.broken] == ["a.jsonl:1", "a.jsonl:3", "a.jsonl:5"]
    assert [finding.line for finding in reading.errors] == [1, 3, 5]
    assert reading.num_rows == 5


PLAIN = b'{"input": "a", "output": "b"}\n{"input": "c", "output": "d"}\n'


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.replace(b"\n", b"\r"),
        PLAIN.rstrip(b"\n"),
        PLAIN.replace(b"\n", b"\n\n \n"),
        PLAIN.replace(b"\n", b"  \t\n"),
    ],
    ids=["LF", "BOM", "CRLF", "CR", "no final newline", "blank lines", "trailing space"],
)
def test_line_ends_marks_and_blanks_do_not_change_the_rows(tmp_path: Path, data: bytes) -> None:
    reading = read_bytes(tmp_path, "a.jsonl", data)
    assert texts(reading) == [("a", "b"), ("c", "d")]
    assert not errors(reading)


def test_a_byte_order_mark_and_blank_lines_are_noted(tmp_path: Path) -> None:
    reading = read_bytes(tmp_path, "a.jsonl", b"\xef\xbb\xbf" + PLAIN + b"\n\n")
    assert [str(finding) for finding in reading.findings] == [
        "a.jsonl: starts with a UTF-8 byte order mark, which was ignored.",
        "a.jsonl: 2 blank lines were passed over.",
    ]


def test_unusual_line_separators_inside_a_string_do_not_split_a_row(tmp_path: Path) -> None:
    text = "one\u2028two\u2029three\u0085four"
    reading = read_bytes(tmp_path, "a.jsonl", rows({"input": text, "output": "b"}) * 2)
    assert texts(reading) == [(text, "b")] * 2


def test_a_surrogate_pair_in_escapes_is_a_character(tmp_path: Path) -> None:
    reading = read_bytes(tmp_path, "a.jsonl", b'{"input": "\\ud83d\\ude00", "output": "b"}\n')
    assert texts(reading) == [("😀", "b")]


def test_a_json_list_gives_the_line_of_each_element(tmp_path: Path) -> None:
    data = b'[\n  {"input": "a",\n   "output": "b"},\n\n  {"input": "c", "output": "d"}\n]\n'
    reading = read_bytes(tmp_path, "a.json", data)
    assert [example.source for example in reading.examples] == ["a.json:2", "a.json:5"]


@pytest.mark.parametrize("key", ["data", "train"])
def test_rows_may_be_wrapped_in_an_object(tmp_path: Path, key: str) -> None:
    data = json.dumps({"version": 1, key: [{"input": "a", "output": "b"}], "n": {}}, indent=1)
    reading = read_bytes(tmp_path, "a.json", data.encode())
    assert [example.source for example in reading.examples] == ["a.json:4"]
    assert f"a.json: the rows are the list under '{key}'." in map(str, reading.findings)


def test_the_content_decides_between_json_and_jsonl(tmp_path: Path) -> None:
    assert texts(read_bytes(tmp_path, "a.json", PLAIN)) == [("a", "b"), ("c", "d")]
    listed = b'[{"input": "a", "output": "b"}]'
    assert texts(read_bytes(tmp_path, "b.jsonl", listed)) == [("a", "b")]
    assert texts(read_bytes(tmp_path, "c.json", OK)) == [("a", "b")]


def test_a_gz_reads_like_the_plain_file(tmp_path: Path) -> None:
    reading = read_bytes(tmp_path, "a.jsonl.gz", gzip.compress(PLAIN))
    assert texts(reading) == [("a", "b"), ("c", "d")]
    assert reading.examples[1].source == "a.jsonl.gz:2"


def test_a_folder_is_read_in_the_order_of_names_and_says_what_it_passed_over(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "b.jsonl").write_bytes(OK)
    (folder / "a.csv").write_bytes(b"input,output\nc,d\n")
    (folder / "README.md").write_text("hello")
    (folder / "notes.txt").write_text("hello")
    (folder / "dataset_info.json").write_text("{}")
    (folder / ".hidden.csv").write_text("x")
    reading = read("data", root=tmp_path)
    assert [example.source for example in reading.examples] == ["data/a.csv:2", "data/b.jsonl:1"]
    assert [str(finding) for finding in reading.findings] == [
        "passed over, for no kind of data file: data/README.md, data/dataset_info.json, "
        "data/notes.txt. Text files are read only where they are named."
    ]


def test_path_mistakes_are_told_together_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(b"input,output\na,b\n")
    for name in ("book.xlsx", "set.zip", "notes.md"):
        (tmp_path / name).write_bytes(b"PK")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError) as caught:
        read(
            ["tran.csv", "book.xlsx", "set.zip", "notes.md", "empty", "no/where.csv"], root=tmp_path
        )
    kinds = (
        "JSONL, JSON, CSV, TSV, TXT, Parquet and Arrow files are read, the first five also as "
        ".gz and .zst."
    )
    assert list(caught.value.faults) == [
        "tran.csv: no such file. Its folder has train.csv.",
        "book.xlsx: .xlsx is not read. Save the sheet as 'CSV UTF-8 (comma delimited)'.",
        "set.zip: .zip is not read. Unpack it; single files may be packed as .gz or .zst.",
        f"notes.md: .md is not read. {kinds}",
        f"empty: the folder has no data file. {kinds}",
        "no/where.csv: no such file. Its folder does not exist either.",
    ]


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(DataError, match="not a regular file"):
        read("pipe.jsonl", root=tmp_path)


def test_a_file_named_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(OK)
    with pytest.raises(DataError, match="named twice"):
        read(["a.jsonl", "a.jsonl"], root=tmp_path)


@pytest.mark.parametrize("name", ["a\nb.jsonl", "ünï 😀.jsonl", "x" * 249 + ".jsonl"])
def test_odd_file_names_are_shown_on_one_line(tmp_path: Path, name: str) -> None:
    reading = read_bytes(tmp_path, name, OK + b"{\n")
    assert "\n" not in str(reading.errors[0])
    assert reading.examples[0].source.endswith(".jsonl:1")


@pytest.mark.parametrize("path", ["a\x00b.jsonl", "x" * 5000 + ".jsonl"])
def test_impossible_paths_are_a_users_mistake(tmp_path: Path, path: str) -> None:
    with pytest.raises(DataError):
        read(path, root=tmp_path)


def test_a_wrong_key_of_columns_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(OK)
    with pytest.raises(ConfigError, match=r"data\.columns: 'ouput' .* Did you mean output\?"):
        read("a.jsonl", {"ouput": "b"}, root=tmp_path)


def test_a_wrong_role_of_roles_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(OK)
    with pytest.raises(ConfigError, match=r"data\.roles\.bot: 'robot' is not one of"):
        read("a.jsonl", roles={"bot": "robot"}, root=tmp_path)


def test_a_mapped_column_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    reading = read_bytes(tmp_path, "a.csv", b"text,label\na,b\n", columns={"input": "txt"})
    assert errors(reading) == [
        "a.csv: data.columns.input names column 'txt'; the file has text, label. "
        "Correct data.columns.input. Did you mean text?"
    ]


def test_a_mapped_column_that_the_format_does_not_use_is_named(tmp_path: Path) -> None:
    row = {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}],
           "notes": "z"}  # fmt: skip
    columns = {"messages": "messages", "thinking": "notes"}
    reading = read_bytes(tmp_path, "a.jsonl", rows(row), columns=columns)
    assert errors(reading) == [
        "a.jsonl: data.columns.thinking names column 'notes', which messages rows do not use. "
        "Remove data.columns.thinking."
    ]


def test_files_that_disagree_about_a_type_are_both_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(OK)
    (tmp_path / "b.jsonl").write_bytes(rows({"input": "a", "output": 5, "id": 1}))
    reading = read(["a.jsonl", "b.jsonl"], root=tmp_path)
    assert errors(reading) == [
        "b.jsonl: output: is a number here and text in a.jsonl. Write it alike in both."
    ]
    assert "a.jsonl: has no column id, which b.jsonl has." in map(str, reading.findings)


def test_files_of_different_formats_may_be_read_together(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(OK)
    (tmp_path / "b.jsonl").write_bytes(chat(USER, ASSISTANT))
    reading = read(["a.jsonl", "b.jsonl"], root=tmp_path)
    assert reading.format == "input_output + messages"
    assert reading.reason == (
        "JSONL; column 'input' reads as the input, 'output' as the answer | "
        "JSONL; it has the column 'messages'"
    )
    assert not errors(reading)


@pytest.mark.parametrize(
    "named", [["d/a.jsonl", "d"], ["d", "d/a.jsonl"], ["d", "d"], ["d/a.jsonl", "d/../d/a.jsonl"]]
)
def test_a_file_that_is_named_twice_in_two_ways_is_refused(
    tmp_path: Path, named: list[str]
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.jsonl").write_text('{"question": "a", "answer": "b"}\n')
    with pytest.raises(DataError, match="named twice"):
        read(named, root=tmp_path)
