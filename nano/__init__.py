"""How whet-nano, the bundled base model, is made: text, tokenizer, training, scoring, packaging."""
