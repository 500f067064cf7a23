"""Worlds with a known truth, and how often the verdict finds it: see `error_rates.py`."""
