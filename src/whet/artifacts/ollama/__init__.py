"""Ollama: the Modelfile, and a chat template in Go's language that writes the same prompts."""
