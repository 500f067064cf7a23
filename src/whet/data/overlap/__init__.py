"""Texts that say nearly the same words: near duplicates, leaks and contamination."""

from whet.data.overlap.contamination import Contamination, contamination
from whet.data.overlap.items import Item, items_of, read_items
from whet.data.overlap.near import Cluster, NearDuplicates, near_duplicates

__all__ = [
    "Cluster",
    "Contamination",
    "Item",
    "NearDuplicates",
    "contamination",
    "items_of",
    "near_duplicates",
    "read_items",
]
