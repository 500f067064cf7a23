"""The server around them: who may ask, how much, and how long it listens."""
