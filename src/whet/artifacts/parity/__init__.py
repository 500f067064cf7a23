"""The parity gate: what is shipped answers as what was judged, or it is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whet.artifacts.parity.probes import probes

if TYPE_CHECKING:
    from whet.artifacts.parity.proving import prove
    from whet.artifacts.parity.tolerance import Tolerance, tolerance_for

__all__ = ["Tolerance", "probes", "prove", "tolerance_for"]


def __getattr__(name: str) -> Any:
    """The rest on first use: it imports torch."""
    if name == "prove":
        from whet.artifacts.parity.proving import prove

        return prove
    if name in {"Tolerance", "tolerance_for"}:
        from whet.artifacts.parity import tolerance

        return getattr(tolerance, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
