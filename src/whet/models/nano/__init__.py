"""whet-nano, the bundled base model: a small chat model to test with, in Hugging Face layout."""

from pathlib import Path

__all__ = ["folder"]


def folder() -> Path:
    """The folder that `from_pretrained` takes."""
    return Path(__file__).parent
