"""Votes on disk: an append-only history in SQLite, or in PostgreSQL by URL.

The same statements serve both, in the dialect that both understand, with named parameters.
SQLite needs no package beside Python's own, so that `whet verdict` reads votes anywhere.
"""

from whet.reviewing.store.history import Conflict, Event, History, RaterEvent, Receipt
from whet.reviewing.store.opening import DATABASE_VARIABLE, open_history, read_history

__all__ = [
    "DATABASE_VARIABLE",
    "Conflict",
    "Event",
    "History",
    "RaterEvent",
    "Receipt",
    "open_history",
    "read_history",
]
