"""Texts that say nearly the same words: near duplicates, leaks and contamination."""

from whet.data.overlap.near import Cluster, NearDuplicates, near_duplicates

__all__ = ["Cluster", "NearDuplicates", "near_duplicates"]
