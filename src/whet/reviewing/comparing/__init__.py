"""Blind comparison: what is frozen, who sees what on which side, the pages, and what is sent."""
