"""Engines: what runs a model that was exported, each behind one interface. None is our own."""
