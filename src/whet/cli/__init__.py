"""The command line: it parses, calls the verb, and prints."""

from whet.cli.main import main

__all__ = ["main"]
