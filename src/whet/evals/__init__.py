"""Evaluation: arms that ask, scorers, comparisons, gates, and the verdict. No torch in here."""
