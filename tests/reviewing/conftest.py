"""A small review, and a server for it on a real port."""

from tests_reviewing import make_review, rater, served

__all__ = ["make_review", "rater", "served"]
