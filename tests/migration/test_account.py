from __future__ import annotations

from whet.migration.account import shown


def test_a_key_is_masked_however_deep_it_stands() -> None:
    value = {"login": [{"api_key": "abc-123", "name": "me"}]}
    told = shown("tracker", value)
    assert "abc-123" not in told and "me" in told
