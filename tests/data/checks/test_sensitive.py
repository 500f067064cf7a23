"""Keys and personal data are found by shape and check sum, and never shown."""

from __future__ import annotations

import pytest

from whet.data.checks.sensitive import masked, sensitive
from whet.findings import Finding, Severity
from whet.types import Example

SECRETS = [
    ("a private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIB"),
    ("a private key", "-----BEGIN OPENSSH PRIVATE KEY-----"),
    ("an AWS access key", "AKIA" + "IOSFODNN7XQ2MPLE"),
    ("an API key", "sk-" + "proj-4f8Kq2ZxW9rT1vB7nM3cL6"),
    ("a GitHub token", "ghp_" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY1zA3"),
    ("a Hugging Face token", "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZabcdefgh"),
    ("a Slack token", "xoxb-" + "2839471650-qwertyuiopasdf"),
]
PERSONAL = [
    ("an email address", "anna.k@mail.fr"),
    ("a card number", "4539 1488 0343 6467"),
    ("a card number", "371449635398431"),
    ("an IBAN", "DE89 3704 0044 0532 0130 00"),
]
HARMLESS = [
    "sk-xxxxxxxxxxxxxxxxxxxxxxxx", "task-management-system-for-everyone", "anna@example.com",
    "4539 1488 0343 6468", "0000 0000 0000 0000", "DE89 3704 0044 0532 0130 01", "@home",
    "1234567890123456789012", "AKIA is a prefix", "-----BEGIN PUBLIC KEY-----", "a@b",
]  # fmt: skip


def found(text: str) -> list[Finding]:
    turns = [{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}]
    return sensitive([Example.of(turns, "a.jsonl:3")])  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "value"), SECRETS + PERSONAL)
def test_it_is_found_named_and_masked(kind: str, value: str) -> None:
    (finding,) = found(f"look: {value} here")
    assert (finding.file, finding.line, finding.field) == ("a.jsonl", 3, "messages[0].content")
    assert finding.message.startswith(f"holds {kind} (")
    assert value not in str(finding)
    assert finding.severity is (Severity.ERROR if (kind, value) in SECRETS else Severity.WARNING)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(f"look: {text} here") == []


def test_more_than_one_is_counted() -> None:
    (finding,) = found("anna.k@mail.fr and ben.m@mail.fr and cleo@mail.fr")
    assert finding.message == "holds an email address (anna..., 14 characters) and 2 more."


def test_a_mask_shows_four_characters() -> None:
    assert masked("sk-abcdefgh") == "sk-a..., 11 characters"
