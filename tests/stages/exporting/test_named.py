"""What a user named is told by what is there: a run, a project, an adapter, a model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests_exports import make_animals, make_run

from whet.errors import ConfigError, RunError
from whet.stages.exporting.named import Named, base_of, find_named
from whet.stages.exporting.subjects import subject_of


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_animals(tmp_path / "animals")


def test_a_run_is_taken_with_its_own_configuration(project: Path) -> None:
    run = make_run(project)
    named = find_named(run)
    assert named.run is not None and named.run.path == run and named.project is not None
    assert named.project.root == project


def test_of_a_project_the_newest_run_that_trained_is_taken(project: Path) -> None:
    first, second = make_run(project), make_run(project)
    assert find_named(project / "whet.yaml").run.path == second  # type: ignore[union-attr]
    for file in (second / "adapter").iterdir():
        file.unlink()
    assert find_named(project).run.path == first  # type: ignore[union-attr]


def test_an_adapters_folder_says_of_which_base_it_is(project: Path) -> None:
    adapter = make_run(project) / "adapter"
    assert find_named(adapter) == Named(adapter=adapter, model="whet-nano")
    (adapter / "whet.json").unlink()
    config = json.loads((adapter / "adapter_config.json").read_text())
    for name, is_known in (("org/base", True), (None, False), ("", False)):
        values = config | {"base_model_name_or_path": name}
        (adapter / "adapter_config.json").write_text(json.dumps(values))
        if is_known:
            assert base_of(adapter) == name
        else:
            with pytest.raises(ConfigError, match="--model"):
                find_named(adapter)


def test_a_model_is_a_folder_or_a_name(stories: Path) -> None:
    assert find_named(stories) == Named(model=str(stories))
    assert find_named("whet-nano") == Named(model="whet-nano")


def test_what_is_none_of_these_is_told(tmp_path: Path, project: Path) -> None:
    with pytest.raises(ConfigError, match="no run, no adapter, no model and no project"):
        find_named(tmp_path)
    with pytest.raises(ConfigError, match="--adapter: nowhere: no PEFT adapter"):
        find_named("whet-nano", adapter="nowhere")
    with pytest.raises(RunError, match="no run has trained anything yet"):
        find_named(project)
    adapter = make_run(project) / "adapter"
    with pytest.raises(ConfigError, match="--adapter names another"):
        find_named(adapter, adapter=adapter)


def test_validation_items_are_asked_as_the_tuned_arm_asks_and_test_items_never(
    project: Path,
) -> None:
    run = make_run(project)
    subject = subject_of(find_named(run), 100)
    assert 8 < len(subject.prompts) < 17  # of 40 rows about 30 %
    assert subject.system == "Name the sound." and subject.metric_name == "exact_match"
    assert subject.metric is not None
    assert subject.metric(["?"] * 14) == 0.0
    assert subject.decoding.max_new_tokens == 6 and subject.name == "animals-001"


def test_without_its_data_a_run_is_still_exported_and_it_says_so(project: Path) -> None:
    run = make_run(project)
    (project / "data" / "rows.jsonl").unlink()
    subject = subject_of(find_named(run), 100)
    assert subject.prompts == () and subject.metric is None
    assert any("general questions" in notice for notice in subject.notices)


def test_stop_tokens_and_identity_are_those_of_the_loaded_model(project: Path) -> None:
    subject = subject_of(find_named(make_run(project)), 1)
    loaded = subject.load("float32")
    assert subject.stop_ids == loaded.stop_ids and subject.template == loaded.template
    assert subject.identity == loaded.identity


def test_an_adapter_from_elsewhere_brings_the_template_it_was_trained_with(
    stories: Path, tmp_path: Path
) -> None:
    project = make_animals(tmp_path / "animals", stories, own_template=True)
    adapter = make_run(project) / "adapter"
    subject = subject_of(find_named(adapter), 1)
    assert subject.template == (project / "chat.jinja").read_text()
    assert any("template" in notice for notice in subject.notices)


def test_an_adapters_folder_with_model_is_that_adapter_on_that_model(project: Path) -> None:
    run = make_run(project)
    adapter = run / "adapter"
    assert find_named(adapter, model="whet-nano") == Named(adapter=adapter, model="whet-nano")
    assert find_named("whet.yaml", model="whet-nano") == Named(model="whet-nano")
    for source in (run, project, "other/model"):
        with pytest.raises(ConfigError, match="two things to export"):
            find_named(source, model="whet-nano")


def test_a_run_says_nothing_of_an_adapter_from_elsewhere(project: Path) -> None:
    other, run = make_run(project), make_run(project)
    (run / "report.json").write_text('{"verdict": "ship"}')
    own = subject_of(find_named(run), 1)
    assert own.run == run and own.report == {"verdict": "ship"} and own.notices == ()
    assert subject_of(find_named(run, adapter=run / "adapter"), 1).run == run
    for source in (run, project):
        subject = subject_of(find_named(source, adapter=other / "adapter"), 1)
        assert subject.run is None and subject.report is None and subject.name == "animals"
        assert any("not the one that this run judged" in notice for notice in subject.notices)
