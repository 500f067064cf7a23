"""Repairs of single texts: what is mended, and what has to stay as it is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.data.checks.sensitive import sensitive
from whet.data.masking import masker, pseudonym
from whet.data.texts import decoded, is_code, straight_quotes, trimmed
from whet.findings import Severity
from whet.types import Example

KEY = "sk-" + "abc9def8ghi7jkl6mno5"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+a/b=\nQ0FB\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("  yes \n", "yes"),
        ("\u00a0yes\u3000", "yes"),
        ("\n\n    x = 1\n    y = 2\n", "    x = 1\n    y = 2"),
        ("    x = 1\ny", "    x = 1\ny"),
        ("in  side\n\nkept", "in  side\n\nkept"),
    ],
)
def test_white_space_goes_at_the_ends_alone_and_an_indent_stays(text: str, made: str) -> None:
    assert trimmed(text) == made


@given(st.text(alphabet=" \n\tab\u00a0"))
def test_trimming_twice_is_trimming_once(text: str) -> None:
    assert trimmed(trimmed(text)) == trimmed(text)
    assert "".join(trimmed(text).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{“a”: “b”}", '{"a": "b"}'),
        (" [„a‟]", ' ["a"]'),
        ("```json\n[«a»]\n```", '```json\n["a"]\n```'),
        ('{"a": "he said “no”"}', '{"a": "he said “no”"}'),
        ("{“a”: “he said “no””}", "{“a”: “he said “no””}"),
        ("He said “no”.", "He said “no”."),
        ("{“a”: }", "{“a”: }"),
    ],
    ids=[
        "object",
        "list",
        "fenced",
        "already valid",
        "quotes within quotes",
        "prose",
        "not JSON either way",
    ],
)
def test_quotes_are_mended_only_where_that_makes_json(text: str, made: str) -> None:
    assert straight_quotes(text) == made


def broken(text: str) -> str:
    return text.encode("utf-8").decode("windows-1252")


@pytest.mark.parametrize("text", ["café au lait", "Zoë’s naïve plan", "¿Qué tal, señor?"])
def test_damaged_encoding_is_put_right_and_sound_text_stays(text: str) -> None:
    assert decoded(broken(text)) == text
    assert decoded(text) == text


def test_code_is_never_decoded() -> None:
    fenced = f"{broken('café')}\n```\n{broken('café')}\n```\nand `{broken('é')}`, {broken('é')}"
    assert decoded(fenced) == f"café\n```\n{broken('café')}\n```\nand `{broken('é')}`, é"
    program = f"def f(x):\n    name = '{broken('é')}';\n    g(x);"
    assert is_code(program) and decoded(program) == program
    assert not is_code("Return my parcel; let me know when.\nClass dismissed.")


def test_json_is_data_and_not_code() -> None:
    value = {"dish": broken("crème brûlée")}
    assert json.loads(decoded(json.dumps(value, ensure_ascii=False))) == {"dish": "crème brûlée"}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        (f"use {KEY} now", "use [API_KEY] now"),
        (f"{PEM}, thanks", "[PRIVATE_KEY], thanks"),
        (PEM[:47].replace("\n", "\\n") + "\n rest?", "[PRIVATE_KEY]?"),
        ("mail joe@real.org", "mail joe@real.org"),
        ("sk-xxxxxxxxxxxxxxxxxxxxxxxx", "sk-xxxxxxxxxxxxxxxxxxxxxxxx"),
    ],
    ids=["key", "whole private key", "private key without an end", "an address", "a placeholder"],
)
def test_keys_are_masked_whole(text: str, made: str) -> None:
    assert masker(Severity.ERROR)(text) == made


def test_nothing_that_the_check_finds_is_left_after_masking() -> None:
    text = f"{KEY} joe@real.org 4111 1111 1111 1111 GB82 WEST 1234 5698 7654 32 {PEM} a@b.io"
    for severity in (Severity.ERROR, Severity.WARNING):
        masked = masker(severity)(text)
        turns = [{"role": "user", "content": masked}, {"role": "assistant", "content": "a"}]
        found = sensitive([Example.of(turns, "a:1")])  # type: ignore[arg-type]
        assert severity not in {finding.severity for finding in found}, masked
        assert masker(severity)(masked) == masked


def test_a_pseudonym_keeps_groups_apart_and_names_nobody() -> None:
    assert pseudonym("joe@real.org") == pseudonym("joe@real.org") != pseudonym("ann@real.org")
    assert "joe" not in pseudonym("joe@real.org")
