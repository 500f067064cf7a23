from __future__ import annotations

from pathlib import Path

import pytest

from whet.errors import DataError
from whet.retrieval import read_documents


def test_markdown_text_and_jsonl_are_read_in_order_and_other_kinds_are_told(
    tmp_path: Path,
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "fees_2024.txt").write_text("Fees are low.")
    (tmp_path / "a.md").write_text("intro\n# Returns #\nSend it back.")
    (tmp_path / "faq.jsonl").write_text('{"title": "T", "text": "x\u2028y"}\n\n{"text": "z"}\n')
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "notes.md").write_text("hidden")
    folder = read_documents(tmp_path)
    found = [(d.source, d.title) for d in folder.documents]
    assert found == [
        ("a.md", "Returns"),
        ("faq.jsonl:1", "T"),
        ("faq.jsonl:3", ""),
        ("sub/fees_2024.txt", "fees 2024"),
    ]
    assert folder.documents[1].text == "x\u2028y"
    assert folder.skipped == ("logo.png",)


def test_one_file_is_a_folder_of_one(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# A\nbody")
    assert [d.title for d in read_documents(path).documents] == ["A"]


def test_all_faults_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"caf\xe9")
    (tmp_path / "b.md").write_text(" \n")
    (tmp_path / "c.jsonl").write_text('{"text": "ok"}\n{"body": 1}\n{\n')
    with pytest.raises(DataError) as caught:
        read_documents(tmp_path)
    told = [fault.removeprefix(f"{tmp_path}/") for fault in caught.value.faults]
    assert told[0] == "a.txt: is not UTF-8 at byte 3."
    assert told[1] == "b.md: is empty."
    assert told[2] == "c.jsonl:2: expected an object with a non-empty 'text'."
    assert told[3].startswith("c.jsonl:3: is no JSON")


def test_a_folder_without_documents_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no \.md, \.txt, \.jsonl file"):
        read_documents(tmp_path)
    with pytest.raises(DataError, match="is no folder"):
        read_documents(tmp_path / "none")


def test_a_line_nested_beyond_reason_is_a_fault_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("[" * 200_000)
    with pytest.raises(DataError, match=r"a\.jsonl:1: is no JSON"):
        read_documents(tmp_path)
