"""The migration room: configurations of other trainers become projects. Needs no torch."""

from whet.migration.account import Entry, Fate
from whet.migration.batch import Lengths, packed_share
from whet.migration.loading import Placed, place_datasets
from whet.migration.page import Draft, config_text
from whet.migration.translate import Measure, Translation, translate

__all__ = [
    "Draft",
    "Entry",
    "Fate",
    "Lengths",
    "Measure",
    "Placed",
    "Translation",
    "config_text",
    "packed_share",
    "place_datasets",
    "translate",
]
