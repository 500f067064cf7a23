"""How much answers are like their references: by n-grams, by subsequences, by meaning."""
