"""Text that was decoded wrongly is told with what it was; right text is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from whet.data import read
from whet.data.checks.encodings import encoding_damage, repaired
from whet.findings import Kind, Severity


def misread(text: str, encoding: str) -> str:
    """The text in UTF-8, read in another encoding; undefined bytes become control signs."""
    return "".join(
        bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in text.encode("utf-8")
    )


TEXTS = [
    "don\u2019t", "caf\u00e9", "Stra\u00dfe", "5 \u20ac \u2013 or \u00a35", "20 \u00b0C", "\u00a0x",
    "\u65e5\u672c\u8a9e", "Za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105 ja\u017a\u0144",
    "Привет", "Καλημέρα", "\U0001f600 hi", "\u201cquoted\u201d \u2026",
]  # fmt: skip
RIGHT = [
    *TEXTS, "SÃO JOÃO \u201cX\u201d", "irmã\u201d\u2026", "\u00ab café\u00a0\u00bb", "Spaß\u201c",
    "MAÇÃ\u201d",
    "voilà\u2026", "plain", "СССР и Россия", "Âge", "Ão",
]  # fmt: skip


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
@pytest.mark.parametrize("text", TEXTS)
def test_misread_text_is_read_back(text: str, encoding: str) -> None:
    assert repaired(misread(text, encoding)) == text


def test_cyrillic_misread_as_windows_1251_is_read_back() -> None:
    text = "\u041f\u0440\u0438\u0432\u0435\u0442, \u043a\u0430\u043a \u0434\u0435\u043b\u0430?"
    assert repaired(text.encode("utf-8").decode("cp1251")) == text


def test_text_that_was_misread_twice_is_read_back() -> None:
    assert repaired(misread(misread("don\u2019t", "cp1252"), "cp1252")) == "don\u2019t"


@pytest.mark.parametrize("text", RIGHT)
def test_right_text_stays(text: str) -> None:
    assert repaired(text) == text


def test_a_finding_says_where_and_what_it_would_become(row) -> None:
    (finding,) = encoding_damage([row("q", "I don\u00e2\u20ac\u2122t", 7)])
    assert (finding.kind, finding.severity) == (Kind.ENCODING_DAMAGE, Severity.WARNING)
    assert str(finding) == (
        "t.jsonl:7: messages[1].content: the text was decoded wrongly: "
        "'I donâ\u20ac\u2122t' would be "
        "'I don\u2019t'. Mend the file, or read its source again as UTF-8."
    )


def test_lost_signs_are_told_too(row) -> None:
    (finding,) = encoding_damage([row("caf\ufffd", "a")])
    assert "U+FFFD" in finding.message


def test_published_sets_hold_one_damaged_row(test_data: Path) -> None:
    folder = test_data / "datasets"
    found = [
        str(finding)
        for file in ("alpaca_en_demo.json", "alpaca_zh_demo.json", "v1_sft_demo.jsonl")
        for finding in encoding_damage(read(f"llamafactory_demo/{file}", root=folder).examples)
    ]
    columns = {"prompt": "conversations", "completion": "chosen"}
    file = "llamafactory_demo/dpo_en_demo.json"
    (finding,) = encoding_damage(read(file, columns, root=folder).examples)
    assert found == []
    assert "fianc\u00c3\u00a9" in finding.message
    assert "fianc\u00e9" in finding.message
