"""The tokenizer: byte-level BPE with GPT-2's pre-tokenizer, trained on the corpus, and the ChatML
rendering of documents.
"""

from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from .corpus import SKILLS, Document, Source, document

END_OF_TEXT, IM_START, IM_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIAL_TOKENS = [END_OF_TEXT, IM_START, IM_END]

FIRST_WEIGHT = 3.0
"""Weight of the first token of an answer: the decision; what follows is mostly spelling."""
PROSE_WEIGHT = 0.3

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def train_tokenizer(seed: int, vocab_size: int, num_documents: int = 60_000) -> Tokenizer:
    """A byte-level BPE of `vocab_size` tokens, the three special ones first, learned from the first
    documents of the stream.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = (
        message["content"]
        for index in range(num_documents)
        for message in document(seed, index, late=0.5)[1]
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, path: Path) -> None:
    """Write `tokenizer.json`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path))


@dataclass(frozen=True)
class Encoded:
    """Token ids of a document and the weight of each in the loss; 0 is not learned."""

    ids: list[int]
    weights: list[float]


def encode(tokenizer: Tokenizer, messages: Document) -> Encoded:
    """A document as tokens: ChatML for conversations, bare text for prose, `<|endoftext|>` after
    either.

    Learned are plain text and the assistant's words with their `<|im_end|>`; roles, questions and
    prompts are not.
    """
    ids: list[int] = []
    weights: list[float] = []

    def add(part: str, weight: float, first: float = 0.0) -> None:
        new = tokenizer.encode(part, add_special_tokens=False).ids
        ids.extend(new)
        weights.extend([first or weight, *[weight] * (len(new) - 1)])

    for message in messages:
        if message["role"] == "text":
            add(message["content"], PROSE_WEIGHT)
            continue
        spoken = message["role"] == "assistant"
        add(f"{IM_START}{message['role']}\n", 0.0)
        # One encoding for words and end mark, as the chat template would give it.
        add(f"{message['content']}{IM_END}", float(spoken), FIRST_WEIGHT * spoken)
        add("\n", 0.0)
    add(END_OF_TEXT, PROSE_WEIGHT * (messages[-1]["role"] == "text"))
    return Encoded(ids, weights)


def skill_names() -> list[str]:
    """Names of the skills in the order of the registry."""
    return [skill.name for skill in SKILLS]


def sample(skill_name: str, source: Source) -> Document:
    """One document of the named skill."""
    return next(skill for skill in SKILLS if skill.name == skill_name).write(source)
