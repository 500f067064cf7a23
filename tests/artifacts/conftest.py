"""What the tests of artifacts share."""

from __future__ import annotations

from tests_exports import make_adapter, make_subject

__all__ = ["make_adapter", "make_subject"]
