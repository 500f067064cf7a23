"""OpenAI's words: requests checked field by field, answers and faults in its shapes."""
