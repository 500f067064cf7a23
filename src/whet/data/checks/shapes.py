"""What keys, tokens and personal numbers look like: fixed prefixes, lengths and check sums.

No entropy rules: they flood prose. A shape without a check sum has a prefix that nothing else
has, or words beside it that say what it is. Placeholders (xxxx, YOUR_KEY) and what standards keep
for examples (example.com, 192.0.2.1, 555-0100) do not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from whet.data.checks.numbers import (
    card,
    chinese_id,
    cpf,
    iban,
    ip_address,
    phone,
    real_address,
    social_security,
)  # fmt: skip
from whet.data.checks.tokens import json_web_token, password_in_url, varied
from whet.findings import Severity


@dataclass(frozen=True, slots=True)
class Shape:
    """What is looked for. `hints`: one of them has to occur before the expression is tried.

    The value is the group `value` where the expression has one, else the whole match.
    """

    name: str
    severity: Severity
    hints: tuple[str, ...]
    expression: re.Pattern[str]
    holds: Callable[[str], bool]

    def values(self, text: str) -> list[str]:
        """The values of this shape in a text, in order."""
        if not any(hint in text for hint in self.hints):
            return []
        group = "value" if "value" in self.expression.groupindex else 0
        found = [match.group(group) for match in self.expression.finditer(text)]
        return [value for value in found if self.holds(value)]


def _secret(name: str, hints: str, expression: str, holds: Callable[[str], bool] = varied) -> Shape:
    pattern = re.compile(rf"(?<![A-Za-z0-9_]){expression}", re.ASCII)
    return Shape(name, Severity.ERROR, tuple(hints.split()), pattern, holds)


def _personal(
    name: str, hints: tuple[str, ...], expression: str, holds: Callable[[str], bool]
) -> Shape:
    return Shape(name, Severity.WARNING, hints, re.compile(expression, re.ASCII), holds)


_DIGITS = tuple("0123456789")

SECRETS = (
    Shape("a private key", Severity.ERROR, ("PRIVATE KEY",),
          re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"), lambda _: True),
    _secret("an AWS access key", "AKIA ASIA", r"(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    _secret("an AWS secret key", "ecret",
            r"(?i:aws_?secret_?(?:access_?)?key)[\"']?\s*[=:]\s*[\"']?(?P<value>[A-Za-z0-9/+]{40})\b"),
    _secret("an Anthropic API key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{20,200}"),
    _secret("an API key", "sk-", r"sk-(?!ant-)[A-Za-z0-9_-]{20,200}"),
    _secret("a GitHub token", "gh github_pat_",
            r"(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})"),
    _secret("a GitLab token", "glpat-", r"glpat-[A-Za-z0-9_-]{20,}"),
    _secret("a Hugging Face token", "hf_", r"hf_[A-Za-z0-9]{30,}\b"),
    _secret("a Google API key", "AIza", r"AIza[A-Za-z0-9_-]{35}"),
    _secret("a Google client secret", "GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{28}"),
    _secret("a Slack token", "xox xapp-", r"(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{20,}"),
    _secret("a Slack webhook", "hooks.slack.com",
            r"hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}"),
    _secret("a Stripe key", "_live_ _test_", r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}"),
    _secret("a Stripe webhook secret", "whsec_", r"whsec_[A-Za-z0-9+/]{24,}"),
    _secret("a Twilio key", "SK", r"SK[0-9a-f]{32}\b"),
    _secret("a SendGrid key", "SG.", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    _secret("a Mailgun key", "key-", r"key-[0-9a-f]{32}\b"),
    _secret("an npm token", "npm_", r"npm_[A-Za-z0-9]{36}\b"),
    _secret("a PyPI token", "pypi-", r"pypi-AgE[A-Za-z0-9_-]{40,}"),
    _secret("a Docker Hub token", "dckr_pat_", r"dckr_pat_[A-Za-z0-9_-]{27}"),
    _secret("a DigitalOcean token", "do", r"do[opr]_v1_[0-9a-f]{64}\b"),
    _secret("a Databricks token", "dapi", r"dapi[0-9a-f]{32}\b"),
    _secret("a Shopify token", "shp", r"shp(?:at|ca|pa|ss)_[0-9a-f]{32}\b"),
    _secret("a Telegram bot token", ":AA", r"\d{8,10}:AA[A-Za-z0-9_-]{33}\b"),
    _secret("a Groq key", "gsk_", r"gsk_[A-Za-z0-9]{48,}\b"),
    _secret("a Replicate token", "r8_", r"r8_[A-Za-z0-9]{37}\b"),
    _secret("a Vault token", "hvs.", r"hvs\.[A-Za-z0-9_-]{24,}"),
    _secret("a New Relic key", "NRAK-", r"NRAK-[A-Z0-9]{27}\b"),
    _secret("an Azure storage key", "AccountKey=", r"AccountKey=(?P<value>[A-Za-z0-9+/]{86}==)"),
    _secret("a JSON web token", "eyJ",
            r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]{16,}", json_web_token),
    _secret("a bearer token", "earer",
            r"[Bb]earer\s+(?!eyJ)(?P<value>[A-Za-z0-9][A-Za-z0-9._~+/-]{18,}[A-Za-z0-9=])",
            lambda text: varied(text) and any(char.isdecimal() for char in text)),
    _secret("a connection string with its password", "://",
            r"[a-z][a-z0-9+.-]{1,20}://[^\s:/@\"'<>]{1,64}:[^\s@/\"'<>]{3,128}@[\w.-]+",
            password_in_url),
)  # fmt: skip

PERSONAL = (
    _personal("an email address", ("@",),
              r"\b[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*"
              r"\.[A-Za-z]{2,24}\b", real_address),
    _personal("a card number", _DIGITS,
              r"(?<![\d.-])(?:[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,4}|3[47]\d\d[ -]\d{6}[ -]\d{5})"
              r"(?![\d.-]*\d)", card),
    _personal("an IBAN", _DIGITS,
              r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", iban),
    _personal("a phone number", _DIGITS,
              r"(?<![\w.+/-])(?:\+\d{1,3}[ .-]?(?:\(0?\d{1,4}\)[ .-]?)?\d{1,4}"
              r"(?:[ .-]?\d{2,4}){1,4}"
              r"|\(\d{3}\) ?\d{3}[ .-]\d{4}|\d{3}-\d{3}-\d{4}|\d{3}\.\d{3}\.\d{4}"
              r"|0[1-9](?:[ .-]\d\d){4}|1[3-9]\d{9})(?![\w/-]|\.\d)",
              phone),
    _personal("a social security number", _DIGITS, r"(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-]|\.\d)",
              social_security),
    _personal("a Brazilian CPF number", _DIGITS,
              r"(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w-])", cpf),
    _personal("a Chinese identity number", _DIGITS, r"(?<![\w.-])[1-8]\d{16}[\dX](?![\w.-]*\w)",
              chinese_id),
    _personal("an IP address", _DIGITS,
              r"(?<![\w.:/-])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}"
              r"|(?:[0-9A-Fa-f]{1,4}:){2,6}:[0-9A-Fa-f]{1,4})(?![\w:]|\.\d|\.\w)", ip_address),
)  # fmt: skip
