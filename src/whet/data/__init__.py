"""The data room: files to checked, divided and accounted-for examples. Needs no torch."""

from whet.data.checks import check, labels
from whet.data.dataset import Dataset, load, survey
from whet.data.keys import input_key, normal, row_key
from whet.data.leaks import Leak, Resolved, find_leaks, leak_findings, resolve_leaks
from whet.data.ledger import Dropped, Ledger, TokenCount
from whet.data.lengths import Fitted, require_lengths, resolve_lengths
from whet.data.reading.formats import COLUMN_KEYS
from whet.data.reading.read import FileSummary, Reading, read, stream
from whet.data.splits import Split, split
from whet.data.version import content_version, split_version

__all__ = [
    "COLUMN_KEYS",
    "Dataset",
    "Dropped",
    "FileSummary",
    "Fitted",
    "Leak",
    "Ledger",
    "Reading",
    "Resolved",
    "Split",
    "TokenCount",
    "check",
    "content_version",
    "find_leaks",
    "input_key",
    "labels",
    "leak_findings",
    "load",
    "normal",
    "read",
    "require_lengths",
    "resolve_leaks",
    "resolve_lengths",
    "row_key",
    "split",
    "split_version",
    "stream",
    "survey",
]
