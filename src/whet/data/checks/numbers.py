"""Is what looks like a personal number one? By check sums, and by the ranges that are given out."""

from __future__ import annotations

import ipaddress
import re

# What RFC 2606 keeps, and what people write who mean no one.
_EXAMPLE_DOMAIN = re.compile(
    r"(^|\.)(example|test|invalid|localhost|local)$|(^|\.)example[\w-]*\.[a-z.]+$"
    r"|^((my|your|the|some)?-?(email|domain|company|website|site|org|organi[sz]ation))\.[a-z.]+$",
    re.IGNORECASE,
)
_ADVERTISED = frozenset({"078-05-1120", "219-09-9999", "123-45-6789"})
_RESOLVERS = frozenset({"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "1.2.3.4"})
# Country codes of one digit, and of two; every other code has three (ITU-T E.164).
_COUNTRY = re.compile(
    r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    r"|2[1-69]\d|3[578]\d|42[013]|5[09]\d|6[789]\d|8[058]\d|9[679]\d"
)
_TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888"})
_KEPT_FOR_NOTHING = frozenset({"123", "555"})  # area codes that no one has


def _digits(text: str) -> list[int]:
    return [int(char) for char in text if char.isdecimal()]


def card(text: str) -> bool:
    """The check sum of payment cards (Luhn)."""
    separators = len(text) - len(digits := _digits(text))
    if separators not in (0, 2, 3) or (separators == 2) != (len(text) == 17):
        return False
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(set(digits)) > 2 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def iban(text: str) -> bool:
    """The check sum of ISO 13616: the rearranged number is 1 modulo 97."""
    compact = re.sub(r"\s", "", text)
    moved = compact[4:] + compact[:4]
    return 15 <= len(compact) <= 34 and int("".join(str(int(char, 36)) for char in moved)) % 97 == 1


def real_address(text: str) -> bool:
    """Not one of the domains, or of the names, that are kept or used for examples."""
    name, _, domain = text.rpartition("@")
    return not name.lower().startswith("your") and not _EXAMPLE_DOMAIN.search(domain)


def phone(text: str) -> bool:
    """A country code that exists and enough digits, or an area and exchange that are given out.

    National forms are those of North America, France and China; others need their country code.
    """
    digits = "".join(char for char in text if char.isdecimal())
    if len(set(digits)) < 4 or "1234567" in digits:
        return False
    if text.startswith("+") and not digits.startswith("1"):
        return 9 <= len(digits) <= 15 and bool(_COUNTRY.match(digits))
    if digits.startswith("0") or (len(text) == 11 and text.isdecimal()):
        return True  # the forms of France and of China's mobile phones, which are fixed
    number = digits[1:] if text.startswith("+") else digits
    if len(number) != 10:
        return False
    area, exchange = number[:3], number[3:6]
    given_out = area[0] in "23456789" and exchange[0] in "23456789" and exchange != "555"
    return given_out and area not in _TOLL_FREE | _KEPT_FOR_NOTHING


def social_security(text: str) -> bool:
    """A number that the United States may have given out, and no advertised one."""
    area, group, serial = text.split("-")
    given_out = area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
    return given_out and text not in _ADVERTISED and len(set(_digits(text))) > 2


def cpf(text: str) -> bool:
    """The two check digits of Brazil's CPF."""
    digits = _digits(text)
    for length in (9, 10):
        total = sum(digit * (length + 1 - i) for i, digit in enumerate(digits[:length]))
        if digits[length] != total * 10 % 11 % 10:
            return False
    return len(set(digits)) > 1


def chinese_id(text: str) -> bool:
    """The check sign of ISO 7064 and a date of birth that can be."""
    total = sum(int(char) << (17 - i) for i, char in enumerate(text[:17]))
    year, month, day = int(text[6:10]), int(text[10:12]), int(text[12:14])
    born = 1900 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31
    return born and text[17] == "10X98765432"[total % 11]


def ip_address(text: str) -> bool:
    """An address of the public network, and not one that everybody knows."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    # Version numbers such as 2.1.0.3 have the same form; real hosts rarely have small parts only.
    small = address.version == 4 and all(int(part) < 32 for part in text.split("."))
    network = address.version == 4 and text.endswith(".0")
    return address.is_global and text not in _RESOLVERS and not small and not network
