"""Sample reports: one of each kind of verdict, and one with nothing but hostile text in it."""
