"""Write a checkpoint as a Hugging Face folder: `python -m nano.package --run DIR --out
src/whet/models/nano`.

Each file is written beside its place and renamed into it, the weights last, so that a reader never
sees half a model. The logits of the folder, loaded by transformers, are compared with those of the
training form first.
"""

import argparse
import json
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from .corpus import document
from .model import Nano, NanoConfig
from .tokenizer import CHAT_TEMPLATE, END_OF_TEXT, IM_END, IM_START, SPECIAL_TOKENS

MAX_DIFFERENCE = 1e-4
"""Largest difference of a logit between the two forms in float32, as a share of the largest."""


def load_checkpoint(run: Path) -> Nano:
    """The training form with the weights of a run, rounded to bfloat16 as they will be packaged."""
    counters = json.loads((run / "counters.json").read_text())
    model = Nano(NanoConfig(**counters["config"]))
    tensors = load_file(run / "state.safetensors")
    weights = {
        key[6:]: value.bfloat16().float()
        for key, value in tensors.items()
        if key.startswith("model.")
    }
    model.load_state_dict(weights)
    return model.eval()


def model_config(config: NanoConfig) -> dict[str, object]:
    """`config.json` of `LlamaForCausalLM`."""
    sizes = config.as_dict()
    theta = sizes.pop("rope_theta")
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        **sizes,
        "head_dim": config.head_dim,
        "rope_parameters": {"rope_type": "default", "rope_theta": theta},
        "rope_theta": theta,
        "hidden_act": "silu",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "mlp_bias": False,
        "tie_word_embeddings": True,
        "initializer_range": 0.02,
        "bos_token_id": None,
        "eos_token_id": SPECIAL_TOKENS.index(IM_END),
        "pad_token_id": SPECIAL_TOKENS.index(END_OF_TEXT),
        "use_cache": True,
        "dtype": "bfloat16",
    }


def tokenizer_config(max_length: int) -> dict[str, object]:
    """`tokenizer_config.json`; its class is the one that keeps what `tokenizer.json` says."""
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": max_length,
        "eos_token": IM_END,
        "pad_token": END_OF_TEXT,
        "additional_special_tokens": [IM_START],
        "clean_up_tokenization_spaces": False,
    }


def generation_config() -> dict[str, object]:
    """`generation_config.json`: greedy, stopping at the end of a turn or of the text."""
    end_of_turn, end_of_text = SPECIAL_TOKENS.index(IM_END), SPECIAL_TOKENS.index(END_OF_TEXT)
    return {
        "do_sample": False,
        "eos_token_id": [end_of_turn, end_of_text],
        "pad_token_id": end_of_text,
    }


def write_folder(model: Nano, tokenizer_json: str, folder: Path) -> None:
    """All files of the model, the weights in bfloat16."""
    config = model.config
    files = {
        "config.json": json.dumps(model_config(config), indent=2) + "\n",
        "generation_config.json": json.dumps(generation_config(), indent=2) + "\n",
        "tokenizer.json": tokenizer_json,
        "tokenizer_config.json": json.dumps(
            tokenizer_config(config.max_position_embeddings), indent=2
        )
        + "\n",
        "chat_template.jinja": CHAT_TEMPLATE,
    }
    for name, content in files.items():
        (folder / f"{name}.new").write_text(content)
    prefixed = {
        f"model.{name}": value.bfloat16().contiguous() for name, value in model.state_dict().items()
    }
    save_file(prefixed, folder / "model.safetensors.new", metadata={"format": "pt"})
    for name in [*files, "model.safetensors"]:
        (folder / f"{name}.new").chmod(0o644)
        (folder / f"{name}.new").replace(folder / name)


@torch.no_grad()
def largest_difference(model: Nano, folder: Path, num_documents: int = 8) -> float:
    """The largest difference of a logit between the training form and transformers, in float32.

    It is a share of the largest logit, which grows to some 25; rounding grows with it.
    """
    tokenizer = AutoTokenizer.from_pretrained(folder)
    theirs = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    worst = 0.0
    for index in range(num_documents):
        messages = document(1, index, late=1.0)[1]
        content = (
            messages[0]["content"]
            if messages[0]["role"] == "text"
            else tokenizer.apply_chat_template(messages, tokenize=False)
        )
        tokens = torch.tensor([tokenizer(content)["input_ids"]])
        ours = model(tokens, torch.zeros_like(tokens))
        difference = (ours - theirs(tokens).logits).abs().max() / ours.abs().max()
        worst = max(worst, difference.item())
    return worst


def package(run: Path, out: Path) -> float:
    """Package a run's checkpoint into `out`; returns the largest difference of a logit.

    Raises:
        ValueError: The two forms disagree; nothing in `out` has changed.
    """
    model = load_checkpoint(run)
    tokenizer_json = (run / "tokenizer.json").read_text()
    with tempfile.TemporaryDirectory() as scratch:
        write_folder(model, tokenizer_json, Path(scratch))
        worst = largest_difference(model, Path(scratch))
    if worst > MAX_DIFFERENCE:
        raise ValueError(
            f"{run}: logits of the training form and transformers differ by {worst:.2e};"
            f" at most {MAX_DIFFERENCE:.0e} is allowed."
        )
    out.mkdir(parents=True, exist_ok=True)
    write_folder(model, tokenizer_json, out)
    return worst


def main() -> None:
    """Read the command line and package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    worst = package(given.run, given.out)
    size = (given.out / "model.safetensors").stat().st_size
    print(f"{given.out}: {size / 1e6:.1f} MB, logits equal to {worst:.1e}")


if __name__ == "__main__":
    main()
