"""The grammars of the bundled examples, one module each; `scripts/examples.py` runs them."""
