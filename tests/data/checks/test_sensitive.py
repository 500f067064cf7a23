"""Keys and personal data are found by shape and check sum, and never shown."""

from __future__ import annotations

import base64
import random
import re
from pathlib import Path

import pytest

from whet.data import read
from whet.data.checks.sensitive import masked, sensitive
from whet.data.edits import TEXT_REPAIRS, edited
from whet.findings import Finding, Severity
from whet.types import Example

ALNUM = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
HEX = "0123456789abcdef"


def made(text: str, seed: int = 0) -> str:
    """The text with {a36} filled by 36 letters and digits, {h32} by 32 hex digits.

    Tokens are drawn here, so that no file of the project holds one.
    """
    drawn = random.Random(seed)

    def fill(match: re.Match[str]) -> str:
        signs = HEX if match[1] == "h" else ALNUM
        return "".join(drawn.choice(signs) for _ in range(int(match[2])))

    return re.sub(r"\{([ah])(\d+)\}", fill, text)


def web_token(seed: int = 0) -> str:
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    return made(f"{header}.eyJzdWIiOiJhbm5hIn0.{{a43}}", seed)


FORMS = [
    ("an Anthropic API key", "sk-ant-api03-{a90}"),
    ("an API key", "sk-proj-{a48}"),
    ("an AWS secret key", "aws_secret_access_key = {a40}"),
    ("a GitHub token", "github_pat_{a82}"),
    ("a GitLab token", "glpat-{a20}"),
    ("a Hugging Face token", "hf_{a34}"),
    ("a Google API key", "AIza{a35}"),
    ("a Slack token", "xoxb-{a40}"),
    ("a Slack webhook", "https://hooks.slack.com/services/T0AB1CD2E/B0AB1CD2E/{a24}"),
    ("a Stripe key", "sk_live_{a24}"),
    ("a Stripe webhook secret", "whsec_{a32}"),
    ("a Twilio key", "SK{h32}"),
    ("a SendGrid key", "SG.{a22}.{a43}"),
    ("a Mailgun key", "key-{h32}"),
    ("an npm token", "npm_{a36}"),
    ("a PyPI token", "pypi-AgEIcHlwaS5vcmc{a60}"),
    ("a Docker Hub token", "dckr_pat_{a27}"),
    ("a DigitalOcean token", "dop_v1_{h64}"),
    ("a Databricks token", "dapi{h32}"),
    ("a Shopify token", "shpat_{h32}"),
    ("a Telegram bot token", "4839201745:AA{a33}"),
    ("a Groq key", "gsk_{a52}"),
    ("a Vault token", "hvs.{a30}"),
    ("an Azure storage key", "AccountKey={a86}=="),
    ("a bearer token", "Authorization: Bearer {a40}"),
    ("a connection string with its password", "postgres://shop:{a16}@db.shop.fr/orders"),
    ("a connection string with its password", "mongodb+srv://admin:{a12}@cluster0.mongodb.net"),
]

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
    ("a card number", "3714 496353 98431"),
    ("an IBAN", "DE89 3704 0044 0532 0130 00"),
    ("a phone number", "+49 89 4140 3920"),
    ("a phone number", "(647) 321-1199"),
    ("a phone number", "212-664-7665"),
    ("a phone number", "+1 917-444-6321"),
    ("a phone number", "06 73 91 20 48"),
    ("a phone number", "13971864205"),
    ("a social security number", "536-90-4399"),
    ("a Brazilian CPF number", "529.982.247-25"),
    ("a Chinese identity number", "11010519491231002X"),
    ("an IP address", "93.184.216.34"),
    ("an IP address", "2a02:8108:8ac0:1f2e:5c3a:2b1d:9e4f:7a60"),
]
HARMLESS = [
    "sk-xxxxxxxxxxxxxxxxxxxxxxxx", "task-management-system-for-everyone", "anna@example.com",
    "4539 1488 0343 6468", "0000 0000 0000 0000", "DE89 3704 0044 0532 0130 01", "@home",
    "1234567890123456789012", "212-555-0123", "(800) 662-4357", "123-45-6789", "666-12-3456",
    "078-05-1120", "529.982.247-24", "110105194912310021", "192.168.0.17", "127.0.0.1",
    "8.8.8.8", "version 2.31.0.4", "203.0.113.7", "34.64.0.0", "999.1.1.1", "10:30", "2024-10-12",
    "1994-1998", "+1 555 0100", "1,234,567.89", "boss@company.com", "you@yourdomain.com",
    "postgres://user:password@localhost/db", "https://user:YOUR_TOKEN@github.com/a/b",
    "redis://:{password}@host", "Bearer YOUR_ACCESS_TOKEN_GOES_HERE",
    "Bearer of good news and more",
    "eyJhbGciOiJub25l.short.x", "eyJub3Rqc29u.eyJub3Rqc29u.aaaaaaaaaaaaaaaaaaaa",
    "sk_live_XXXXXXXXXXXXXXXXXXXX", "https://example.com:8080/path@2",
    "AKIA is a prefix", "-----BEGIN PUBLIC KEY-----", "a@b",
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


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_a_token_is_found_named_and_masked(kind: str, form: str) -> None:
    value = made(form)
    (finding,) = found(f"use {value}, please")
    assert finding.message.startswith(f"holds {kind} (")
    assert finding.severity is Severity.ERROR
    assert value[-12:] not in str(finding)


def test_a_json_web_token_is_found_by_its_header() -> None:
    (finding,) = found(f"Bearer {web_token()}")
    assert finding.message.startswith("holds a JSON web token (")


def test_a_hundred_planted_in_real_rows_are_found_and_nothing_else(test_data: Path) -> None:
    rows = read("banking77/train.csv", root=test_data / "datasets").examples
    drawn = random.Random(0)
    values = [made(form, seed) for seed in range(4) for _, form in FORMS][:90]
    values += [value for _, value in PERSONAL[:10]]
    places = drawn.sample(range(len(rows)), len(values))
    planted = list(rows)
    for place, value in zip(places, values, strict=True):
        text = f"{rows[place].question} {value} thanks"
        planted[place] = Example.of(
            [{"role": "user", "content": text}, *rows[place].messages[1:]], rows[place].source
        )
    assert sorted(finding.row_id for finding in sensitive(planted)) == sorted(
        planted[place].id for place in places
    )


def test_arguments_of_calls_and_reasoning_are_searched_too() -> None:
    key = made("glpat-{a20}")
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": {"token": key}}}
    turns = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "done", "tool_call_id": "1"},
        {"role": "assistant", "content": "ok", "reasoning_content": "mail anna.k@mail.fr"},
    ]
    first, second = sensitive([Example.of(turns, "a.jsonl:3")])  # type: ignore[arg-type]
    assert first.field == "messages[1].tool_calls[0]"
    assert second.field == "messages[3].reasoning_content"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(f"look: {text} here") == []


def test_more_than_one_is_counted() -> None:
    (finding,) = found("anna.k@mail.fr and ben.m@mail.fr and cleo@mail.fr")
    assert finding.message == "holds an email address (anna..., 14 characters) and 2 more."


def test_a_mask_shows_four_characters() -> None:
    assert masked("sk-abcdefgh") == "sk-a..., 11 characters"


def test_rejected_answers_and_descriptions_of_tools_are_searched_and_masked_too() -> None:
    key = "sk-proj-" + "A1b2C3d4" * 6
    row = Example.of(
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}],
        "rows.jsonl:1",
        rejected=[{"role": "assistant", "content": f"The key is {key}."}],
        tools=[{"type": "function", "function": {"name": "mail", "description": f"By {key}."}}],
    )
    fields = [finding.field for finding in sensitive([row])]
    assert fields == ["rejected[0].content", "tools[0]"]

    made, edits = edited(row, TEXT_REPAIRS[0])
    assert key not in str(made) and len(edits) == 2
    assert sensitive([made]) == []


def test_a_preference_pair_is_mended_on_both_sides() -> None:
    quoted = "{\u201cname\u201d: 1}"
    row = Example.of(
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": quoted}],
        "rows.jsonl:1",
        rejected=[{"role": "assistant", "content": quoted}],
    )
    (quotes,) = (repair for repair in TEXT_REPAIRS if repair.name == "quotes")
    made, _ = edited(row, quotes)
    assert made.rejected[0]["content"] == made.answer == '{"name": 1}'
