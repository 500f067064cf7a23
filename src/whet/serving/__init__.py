"""Serving: one exported model behind the OpenAI surface, run by an engine that exists.

    client -> guard (key, host, size) -> routes (strict fields) -> gate (slots, queue) -> backend

A backend is llama.cpp's own server, `vllm serve`, or transformers in this process. What it answers
comes back as pieces; the front writes them in OpenAI's form, whole or as events.
"""
