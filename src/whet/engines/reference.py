"""The reference engine: plain forward passes of transformers, one sequence at a time.

It stands for two things. `open_judged` is the model as it was judged: base and adapter through the
program's own loader, with the stop tokens that training taught. `open_shipped` is a model folder as
a stranger meets it: what its own files say, and nothing that the program knows better.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from whet.engines.engine import Answer, Facts, Logprobs, plain_text
from whet.errors import ModelError
from whet.infer.prompts import decode_answer
from whet.models.adapter import load_adapter, was_trained_in_four_bits
from whet.models.files import TOKENIZER_FILES, digest, find_folder, read_config, weight_files
from whet.models.four_bit import write_out
from whet.models.load import (
    DTYPES,
    FOUR_BITS,
    LoadedModel,
    eos_ids,
    load_model,
    load_weights,
    set_dtype,
    template_text,
)
from whet.rows.render import render_prompt
from whet.types import Messages

HEAD = "lm_head.weight"


class Reference:
    """A loaded model behind `Engine`. It keeps nothing between two questions."""

    def __init__(self, loaded: LoadedModel, name: str) -> None:
        self.loaded, self.name = loaded, name
        forward = inspect.signature(loaded.model.forward).parameters
        self._keeps_logits = "logits_to_keep" in forward

    @property
    def in_four_bits(self) -> bool:
        """Whether the linear layers of its base are, or were, in NF4."""
        return self.loaded.identity.endswith(FOUR_BITS)

    def facts(self) -> Facts:
        """Template, special tokens and sizes as the tokenizer and the weights have them."""
        tokenizer, bos = self.loaded.tokenizer, self.loaded.tokenizer.bos_token_id
        return Facts(
            template=self.loaded.template,
            bos_id=bos,
            adds_bos=bos is not None and tokenizer("a")["input_ids"][:1] == [bos],
            eos_id=tokenizer.eos_token_id,
            stop_ids=self.loaded.stop_ids,
            vocabulary=int(self.loaded.model.get_output_embeddings().weight.shape[0]),
            context=self.loaded.max_positions,
        )

    def answer(self, messages: Messages, max_new_tokens: int) -> Answer:
        """The greedy answer, the prompt rendered as training rendered it.

        Without a template it is the messages' texts, with what the tokenizer puts before a text.
        """
        prompt = self._prompt(messages)
        room = self.loaded.max_positions - len(prompt)
        if room < 1:
            raise ModelError(
                f"{self.name}: a prompt of {len(prompt):,} tokens leaves no room for an answer in "
                f"a context of {self.loaded.max_positions:,}."
            )
        ids, stopped = self._greedy(prompt, min(max_new_tokens, room))
        return Answer(self.decode(ids), stopped, tuple(prompt), tuple(ids), len(prompt))

    def _prompt(self, messages: Messages) -> list[int]:
        if self.loaded.template:
            return render_prompt(messages, self.loaded.tokenizer)
        ids: list[int] = self.loaded.tokenizer(plain_text(messages), verbose=False)["input_ids"]
        return ids

    @torch.inference_mode()
    def logprobs(self, prompt: Sequence[int], answer: Sequence[int]) -> Logprobs:
        """All log-probabilities from one forward pass over prompt and answer together."""
        logits = self._forward([*prompt, *answer], 1 + len(answer)).logits[0, -1 - len(answer) :]
        scores: Logprobs = torch.log_softmax(logits.float(), dim=-1).cpu().numpy()
        return scores.astype(np.float32, copy=False)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of an answer's tokens, without special tokens."""
        return decode_answer(ids, self.loaded.tokenizer)

    def spell(self, ids: Sequence[int]) -> str:
        """The text of any tokens, special ones written out."""
        text: str = self.loaded.tokenizer.decode(
            list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return text

    def close(self) -> None:
        """Lets go of the weights."""
        self.loaded.model = None

    def _forward(self, ids: Sequence[int], keep: int, past: Any = None) -> Any:
        tensor = torch.tensor([list(ids)], device=self.loaded.device)
        more = {"logits_to_keep": keep} if self._keeps_logits else {}
        return self.loaded.model(input_ids=tensor, past_key_values=past, use_cache=True, **more)

    @torch.inference_mode()
    def _greedy(self, prompt: Sequence[int], limit: int) -> tuple[list[int], bool]:
        found: list[int] = []
        step: Sequence[int] = prompt
        past = None
        while len(found) < limit:
            result = self._forward(step, 1, past)
            token = int(result.logits[0, -1].argmax())
            if token in self.loaded.stop_ids:
                return found, True
            found.append(token)
            step, past = [token], result.past_key_values
        return found, False


def open_judged(
    model: str | Path,
    *,
    adapter: Path | None = None,
    dtype: str = "float32",
    template: Path | None = None,
    four_bit: bool | None = None,
    device: str | None = None,
) -> Reference:
    """The judged model: a base with its adapter, or a model that was trained in full.

    `four_bit` None: as the adapter says of itself. False for an adapter that was trained on a base
    in NF4 puts it on the base as stored, which is what a merge of it ships.

    Raises:
        ModelError: what the loader and the adapter's reader refuse.
    """
    trained_so = adapter is not None and was_trained_in_four_bits(adapter)
    wanted = trained_so if four_bit is None else four_bit
    loaded = load_model(model, dtype=dtype, template=template, device=device, four_bit=wanted)
    if adapter is not None:
        seen_so = replace(loaded, identity=loaded.identity.removesuffix(FOUR_BITS) + FOUR_BITS)
        load_adapter(seen_so if trained_so else loaded, adapter)
    if wanted and loaded.device.type == "cpu":
        write_out(loaded.model)
    bits = ", base in NF4" * wanted
    return Reference(loaded, f"transformers ({'base + adapter' if adapter else 'model'}{bits})")


def open_shipped(folder: Path, *, dtype: str = "float32", device: str | None = None) -> Reference:
    """A model folder as any user of transformers has it.

    The tokenizer is what `AutoTokenizer` makes of the files, and an answer ends only at the tokens
    that generation_config.json (else config.json) names.

    Raises:
        ModelError: remote code, pickled or missing weights, an unknown dtype.
    """
    place = find_folder(str(folder))
    read_config(place)
    files = weight_files(place)
    if dtype not in DTYPES:
        raise ModelError(f"unknown dtype {dtype!r}; use {', '.join(DTYPES)}.")
    model = _weights(place, DTYPES[dtype])
    model = model.to(device or ("cuda" if torch.cuda.is_available() else "cpu")).eval()
    set_dtype(model, DTYPES[dtype])
    tokenizer = _tokenizer_of_strangers(place)
    present = [place / name for name in TOKENIZER_FILES if (place / name).is_file()]
    text = template_text(tokenizer)
    loaded = LoadedModel(
        model=model,
        tokenizer=tokenizer,
        name=str(folder),
        folder=place,
        identity=digest([*files, place / "config.json", *present, text]),
        template=text,
        stop_ids=eos_ids(model),
        max_positions=int(getattr(model.config, "max_position_embeddings", 0) or 2**31 - 1),
    )
    return Reference(loaded, f"transformers ({place.name})")


def _tokenizer_of_strangers(folder: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder}: the tokenizer cannot be read: {error}") from None


def _weights(folder: Path, dtype: torch.dtype) -> Any:
    try:
        return load_weights(folder, dtype)
    except ModelError as error:
        if HEAD not in str(error):
            raise
        raise ModelError(
            f"tied head lost: {folder}/config.json does not tie the output head to the embedding, "
            f"and the files hold no {HEAD}; a loader would fill it with random numbers. Say "
            "tie_word_embeddings=true, or write the head."
        ) from None
