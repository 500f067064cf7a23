"""Artifacts: the tuned model in the forms that others load, each with its proof beside it."""
