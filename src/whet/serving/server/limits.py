"""All limits of the server in one table, with their defaults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask for, and how much is taken on at a time.

    Counts that OpenAI states are OpenAI's. `deadline_s` runs from the arrival of a request to the
    end of its answer, waiting included. `grace_s` is what answers under way get when the server is
    told to stop.
    """

    max_body_bytes: int = 4 * 2**20
    body_timeout_s: float = 30
    max_messages: int = 1_000
    max_content_parts: int = 256
    max_answers: int = 8
    max_prompts: int = 64
    max_tokens: int = 1_000_000
    max_stop_strings: int = 4
    max_stop_chars: int = 500
    max_top_logprobs: int = 20
    max_completion_logprobs: int = 5
    max_logit_biases: int = 1_024
    max_tools: int = 128
    max_schema_bytes: int = 64 * 2**10
    max_schema_depth: int = 32
    max_queue: int = 64
    deadline_s: float = 600
    retry_after_s: int = 2
    max_connections: int = 512
    keep_alive_s: int = 10
    grace_s: float = 20


LIMITS = Limits()
