"""Pre-train whet-nano from nothing: `python -m nano.pretrain --out DIR`. Stopped and started again,
it continues.

A step draws its documents from (seed, step), runs forward and backward, and updates: Muon for the
matrices inside the layers, AdamW for embeddings and norms. The learning rate warms up, stays, and
falls linearly to zero over the last part, so the end may be moved while it stays.
"""

import argparse
import dataclasses
import json
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from .batches import Batch, make_batch
from .model import Nano, NanoConfig
from .muon import Muon
from .tokenizer import save_tokenizer, train_tokenizer


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the result, given the code."""

    seed: int = 0
    num_steps: int = 4400
    learning_rate_muon: float = 0.01
    learning_rate_adam: float = 1.3e-3
    warmup_steps: int = 60
    decay_fraction: float = 0.1
    early_tokens: float = 7e6
    """Until here the early mixture: copying first, short documents."""
    late_tokens: float = 8.5e6
    """From here the late mixture; between the two it moves linearly."""
    prompt_share: float = 0.03


def learning_rate_factor(recipe: Recipe, step: int) -> float:
    """1 in the middle; a rise at the start and a linear fall to 0 at the end."""
    decay_steps = recipe.num_steps * recipe.decay_fraction
    return min(1.0, (step + 1) / recipe.warmup_steps, (recipe.num_steps - step) / decay_steps)


def lateness(recipe: Recipe, num_tokens_seen: int) -> float:
    """How far the mixture has moved from early (0) to late (1)."""
    return min(
        1.0,
        max(
            0.0,
            (num_tokens_seen - recipe.early_tokens) / (recipe.late_tokens - recipe.early_tokens),
        ),
    )


class Trainer:
    """Model, optimizers and step: all that a checkpoint holds."""

    def __init__(self, config: NanoConfig, recipe: Recipe, device: str) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.device = device
        self.model = Nano(config).to(device)
        named = dict(self.model.named_parameters())
        hidden = {
            name: parameter
            for name, parameter in named.items()
            if parameter.ndim == 2 and "embed" not in name
        }
        self.muon = Muon(hidden)
        self.rest = {name: parameter for name, parameter in named.items() if name not in hidden}
        self.adam = torch.optim.AdamW(
            self.rest.values(), lr=recipe.learning_rate_adam, betas=(0.9, 0.98), weight_decay=0.0
        )
        self.step = 0
        self.num_tokens = 0
        self.hidden_states = torch.compile(self.model.hidden, dynamic=False)

    def update(self, batch: Batch) -> float:
        """One optimizer step; returns the mean loss over the learned positions."""
        hidden_BTC = self.hidden_states(
            batch.tokens_BT.to(self.device), batch.documents_BT.to(self.device)
        )
        logits = F.linear(
            hidden_BTC.flatten(0, 1)[batch.positions.to(self.device)],
            self.model.embed_tokens.weight,
        )
        losses = F.cross_entropy(logits, batch.targets.to(self.device), reduction="none")
        weights = batch.weights.to(self.device)
        loss = (losses * weights).sum() / weights.sum()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.rest.values(), 1.0)
        factor = learning_rate_factor(self.recipe, self.step)
        self.adam.param_groups[0]["lr"] = self.recipe.learning_rate_adam * factor
        self.adam.step()
        self.muon.step(self.recipe.learning_rate_muon * factor)
        self.model.zero_grad(set_to_none=False)
        self.step += 1
        self.num_tokens += batch.tokens_BT.numel()
        return loss.item()

    def save(self, folder: Path) -> None:
        """Write the checkpoint: weights and moments, then the counters in JSON."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        tensors |= {f"muon.{name}": value for name, value in self.muon.buffers.items()}
        for name, parameter in self.rest.items():
            state = self.adam.state[parameter]
            tensors |= {
                f"adam.{key}.{name}": value
                for key, value in state.items()
                if isinstance(value, torch.Tensor)
            }
        folder.mkdir(parents=True, exist_ok=True)
        save_file(
            {key: value.contiguous().cpu() for key, value in tensors.items()}, folder / "state.new"
        )
        (folder / "state.new").replace(folder / "state.safetensors")
        counters = {
            "step": self.step,
            "num_tokens": self.num_tokens,
            "recipe": dataclasses.asdict(self.recipe),
            "config": self.model.config.as_dict(),
        }
        (folder / "counters.new").write_text(json.dumps(counters, indent=1))
        (folder / "counters.new").replace(folder / "counters.json")

    def load(self, folder: Path) -> None:
        """Continue from a checkpoint."""
        tensors = load_file(folder / "state.safetensors", device=self.device)
        self.model.load_state_dict(
            {key[6:]: value for key, value in tensors.items() if key.startswith("model.")}
        )
        for name, buffer in self.muon.buffers.items():
            buffer.copy_(tensors[f"muon.{name}"])
        for name, parameter in self.rest.items():
            keys = ("step", "exp_avg", "exp_avg_sq")
            self.adam.state[parameter] = {
                key: tensors[f"adam.{key}.{name}"].clone() for key in keys
            }
        counters = json.loads((folder / "counters.json").read_text())
        self.step, self.num_tokens = counters["step"], counters["num_tokens"]


def load_or_train_tokenizer(folder: Path, seed: int, vocab_size: int) -> Tokenizer:
    """The tokenizer of this run, made on first use."""
    path = folder / "tokenizer.json"
    if not path.exists():
        save_tokenizer(train_tokenizer(seed, vocab_size), path)
    return Tokenizer.from_file(str(path))


def pretrain(
    folder: Path, config: NanoConfig, recipe: Recipe, device: str, save_every_s: float
) -> None:
    """Train to the recipe's last step, writing checkpoints and `metrics.jsonl` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = load_or_train_tokenizer(folder, recipe.seed, config.vocab_size)
    trainer = Trainer(config, recipe, device)
    if (folder / "counters.json").exists():
        trainer.load(folder)
    asked_to_stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked_to_stop.append(number))
    began = saved = time.monotonic()
    first_step, losses = trainer.step, []
    while trainer.step < recipe.num_steps and not asked_to_stop:
        late = lateness(recipe, trainer.num_tokens)
        losses.append(
            trainer.update(
                make_batch(tokenizer, recipe.seed, trainer.step, late, recipe.prompt_share)
            )
        )
        if trainer.step % 20 == 0:
            row = {
                "step": trainer.step,
                "train/loss": round(sum(losses) / len(losses), 4),
                "num_tokens": trainer.num_tokens,
                "late": round(late, 3),
                "step_s": round((time.monotonic() - began) / (trainer.step - first_step), 3),
            }
            with (folder / "metrics.jsonl").open("a") as log:
                log.write(json.dumps(row) + "\n")
            print(row, flush=True)
            losses = []
        if (
            time.monotonic() - saved > save_every_s
            or trainer.step == recipe.num_steps
            or asked_to_stop
        ):
            trainer.save(folder)
            saved = time.monotonic()


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=1)
    for name in ("num_steps", "seed", "learning_rate_muon", "learning_rate_adam", "decay_fraction"):
        default = getattr(Recipe, name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    parser.add_argument("--save-every-s", type=float, default=150.0)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    recipe = Recipe(
        seed=given.seed,
        num_steps=given.num_steps,
        learning_rate_muon=given.learning_rate_muon,
        learning_rate_adam=given.learning_rate_adam,
        decay_fraction=given.decay_fraction,
    )
    pretrain(given.out, NanoConfig(), recipe, given.device, given.save_every_s)


if __name__ == "__main__":
    main()
