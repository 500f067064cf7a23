"""The model card of an artifact: README.md, made from the run's report and the artifact's proof."""

from whet.artifacts.card.card import card_text, write_card

__all__ = ["card_text", "write_card"]
