"""People in a run: what is frozen for them, and what their votes decide."""
