"""Adapters combined: PEFT's own result, and for `linear` the weighted sum of what they change."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests_exports import MakeAdapter

from whet.artifacts.combining import Recipe, combine
from whet.artifacts.subject import Subject
from whet.errors import ConfigError, ModelError
from whet.models.adapter import WEIGHTS, adapter_digest, load_adapter
from whet.models.load import load_model
from whet.models.lora import lora_modules
from whet.stages.exporting.combined import parse_parents
from whet.stages.exporting.named import Named
from whet.stages.exporting.subjects import subject_of


def subjects(*adapters: Path, model: str = "whet-nano") -> list[Subject]:
    return [subject_of(Named(adapter=path, model=model), 1) for path in adapters]


def deltas(adapter: Path) -> dict[str, torch.Tensor]:
    """What an adapter adds to each layer, as this program reads it."""
    loaded = load_model("whet-nano", dtype="float32")
    load_adapter(loaded, adapter)
    return {
        name: module.scale * (module.lora_B @ module.lora_A).detach()
        for name, module in lora_modules(loaded.model).items()
    }


@pytest.mark.parametrize("rslora", [False, True], ids=["LoRA", "rsLoRA"])
def test_linear_is_the_weighted_sum_of_what_the_adapters_change(
    rslora: bool, make_adapter: MakeAdapter, tmp_path: Path
) -> None:
    one = make_adapter(name="one", rslora=rslora)
    other = make_adapter(name="other", rank=6, alpha=20, rslora=rslora, seed=5)
    told = combine(subjects(one, other), [0.7, -0.25], Recipe(), tmp_path / "sum")
    first, second, both = deltas(one), deltas(other), deltas(tmp_path / "sum")
    for name, delta in both.items():
        wanted = 0.7 * first[name] - 0.25 * second[name]
        torch.testing.assert_close(delta, wanted, atol=1e-6, rtol=1e-5)
    origin = json.loads((tmp_path / "sum" / "whet.json").read_text())["combined"]
    assert [p["digest"] for p in origin["parents"]] == [adapter_digest(one), adapter_digest(other)]
    assert [p["weight"] for p in origin["parents"]] == [0.7, -0.25]
    assert [p.digest for p in told] == [adapter_digest(one), adapter_digest(other)]


@pytest.mark.parametrize("method", ["ties", "dare_linear", "dare_ties"])
def test_pruning_methods_are_those_of_peft(
    method: str, make_adapter: MakeAdapter, tmp_path: Path
) -> None:
    from peft import PeftModel

    one, other = make_adapter(name="one"), make_adapter(name="other", seed=5)
    recipe = Recipe(method, density=0.5, seed=3)
    combine(subjects(one, other), [0.6, 0.4], recipe, tmp_path / "ours")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        base = load_model("whet-nano", dtype="float32").model
        model = PeftModel.from_pretrained(base, str(one), "a")
        model.load_adapter(str(other), "b")
        torch.manual_seed(3)
        model.add_weighted_adapter(["a", "b"], [0.6, 0.4], "c", method, density=0.5)
        model.save_pretrained(str(tmp_path), selected_adapters=["c"], save_embedding_layers=False)
    ours, theirs = load_file(tmp_path / "ours" / WEIGHTS), load_file(tmp_path / "c" / WEIGHTS)
    assert set(ours) == set(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_the_same_seed_gives_the_same_combination(
    make_adapter: MakeAdapter, tmp_path: Path
) -> None:
    parents = subjects(make_adapter(name="one"), make_adapter(name="other", seed=5))
    made = []
    for number, seed in enumerate((1, 1, 2)):
        folder = tmp_path / str(number)
        combine(parents, [0.5, 0.5], Recipe("dare_linear", 0.5, seed), folder)
        made.append((folder / WEIGHTS).read_bytes())
    assert made[0] == made[1] != made[2]


def test_adapters_of_different_bases_are_refused(
    make_adapter: MakeAdapter, stories: Path, tmp_path: Path
) -> None:
    one = subjects(make_adapter(name="one"))
    other = subjects(make_adapter(stories, name="other"), model=str(stories))
    with pytest.raises(ModelError, match="different bases"):
        combine([*one, *other], [0.5, 0.5], Recipe(), tmp_path / "both")
    assert not (tmp_path / "both").exists()


def test_ranks_that_differ_are_refused_by_the_pruning_methods(
    make_adapter: MakeAdapter, tmp_path: Path
) -> None:
    parents = subjects(make_adapter(name="one"), make_adapter(name="other", rank=8))
    with pytest.raises(ModelError, match="PEFT does not combine"):
        combine(parents, [0.5, 0.5], Recipe("ties", 0.5), tmp_path / "both")


def test_dora_is_refused(make_adapter: MakeAdapter, tmp_path: Path) -> None:
    parents = subjects(make_adapter(name="one", dora=True), make_adapter(name="other"))
    with pytest.raises(ModelError, match="DoRA"):
        combine(parents, [0.5, 0.5], Recipe(), tmp_path / "both")


@pytest.mark.parametrize(
    ("method", "density", "told"),
    [
        ("soup", None, "there are linear"),
        ("linear", 0.5, "prunes nothing"),
        ("ties", None, "share of weights"),
        ("ties", 0.0, "share of weights"),
        ("dare_ties", 1.5, "share of weights"),
    ],
)
def test_a_recipe_that_means_nothing_is_refused(
    method: str, density: float | None, told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        Recipe(method, density)


@pytest.mark.parametrize("text", ["a", "a:", "a:half", ":0.5", "nowhere:0.5"])
def test_a_parent_is_an_adapter_with_a_weight(text: str) -> None:
    with pytest.raises(ConfigError, match="--combine"):
        parse_parents(text)


def test_one_parent_or_none_of_it_is_no_combination(
    make_adapter: MakeAdapter, tmp_path: Path
) -> None:
    parents = subjects(make_adapter(name="one"), make_adapter(name="other"))
    with pytest.raises(ConfigError, match="two adapters"):
        combine(parents[:1], [1.0], Recipe(), tmp_path / "x")
    with pytest.raises(ConfigError, match="weight of 0"):
        combine(parents, [1.0, 0.0], Recipe(), tmp_path / "x")
