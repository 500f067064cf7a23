"""Each proof of the engine fails when the engine is broken: one planted fault a case.

The package is copied, one line of it is replaced by a wrong one, and the proof that should see it
is run on the copy in a process of its own. A proof that still passes is no proof.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import whet

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(whet.__file__).parent


@dataclass(frozen=True, slots=True)
class Fault:
    """`old` in `file` becomes `new`; the tests that `selection` names in `tests` have to fail."""

    name: str
    file: str
    old: str
    new: str
    tests: str
    selection: str


PARITY = "tests/training/test_parity.py"
EXACT = "tests/training/test_exactness.py"
RANKS = "tests/training/test_distributed.py"
PREFERENCE = "tests/training/objectives/test_parity.py"
EARLIER = "tests/training/test_earlier.py"
FAULTS = (
    Fault(
        "a token sees the one after it", "rows/segments.py",
        "hidden = key > query", "hidden = key > query + 1", PARITY, "padded and llama",
    ),
    Fault(
        "a window one too wide", "rows/segments.py",
        "query - key >= window", "query - key > window", PARITY, "padded and mistral",
    ),
    Fault(
        "a prefix one token too long", "rows/tree.py",
        "return first if n and differs[first] else n",
        "return min(first + 1, n) if n and differs[first] else n", PARITY, "padded and llama",
    ),
    Fault(
        "positions that restart behind a prefix", "rows/tree.py",
        "positions.append(np.arange(node.depth, node.end))",
        "positions.append(np.arange(node.end - node.depth))", PARITY, "padded and llama",
    ),
    Fault(
        "a loss one position late", "rows/tree.py",
        "place.append(path[learnt - 1])", "place.append(path[learnt])", PARITY, "padded and llama",
    ),
    Fault(
        "two parts of attention joined without their weights", "rows/attention_shared.py",
        "output = before.reshape(-1, rows, width) * share",
        "output = before.reshape(-1, rows, width) * 0.5", PARITY, "padded and llama",
    ),
    Fault(
        "no gradient through a shared prefix", "rows/attention_kernel.py",
        "_add_shared(key, batch, found.shared_key)", "pass", PARITY, "padded and llama",
    ),
    Fault(
        "the soft cap's slope forgotten", "rows/attention_joined.py",
        "grad_scores.mul_(slope)", "pass", PARITY, "padded and gemma2",
    ),
    Fault(
        "the head's soft cap forgotten in the gradient", "training/loss.py",
        "grad = grad if slope is None else grad.mul_(slope)", "pass", PARITY, "padded and gemma2",
    ),
    Fault(
        "loss averaged a micro-batch", "training/step.py",
        "total_weight or sum(row.total_weight for row in rows)",
        "total_weight or len(rows) * rows[0].total_weight", EXACT, "micro_batches",
    ),
    Fault(
        "chunks of the head overwrite each other", "training/loss.py",
        "out=self.hidden[start:stop]", "out=self.hidden[: stop - start]", EXACT, "chunk_sizes",
    ),
    Fault(
        "an example that sees its neighbour", "rows/segments.py",
        "parent = ROOT if segment.parent == ROOT else last_piece[segment.parent]",
        "parent = len(pieces) - 1", EXACT, "neighbours_losses",
    ),
    Fault(
        "the last example of a step left out", "rows/packing.py",
        "everything = range(len(sequences))", "everything = range(len(sequences) - 1)",
        EXACT, "order_of_examples",
    ),
    Fault(
        "4-bit codes in the wrong order", "models/nf4.py",
        "torch.stack([levels[byte >> 4], levels[byte & 15]], 1)",
        "torch.stack([levels[byte & 15], levels[byte >> 4]], 1)",
        "tests/models/test_nf4.py", "bit_for_bit",
    ),
    Fault(
        "a bias correction left out", "training/optimizer.py",
        "correction_2 = 1 - BETA_2**self.num_updates", "correction_2 = 1.0",
        "tests/training/test_loop.py", "thirty_steps and llama",
    ),
    Fault(
        "steps that go uphill", "training/optimizer.py",
        "value=-learning_rate / correction_1", "value=learning_rate / correction_1",
        "tests/training/test_stories.py", "learning_and_forgetting",
    ),
    Fault(
        "LoRA's scale missing in a gradient", "models/lora_layer.py",
        "grad_b = (grad.t() @ down).mul_(ctx.scale)", "grad_b = grad.t() @ down",
        "tests/training/test_gradients.py", "lora_product",
    ),
    Fault(
        "decay on the gradient instead of the weights", "training/optimizer.py",
        "values[: self.flat.num_decayed].mul_(1 - learning_rate * self.weight_decay)",
        "grads[: self.flat.num_decayed].add_(values[: self.flat.num_decayed], "
        "alpha=self.weight_decay)", "tests/training/test_parts.py", "torch_adamw",
    ),
    Fault(
        "a resumed run without its second moments", "training/optimizer.py",
        "held.copy_(tensors[name])", 'held.copy_(tensors["mean"] if name == "mean" else held)',
        "tests/training/test_resume.py", "stopping_anywhere",
    ),
    Fault(
        "an epoch's order that follows the file", "training/sampler.py",
        "return sorted(range(len(self._keys)), key=key)", "return list(range(len(self._keys)))",
        "tests/training/test_parts.py", "order_of_the_file",
    ),
    Fault(
        "a step that is not finite applied all the same", "training/loop.py",
        "finite = math.isfinite(gradient.loss) and math.isfinite(norm)", "finite = True",
        "tests/training/test_loop.py", "not_finite",
    ),
    Fault(
        "a self check that passes everything", "training/verify.py",
        "if not (exact_loss and exact_gradient) and is_finite:", "if False:",
        "tests/training/test_loop.py", "broken_engine",
    ),
    Fault(
        "an adapter saved with half its scale", "models/peft_config.py",
        "module.scale * module.rank for name", "module.scale * module.rank / 2 for name",
        "tests/models/test_adapter.py", "peft_loads",
    ),
    Fault(
        "a checkpoint read without its hashes", "training/checkpoint.py",
        "if (path / MANIFEST).read_bytes() != _manifest(path):", "if False:",
        "tests/training/test_resume.py", "damaged",
    ),
    Fault(
        "a manifest compared by its meaning only", "training/checkpoint.py",
        "if (path / MANIFEST).read_bytes() != _manifest(path):",
        "if json.loads((path / MANIFEST).read_bytes()) != json.loads(_manifest(path)):",
        "tests/training/test_corruption.py", "longer and manifest",
    ),
    Fault(
        "a checkpoint in its place before it is on the disk", "training/checkpoint.py",
        "_sync(building / name)", "pass", "tests/training/test_corruption.py", "synced",
    ),
    Fault(
        "a step saved again over its predecessor", "training/checkpoint.py",
        "number = max(same)[1] + 1 if same else 0", "number = 0",
        "tests/training/test_corruption.py", "saved_again",
    ),
    Fault(
        "gradients of ranks not added up", "training/reduction.py",
        "run.ranks.add_up(run.flat.grads)", "pass", RANKS, "what_one_does and not in_full",
    ),
    Fault(
        "each rank's loss over its own tokens", "training/reduction.py",
        "total_weight=total_weight", "total_weight=task.weight or 1.0", RANKS,
        "what_one_does and not in_full",
    ),
    Fault(
        "the mean of the ranks' shards", "training/sharding.py",
        "group.set_gradient_divide_factor(1.0)", "group.set_gradient_divide_factor(2.0)", RANKS,
        "what_one_does and not in_full",
    ),
    Fault(
        "the norm of one rank's shards", "training/loop.py",
        "run.ranks.add_up if run.flat.is_sharded else None", "None", RANKS,
        "what_one_does and not in_full",
    ),
    Fault(
        "the rejected answer pulled with the chosen one", "training/objectives/task.py",
        "weights = -slope[owners]", "weights = slope.abs()[owners]", PREFERENCE, "padded and dpo",
    ),
    Fault(
        "a shared position with the weight of one side", "training/loss.py",
        "total = sums.new_zeros(len(sums)).index_add_(0, rows, weights)",
        "total = sums.new_zeros(len(sums)).index_copy_(0, rows, weights)",
        PREFERENCE, "padded and dpo and llama",
    ),
    Fault(
        "a reference that is forgotten", "training/objectives/preference.py",
        "gains = answers.log_probs - answers.reference\n    margins = beta * (gains[:, 0]",
        "gains = answers.log_probs\n    margins = beta * (gains[:, 0]",
        PREFERENCE, "padded and dpo and llama",
    ),
    Fault(
        "sums in the place of ORPO's means", "training/objectives/preference.py",
        "means = answers.log_probs / answers.lengths",
        "means = answers.log_probs / answers.lengths.mean()", PREFERENCE, "padded and orpo",
    ),
    Fault(
        "KTO's divergence below zero", "training/objectives/task.py",
        "return max(0.0, float(np.mean(", "return max(-9e9, float(np.mean(",
        PREFERENCE, "padded and kto",
    ),
    Fault(
        "judged answers all taken for good", "training/objectives/sides.py",
        "example.kinds[0] in (Part.CHOSEN, Part.DESIRABLE)", "True", PREFERENCE, "padded and kto",
    ),
    Fault(
        "the sides of a pair in different rows", "rows/units.py",
        "self.units = sorted(units, key=lambda unit: self.place[unit[0]])",
        "self.units = [[i] for i in self.order]", "tests/rows/test_units.py", "whole_in_one_row",
    ),
    Fault(
        "distillation without the square of the temperature",
        "training/objectives/distillation.py", "(-1) * hot**2", "(-1) * hot",
        "tests/training/objectives/test_distillation.py", "formula",
    ),
    Fault(
        "a teacher's pull without its weight", "training/objectives/distillation.py",
        "pull.mul_(mass[:, None])", "pull", "tests/training/objectives/test_distillation.py",
        "gradients",
    ),
    Fault(
        "the prompt of a pair learnt too", "rows/learning.py",
        "Side(Part.REJECTED, other, first)", "Side(Part.REJECTED, other)",
        "tests/rows/test_learning.py", "several_turns",
    ),
    Fault(
        "a row that does not see the prefix row before it", "rows/segments.py",
        "paths.append(before)", "paths.append(())", EARLIER, "plain_gradient and llama",
    ),
    Fault(
        "no gradient into a prefix row's values", "training/earlier.py",
        "for tensor, leaf in zip(tensors, prefix.leaves[layer], strict=True):",
        "for tensor, leaf in zip(tensors[:1], prefix.leaves[layer][:1], strict=True):",
        EARLIER, "plain_gradient and llama",
    ),
    Fault(
        "a prefix row's own loss forgotten", "training/earlier.py",
        "gradient if learns else None, self._kept", "None, self._kept",
        EARLIER, "plain_gradient and llama",
    ),
    Fault(
        "gradients of the rows after a prefix row not added up", "training/earlier.py",
        "table.before = tuple(prefix.leaves for prefix in self._open)",
        "table.before = tuple(prefix.leaves for prefix in self._open)\n"
        "        for prefix in self._open:\n"
        "            for pair in prefix.leaves.values():\n"
        "                pair[0].grad = pair[1].grad = None",
        EARLIER, "plain_gradient and llama",
    ),
    Fault(
        "a loss within the prefix counted in every row", "rows/tree.py",
        "learnt = learnt[(learnt > self.start) & (learnt <= self.stop)]",
        "learnt = learnt[learnt <= self.stop]", EARLIER, "within and llama",
    ),
    Fault(
        "a table that keeps its own row alive", "training/earlier.py",
        "table.kept = ref(self._kept) if", "table.kept = (lambda kept=self._kept: kept) if",
        EARLIER, "freed",
    ),
    Fault(
        "prefix rows across longrope's border", "rows/packing.py",
        "*_packed(sequences, long, max_tokens, share_prefixes, False)",
        "*_packed(sequences, long, max_tokens, share_prefixes, prefix_rows)", EARLIER, "longrope",
    ),
    Fault(
        "dropout drawn anew in recomputation", "training/recompute.py",
        "*args, use_reentrant=False)", "*args, use_reentrant=False, preserve_rng_state=False)",
        "tests/training/test_recompute.py", "dropout",
    ),
    Fault(
        "recomputation as transformers switches it", "training/recompute.py",
        "if not torch.is_grad_enabled():", "if not forward.__self__.training:",
        "tests/training/test_recompute.py", "evaluation_mode",
    ),
    Fault(
        "half a gradient left when memory ran out", "training/step.py",
        "flat.grads.zero_()", "pass", "tests/training/test_out_of_memory.py", "small_rows",
    ),
    Fault(
        "a level forgotten by the checkpoint", "training/run.py",
        'self.recompute = found.state["recompute"]', "pass",
        "tests/training/test_planner.py", "forced_on_it",
    ),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_planted_fault_is_seen(fault: Fault, tmp_path: Path) -> None:
    copy = tmp_path / "whet"
    shutil.copytree(PACKAGE, copy, copy_function=os.link)
    broken = copy / fault.file
    text = broken.read_text(encoding="utf-8")
    assert text.count(fault.old) == 1, f"{fault.file} no longer has exactly one {fault.old!r}"
    broken.unlink()
    broken.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", fault.tests, "-x", "-k", fault.selection]
    found = subprocess.run(
        [*command, "-p", "no:cacheprovider"], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert found.returncode == 1, f"{fault.name}: not seen\n{found.stdout[-2000:]}"
    assert "FAILED" in found.stdout, found.stdout[-2000:]
