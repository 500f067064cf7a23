"""The next token of one answer, by transformers' own processors of logits."""

from __future__ import annotations

import torch
from torch import Tensor

from whet.serving.backends.backend import Sampling

LEAST_TEMPERATURE = 1e-30
"""In float32 a smaller one would be nothing, and dividing by it no number."""


class Sampler:
    """Draws tokens: biases, then temperature, then top-p, as OpenAI states them.

    At temperature 0 the likeliest is taken. With a seed the same request draws the same numbers.
    """

    def __init__(self, how: Sampling, device: torch.device) -> None:
        from transformers.generation.logits_process import (
            LogitsProcessorList,
            SequenceBiasLogitsProcessor,
            TemperatureLogitsWarper,
            TopPLogitsWarper,
        )

        self._is_greedy = how.temperature == 0
        self._biases, self._processors = LogitsProcessorList(), LogitsProcessorList()
        if how.logit_bias:
            biases = [[[token], float(bias)] for token, bias in how.logit_bias.items()]
            self._biases.append(SequenceBiasLogitsProcessor(biases))
        if not self._is_greedy and how.temperature != 1:
            temperature = max(float(how.temperature), LEAST_TEMPERATURE)
            self._processors.append(TemperatureLogitsWarper(temperature))
        if not self._is_greedy and how.top_p < 1:
            self._processors.append(TopPLogitsWarper(float(how.top_p)))
        self._generator = torch.Generator(device)
        if how.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(how.seed % 2**63)
        self._nothing = torch.empty(1, 0, dtype=torch.long, device=device)

    def choose(self, logits_1V: Tensor) -> int:
        """The next token's id."""
        logits_1V = self._biases(self._nothing, logits_1V)
        if self._is_greedy:
            return int(logits_1V.argmax(dim=-1))
        # From the largest down, so that a temperature near 0 makes the others -inf, not it +inf.
        logits_1V = logits_1V - logits_1V.max(dim=-1, keepdim=True).values
        logits_1V = self._processors(self._nothing, logits_1V)
        shares_1V = torch.softmax(logits_1V, dim=-1)
        return int(torch.multinomial(shares_1V, 1, generator=self._generator))
