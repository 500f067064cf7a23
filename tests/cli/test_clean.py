"""`whet clean` and `whet check --diff` on the command line: exit status, streams, kills."""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from whet.data.writers import claim
from whet.errors import DataError

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def whet(folder: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "whet", *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
        **options,  # type: ignore[call-overload]
    )


def write(path: Path, count: int, note: str = "") -> None:
    rows = ({"input": f"question {n} {note}", "output": "a"} for n in range(count))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_clean_writes_and_says_what_it_did(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", 50)
    done = whet(tmp_path, "clean", "a.jsonl", "data.split.test=0.2", "--json")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    assert values["schema_version"] == 1 and values["read"] == 50
    assert Path(values["folder"]) == tmp_path / "a-clean"
    shown = whet(tmp_path, "clean", "a.jsonl", "data.split.test=0.2")
    assert "50 rows read = 50 kept + 0 dropped" in shown.stdout
    assert "data: {train: a-clean/train.jsonl, test: a-clean/test.jsonl}" in shown.stdout


def test_a_fault_is_status_2_with_the_repair_and_nothing_on_stdout(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"input": "q", "output": "a"}\n{oops\n')
    done = whet(tmp_path, "clean", "a.jsonl", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--repair broken: 1 row" in done.stderr and "Traceback" not in done.stderr
    assert whet(tmp_path, "clean", "a.jsonl", "--repair", "broken").returncode == 0


def test_the_cleaned_set_checks_without_an_error(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", 30)
    assert whet(tmp_path, "clean", "a.jsonl").returncode == 0
    checked = whet(tmp_path, "check", "a-clean")
    assert checked.returncode == 0, checked.stdout
    version = json.loads((tmp_path / "a-clean" / "manifest.json").read_text())["version"]
    assert version in checked.stdout
    differing = whet(tmp_path, "check", "--diff", "a.jsonl", "a-clean")
    assert differing.returncode == 0 and "no row differs" in differing.stdout
    values = json.loads(whet(tmp_path, "check", "--diff", "a.jsonl", "a-clean", "--json").stdout)
    assert values["schema_version"] == 1 and values["equal"] == 30


def test_a_disk_that_takes_no_more_leaves_the_old_folder(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", 30)
    assert whet(tmp_path, "clean", "a.jsonl").returncode == 0
    before = (tmp_path / "a-clean" / "train.jsonl").read_bytes()
    write(tmp_path / "a.jsonl", 3000)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    done = whet(tmp_path, "clean", "a.jsonl", preexec_fn=limited)
    assert done.returncode == 2
    assert "a-clean: cannot be written: file too large. All is as it was." in done.stderr
    assert (tmp_path / "a-clean" / "train.jsonl").read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["a-clean", "a.jsonl"]


@pytest.mark.slow
def test_a_kill_at_any_time_leaves_a_whole_folder(tmp_path: Path) -> None:
    drawn, out = random.Random(0), tmp_path / "a-clean"
    for number in range(30):
        write(tmp_path / "a.jsonl", 2000, str(number))
        process = subprocess.Popen(
            [sys.executable, "-m", "whet", "clean", "a.jsonl"],
            cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(drawn.uniform(0.2, 2.0))
        process.kill()
        process.wait()
        try:
            manifest = claim(out, [])
        except DataError as error:
            raise AssertionError(f"after kill {number}: {error}") from None
        assert manifest is not None or not out.exists()
    assert whet(tmp_path, "clean", "a.jsonl").returncode == 0
    assert sorted(os.listdir(tmp_path)) == ["a-clean", "a.jsonl"]
