"""`whet export` and `whet verify` as a user has them: from a run to a proven folder, and back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests_exports import make_animals, make_run

import whet
from whet.artifacts import proving
from whet.artifacts.manifest import file_digest
from whet.artifacts.parity import probes
from whet.cli.main import main
from whet.errors import ConfigError, RunError
from whet.types import Outcome

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")
FIELDS = {"a", "b", "prompts", "max_logit_diff", "kl", "greedy_equal", "metric_a", "metric_b"}


WITH_ALL_PROBES = (
    "test_a_run_becomes_a_proven_folder",
    "test_gguf_of_a_run_answers_in_llama_cpp_as_the_judged_model",
    "test_a_trained_adapter_in_llama_cpp_gives_100_equal_answers",
    "test_the_prompts_of_a_proof_are_the_projects_then_the_gates",
)


@pytest.fixture(autouse=True)
def short_proofs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few questions and short answers, but where the proof itself is looked at."""
    if request.node.originalname not in WITH_ALL_PROBES:
        monkeypatch.setattr(proving, "probes", lambda _: probes()[:2])
        monkeypatch.setattr(proving, "MAX_NEW_TOKENS", 4)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(make_animals(tmp_path / "animals"))


def told(capsys: Any) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_run_becomes_a_proven_folder(run: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out"
    status = main(
        [
            "export",
            str(run),
            "--to",
            "merged,adapter",
            "--out",
            str(out),
            "--prompts",
            "8",
            "--json",
        ]
    )
    found = told(capsys)
    assert status == 0 and found["passed"] and found["schema_version"] == 1
    for line in found["artifacts"]:
        path = Path(line["path"])
        assert set(line) == {"kind", "path", "sha256", "bytes"}
        assert (file_digest(path), path.stat().st_size) == (line["sha256"], line["bytes"])
    assert found["artifacts"][0]["path"] == str(out / "merged" / "model.safetensors")
    assert len(found["parity"]) == 2
    for line in found["parity"]:
        assert set(line) >= {*FIELDS, "passed", "cause"}
        assert line["passed"] and line["greedy_equal"] == line["prompts"] > 20
        assert line["metric_a"] is not None and line["metric_a"] == line["metric_b"]
    adapter = next(line for line in found["parity"] if "PEFT" in line["b"])
    assert adapter["max_logit_diff"] < 1e-4
    manifest = json.loads((out / "merged" / "whet-manifest.json").read_text())
    assert manifest["run"]["name"] == "runs/001" and manifest["system"] == "Name the sound."
    assert str(tmp_path) not in json.dumps(manifest)


def test_gguf_of_a_run_answers_in_llama_cpp_as_the_judged_model(
    run: Path, tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "out"
    command = ["export", str(run), "--to", "gguf", "--out", str(out), "--prompts", "10", "--json"]
    assert main(command) == 0
    found = told(capsys)
    assert [Path(line["path"]).name for line in found["artifacts"]] == ["animals-001-F32.gguf"]
    line = found["parity"][0]
    assert line["max_logit_diff"] <= 5e-4 and line["greedy_equal"] == line["prompts"] >= 20
    assert main(["verify", str(out)]) == 0
    assert main(["verify", str(out), "--parity"]) == 2
    assert "runs/001, which is not found from here" in capsys.readouterr().err


def test_a_base_without_a_template_is_proven_on_plain_text_and_keeps_its_golden_answer(
    stories: Path, tmp_path: Path
) -> None:
    from whet.engines.llama_cpp import GREEDY, LlamaCpp

    result = whet.export(model=str(stories), to="gguf", out=tmp_path / "out")
    assert result.passed, result.text()
    golden = json.loads((stories / "golden.json").read_text())
    asked = {"prompt": golden["prompt_ids"], "n_predict": golden["max_new_tokens"], **GREEDY}
    engine = LlamaCpp(next((tmp_path / "out").glob("*.gguf")), plain=True)
    try:
        assert engine.server.post("/completion", asked)["content"].lstrip() == golden["text"]
    finally:
        engine.close()


def test_a_fault_in_what_was_written_is_refused_and_nothing_published(
    run: Path, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unmerged layer, planted where the writer hands its weights to the disk."""
    from whet.artifacts.kinds import merged

    layer = "model.layers.1.mlp.up_proj.weight"
    exact = merged._rounded

    def unmerged(weights: Any, name: str, dtype: torch.dtype) -> torch.Tensor:
        return weights._read(name).to(dtype) if name == layer else exact(weights, name, dtype)

    monkeypatch.setattr(merged, "_rounded", unmerged)
    out = tmp_path / "out"
    assert main(["export", str(run), "--to", "merged", "--out", str(out), "--json"]) == 1
    found = told(capsys)
    assert not found["passed"] and found["artifacts"] == [] and not out.exists()
    assert "unmerged layer" in found["parity"][0]["cause"]
    assert "layers.1.mlp.up_proj" in found["parity"][0]["cause"]
    refused = json.loads(Path(found["refused"][0]).read_text())
    assert refused["proof"] == found["parity"]


def test_of_several_kinds_those_that_hold_are_published(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from whet.artifacts.kinds import merged

    exact = merged._rounded
    monkeypatch.setattr(merged, "_rounded", lambda w, n, d: exact(w, n, d) * 2)
    result = whet.export(run, to="merged,adapter", out=tmp_path / "out", num_prompts=1)
    assert not result.passed and [made.passed for made in result.made] == [False, True]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "adapter",
        "merged.refused.json",
    ]


def test_a_model_by_itself_and_an_adapter_from_elsewhere_are_exported(
    run: Path, tmp_path: Path
) -> None:
    result = whet.export("whet-nano", to="merged", out=tmp_path / "base")
    assert result.passed
    moved = shutil.copytree(run / "adapter", tmp_path / "elsewhere")
    result = whet.export(moved, to="merged", out=tmp_path / "a")
    assert result.passed and result.made[0].proofs[0].metric_a is None
    again = whet.export(adapter=moved, model="whet-nano", to="merged", out=tmp_path / "b")
    assert again.passed
    base, a, b = (load_file(tmp_path / n / "model.safetensors") for n in ("base", "a", "b"))
    name = "model.layers.0.mlp.up_proj.weight"
    assert torch.equal(a[name], b[name]) and not torch.equal(a[name], base[name])


def test_a_qlora_is_proven_twice(tmp_path: Path) -> None:
    project = make_animals(tmp_path / "animals", method="qlora")
    run = make_run(project)
    origin = run / "adapter" / "whet.json"
    values = json.loads(origin.read_text())
    origin.write_text(json.dumps(values | {"base_identity": values["base_identity"] + "-nf4"}))
    result = whet.export(run, to="merged", out=tmp_path / "out", num_prompts=3)
    judged, stored = result.made[0].proofs
    assert result.passed and "NF4" in judged.a and "NF4" not in stored.a
    assert judged.max_logit_diff and stored.max_logit_diff
    assert judged.max_logit_diff > 5 * stored.max_logit_diff
    assert any("4 bits (NF4)" in notice for notice in result.notices)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"to": "onnx"}, "no kind 'onnx'"),
        ({"dtype": "fp8"}, "no dtype 'fp8'"),
        ({"num_prompts": 0}, "at least one prompt"),
        ({"quantize": "F32"}, "--quantize is for gguf, ollama, lmstudio; --to merged does not"),
        ({"to": "gguf", "dtype": "float16"}, "--dtype is for merged, vllm, tgi, hub; --to gguf"),
        ({"combine": "A:nan,B:1"}, "'A:nan'; expected ADAPTER:WEIGHT"),
        ({"adapter": "nowhere"}, "no PEFT adapter"),
    ],
)
def test_a_users_mistake_is_told_before_anything_is_written(
    change: dict[str, Any], says: str, run: Path, tmp_path: Path
) -> None:
    options = {"to": "merged", "out": tmp_path / "out", **change}
    with pytest.raises(ConfigError, match=says):
        whet.export(run, **options)
    assert not (tmp_path / "out").exists()


def test_the_command_line_tells_mistakes_in_one_line_and_exits_2(
    run: Path, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "there").mkdir()
    for arguments, says in (
        (["--to", "merged", "--out", str(tmp_path / "there")], "exists"),
        (["--to", "merged"], "--out DIR"),
        (["--to", "mergd", "--out", str(tmp_path / "x")], "no kind"),
    ):
        assert main(["export", str(run), *arguments]) == 2
        error = capsys.readouterr().err
        assert says in error and "Traceback" not in error
    assert main(["export", "--to", "list"]) == 0
    assert "gguf" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "nothing")]) == 2


def test_a_project_without_a_trained_run_and_a_run_without_a_model_say_so(tmp_path: Path) -> None:
    project = make_animals(tmp_path / "animals")
    with pytest.raises(RunError, match="no run has trained"):
        whet.export(project, to="merged", out=tmp_path / "out")
    run = make_run(project)
    assert whet.export(project, to="merged", out=tmp_path / "out", num_prompts=1).passed
    shutil.rmtree(run / "adapter")
    with pytest.raises(RunError, match="nothing was trained in it"):
        whet.export(run, to="merged", out=tmp_path / "out2")


def test_another_bases_adapter_is_refused(run: Path, stories: Path, tmp_path: Path) -> None:
    with pytest.raises(whet.errors.ModelError, match="was trained on whet-nano"):
        whet.export(adapter=run / "adapter", model=str(stories), to="merged", out=tmp_path / "out")
    foreign = shutil.copytree(run / "adapter", tmp_path / "foreign")
    (foreign / "whet.json").unlink()
    (foreign / "chat_template.jinja").unlink()
    with pytest.raises(whet.errors.ModelError, match="does not fit this model"):
        whet.export(adapter=foreign, model=str(stories), to="merged", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "adapter_config.json"])
def test_a_pickle_under_the_name_of_an_adapters_file_is_refused(
    name: str, run: Path, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    payload = f"cposix\nsystem\n(S'touch {canary}'\ntR.".encode()
    (run / "adapter" / name).write_bytes(payload)
    with pytest.raises(whet.errors.ModelError):
        whet.export(run, to="merged", out=tmp_path / "out")
    assert not canary.exists() and not (tmp_path / "out").exists()


def test_half_an_adapter_is_refused(run: Path, tmp_path: Path) -> None:
    file = run / "adapter" / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(whet.errors.ModelError, match="is cut off"):
        whet.export(run, to="merged", out=tmp_path / "out")


def test_nothing_of_the_data_goes_into_an_artifact(run: Path, tmp_path: Path) -> None:
    whet.export(run, to="merged", out=tmp_path / "out", num_prompts=2)
    texts = [p.read_bytes() for p in (tmp_path / "out").iterdir()]
    assert not any(b"in park" in text for text in texts)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["whet-nano", "stories260K-hf"])
def test_a_trained_adapter_in_llama_cpp_gives_100_equal_answers(
    model: str, test_data: Path, tmp_path: Path
) -> None:
    is_nano = model == "whet-nano"
    base = model if is_nano else test_data / "models" / model
    project = make_animals(
        tmp_path / "animals", base, rows=160, share=0.65, own_template=not is_nano
    )
    run = whet.train(project / "whet.yaml").run
    result = whet.export(run, to="merged,gguf,gguf-adapter", out=tmp_path / "f32", dtype="float32")
    assert result.passed, result.text()
    merged, gguf, over_base = (made.proofs[0] for made in result.made)
    assert merged.max_logit_diff <= 1e-4
    for line in (gguf, over_base):
        assert line.max_logit_diff <= 5e-4 and line.greedy_equal == line.prompts >= 100
    for kind in ("Q8_0", "Q4_0"):
        small = whet.export(run, to="gguf", out=tmp_path / kind, quantize=kind)
        assert small.passed, small.text()
        assert small.made[0].proofs[0].metric_b is not None


def test_the_prompts_of_a_proof_are_the_projects_then_the_gates(run: Path) -> None:
    from whet.stages.exporting.named import find_named
    from whet.stages.exporting.subjects import subject_of

    subject = subject_of(find_named(run), 5)
    prompts = proving.prompts_of(subject, 5)
    assert len(prompts) > 12 and prompts[:5] == list(subject.prompts)
    assert prompts[0][0] == {"role": "system", "content": "Name the sound."}
    assert "park" in prompts[0][1]["content"] and len(prompts[0]) == 2


def test_verify_finds_every_change(run: Path, tmp_path: Path) -> None:
    whet.export(run, to="merged", out=tmp_path / "out", num_prompts=1)
    assert whet.verify(tmp_path / "out").passed
    assert whet.verify(tmp_path / "out" / "model.safetensors").passed
    for number, (change, says) in enumerate(CHANGES.items()):
        place = shutil.copytree(tmp_path / "out", tmp_path / f"changed{number}")
        CHANGED[change](place)
        found = whet.verify(place)
        failed = [c.told for c in found.checks if c.result is Outcome.FAIL]
        assert any(says in line for line in failed), (change, failed)
        assert not found.passed


def _flip(place: Path) -> None:
    path = place / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _nan(place: Path) -> None:
    tensors = load_file(place / "model.safetensors")
    tensors["model.norm.weight"][0] = float("nan")
    save_file(tensors, place / "model.safetensors", metadata={"format": "pt"})


def _proof(place: Path) -> None:
    path = place / "whet-manifest.json"
    manifest = json.loads(path.read_text())
    manifest["proof"][0]["passed"] = False
    path.write_text(json.dumps(manifest))


CHANGED: dict[str, Any] = {
    "a bit": _flip,
    "a file more": lambda p: (p / "extra.txt").write_text("x"),
    "a file less": lambda p: (p / "config.json").unlink(),
    "half a file": lambda p: (p / "model.safetensors").write_bytes(
        (p / "model.safetensors").read_bytes()[:1000]
    ),
    "a pickle": lambda p: (p / "notes.txt").write_bytes(b"\x80\x04\x95\x00."),
    "a link": lambda p: (p / "link").symlink_to("/etc/passwd"),
    "not a number": _nan,
    "another template": lambda p: (p / "chat_template.jinja").write_text("{{ messages }}"),
    "an attack": lambda p: (p / "chat_template.jinja").write_text("{{ ''.__class__ }}"),
    "remote code": lambda p: (p / "config.json").write_text('{"auto_map": {}}'),
    "a failed proof": _proof,
}
CHANGES = {
    "a bit": "model.safetensors was changed",
    "a file more": "extra.txt is not in the manifest",
    "a file less": "config.json is missing",
    "half a file": "is cut off",
    "a pickle": "notes.txt is a pickle",
    "a link": "link is a link",
    "not a number": "model.norm.weight holds values that are not finite",
    "another template": "is not the template that was judged",
    "an attack": "leads to Python's insides",
    "remote code": "auto_map",
    "a failed proof": "the recorded proof did not hold",
}


def test_verify_says_which_base_an_adapter_needs(run: Path, tmp_path: Path) -> None:
    whet.export(run, to="adapter", out=tmp_path / "out", num_prompts=1)
    found = whet.verify(tmp_path / "out")
    assert found.passed and found.needs is not None
    assert found.needs.name == "whet-nano" and found.needs.here is not None
    bare = shutil.copytree(run / "adapter", tmp_path / "bare")
    found = whet.verify(bare)  # of nobody's manifest, but looked at all the same
    assert found.passed and found.kind is None and found.needs is not None
    save_file({"x": torch.zeros(2)}, bare / "adapter_model.safetensors")
    assert not whet.verify(bare).passed


def test_verify_asks_again_and_finds_what_was_exchanged(run: Path, tmp_path: Path) -> None:
    whet.export(run, to="merged", out=run.parent.parent / "out", num_prompts=1)
    out = run.parent.parent / "out"
    found = whet.verify(out, parity=True, num_prompts=1)  # the run is found from the folder
    assert found.passed and found.proofs[0].passed
    moved = out.rename(tmp_path / "moved")
    with pytest.raises(whet.errors.WhetError, match="--against"):
        whet.verify(moved, parity=True)
    assert whet.verify(moved, parity=True, against=run, num_prompts=1).passed
    other = make_run(run.parent.parent, rank=2)
    found = whet.verify(moved, parity=True, against=other, num_prompts=1)
    assert not found.passed and "it was made of" in found.checks[-1].told


@pytest.mark.parametrize("kind", ["hub", "vllm"])
def test_what_was_merged_for_a_server_is_asked_again_as_that(
    kind: str, run: Path, tmp_path: Path
) -> None:
    whet.export(run, to=kind, dtype="float32", out=tmp_path / "out", num_prompts=1)
    found = whet.verify(tmp_path / "out", parity=True, against=run, num_prompts=1)
    assert found.passed and "merged" in found.proofs[0].b


def test_an_adapter_for_llama_cpp_has_the_template_that_it_was_judged_with(
    stories: Path, tmp_path: Path
) -> None:
    project = make_animals(tmp_path / "animals", stories, own_template=True)
    whet.export(make_run(project), to="gguf-adapter", out=tmp_path / "out", num_prompts=1)
    judged = (project / "chat.jinja").read_text()
    assert (tmp_path / "out" / "chat_template.jinja").read_text() == judged
    found = whet.verify(tmp_path / "out")
    assert found.passed and [c.result for c in found.checks if c.name == "base"] == [Outcome.PASS]
