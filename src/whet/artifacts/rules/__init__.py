"""Which servers take which adapters: asked before training, and again before an export.

A module a server; each has `check(adapter) -> list[Finding]`. `whet.artifacts.rules.lint` is the
one way in.
"""
