"""Which tokens begin and end what is said, as the file tells llama.cpp.

llama.cpp ends an answer at three named tokens (eos, eot, eom) and at any token whose text it
knows as an end. It puts BOS before a prompt where `add_bos_token` says so, unless the chat
template has written it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.errors import ModelError, WhetError
from whet.models.load import load_tokenizer, template_text
from whet.rows.render import find_stop_ids
from whet.rows.template import render_text, within_time

# Tokens that llama.cpp takes for an end by their text, whatever the file says.
KNOWN_ENDS = frozenset(
    (
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>",
        "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]",
        "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>",
        "<｜end▁of▁sentence｜>", "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]",
        "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>", "<|file_sep|>",
    )
)  # fmt: skip

NO_BOS_NOTICE = (
    "the chat template does not begin with BOS, so llama.cpp is told to add none to any prompt"
)


@dataclass(frozen=True, slots=True)
class SpecialTokens:
    """The special tokens of a file. `begins_special`: conversations begin with one of them."""

    template: str
    add_bos: bool
    begins_special: bool
    bos: int | None
    eos: int
    eot: int | None
    eom: int | None
    pad: int | None
    unknown: int | None
    notices: tuple[str, ...] = ()


def read_special(folder: Path, config: Any) -> SpecialTokens:
    """The special tokens of a model's folder.

    Raises:
        ModelError: no end token, more of them than llama.cpp can hold, or a template that wants a
            BOS which the tokenizer has not.
    """
    tokenizer = load_tokenizer(folder)
    template = template_text(tokenizer)
    stops = _stop_ids(folder, tokenizer, config, template)
    if not stops:
        raise ModelError(f"{folder}: names no token that ends an answer (generation_config.json).")
    if tokenizer.bos_token_id is None and "bos_token" in template:
        raise ModelError(
            f"{folder}: the chat template writes bos_token, and the tokenizer has none; llama.cpp "
            "would write another token there. Take it out of the template, or name the token in "
            "tokenizer_config.json."
        )
    eos = stops[0] if tokenizer.eos_token_id is None else int(tokenizer.eos_token_id)
    eot, eom = _more_ends(tokenizer, stops, eos, folder)
    begins = _beginning(tokenizer) if template else None
    adds, add_bos = _bos_rule(tokenizer, begins)
    return SpecialTokens(
        template=template,
        add_bos=add_bos,
        begins_special=begins is not None and _begins_special(tokenizer, begins),
        bos=tokenizer.bos_token_id,
        eos=eos,
        eot=eot,
        eom=eom,
        pad=tokenizer.pad_token_id,
        unknown=tokenizer.unk_token_id,
        notices=(
            *_extra_ends(tokenizer, {*stops, eos}),
            *[NO_BOS_NOTICE] * (adds and not add_bos),
        ),
    )


def add_special(writer: Any, special: SpecialTokens) -> None:
    """Writes the special tokens and the chat template into a file."""
    if special.bos is not None:
        writer.add_bos_token_id(special.bos)
    writer.add_eos_token_id(special.eos)
    for number, add in (
        (special.eot, writer.add_eot_token_id),
        (special.eom, writer.add_eom_token_id),
        (special.pad, writer.add_pad_token_id),
        (special.unknown, writer.add_unk_token_id),
    ):
        if number is not None:
            add(number)
    writer.add_add_bos_token(special.add_bos)
    writer.add_add_eos_token(False)
    if special.template:
        writer.add_chat_template(special.template)


def _stop_ids(folder: Path, tokenizer: Any, config: Any, template: str) -> tuple[int, ...]:
    file = folder / "generation_config.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        ends = found.get("eos_token_id")
    except (ValueError, AttributeError) as error:
        raise ModelError(f"{file}: is no JSON object: {error}") from None
    ends = config.eos_token_id if ends is None else ends
    listed = tuple(ends) if isinstance(ends, list) else () if ends is None else (int(ends),)
    if template:
        return find_stop_ids(tokenizer, listed)
    own = tokenizer.eos_token_id
    return tuple(dict.fromkeys([*listed, *([] if own is None else [own])]))


def _more_ends(
    tokenizer: Any, stops: Sequence[int], eos: int, folder: Path
) -> tuple[int | None, int | None]:
    """Two further ends: the template's, and those that llama.cpp does not know by their text."""
    texts = dict(zip(stops, tokenizer.convert_ids_to_tokens(list(stops)), strict=True))
    unknown = [stop for stop in stops[1:] if texts[stop] not in KNOWN_ENDS]
    wanted = [stop for stop in dict.fromkeys([stops[0], *unknown]) if stop != eos]
    if len(wanted) > 2:
        raise ModelError(
            f"{folder}: answers end at {', '.join(map(str, texts.values()))}; a GGUF file names "
            "three end tokens at most. Take those out of generation_config.json that never come."
        )
    first, second, *_ = [*wanted, None, None]
    return first, second


def _extra_ends(tokenizer: Any, known: set[int]) -> list[str]:
    """Says at which further tokens llama.cpp ends an answer."""
    vocabulary = tokenizer.get_vocab()
    extra = [text for text in sorted(KNOWN_ENDS) if vocabulary.get(text) not in (None, *known)]
    if not extra:
        return []
    return [f"llama.cpp, by their text, also ends answers at {', '.join(extra)}"]


def _beginning(tokenizer: Any) -> str:
    """How a conversation begins by the chat template."""
    question = [{"role": "user", "content": "XQUESTIONX"}]

    def render() -> str:
        return render_text(tokenizer, question, generation_prompt=True)  # type: ignore[arg-type]

    try:
        return within_time(render)
    except WhetError as error:
        raise ModelError(f"the chat template cannot render a plain question: {error}") from None


def _bos_rule(tokenizer: Any, begins: str | None) -> tuple[bool, bool]:
    """Whether transformers puts BOS before a text, and whether llama.cpp is told to."""
    bos = tokenizer.bos_token_id
    adds = bos is not None and tokenizer("a", verbose=False)["input_ids"][:1] == [bos]
    return adds, adds and (begins is None or begins.startswith(tokenizer.bos_token))


def _begins_special(tokenizer: Any, text: str) -> bool:
    return any(text.startswith(token) for token in tokenizer.all_special_tokens)
