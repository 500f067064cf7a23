"""`whet init --from` as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CONFIG = """\
base_model: someone/a-model-that-is-not-here
datasets: [{path: rows.jsonl, type: alpaca}]
sequence_len: 64
sample_packing: true
adapter: lora
lora_r: 8
lora_alpha: 16
load_in_8bit: true
learning_rate: 1e-4
made_up_key: 3
"""


def whet(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "whet", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def write(folder: Path) -> None:
    (folder / "their.yml").write_text(CONFIG, encoding="utf-8")
    rows = [{"instruction": f"Count to {n}.", "output": f"It is {n}."} for n in range(40)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "rows.jsonl").write_text(text, encoding="utf-8")


def test_every_key_is_told_on_the_terminal_and_as_json(tmp_path: Path) -> None:
    write(tmp_path)
    shown = whet(tmp_path, "init", "mine", "--from", "their.yml")
    assert shown.returncode == 0, shown.stderr
    assert "no counterpart: load_in_8bit: true" in shown.stdout
    assert "not known: made_up_key: 3" in shown.stdout
    assert "4 to a token (someone/a-model-that-is-not-here is not on this machine)" in shown.stdout
    again = whet(tmp_path, "init", "again", "--from", "their.yml", "--json")
    found = json.loads(again.stdout)
    assert found["schema_version"] == 1 and found["ready"] is True
    fates = {entry["key"]: entry["fate"] for entry in found["keys"]}
    assert fates["lora_r"] == "translated" and fates["made_up_key"] == "not known"
    assert whet(tmp_path / "mine", "check", "data").returncode == 0


def test_a_mistake_is_one_message_and_status_2(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    for arguments, said in (
        (["new", "--from", "absent.yml"], "absent.yml: no such file"),
        (["new", "--from", "rows.jsonl"], "rows.jsonl"),
        (["mine", "--from", "their.yml"], "exists and is not empty"),
        (["new", "--from", "their.yml", "--example", "thirty-rows"], "not both"),
    ):
        shown = whet(tmp_path, "init", *arguments)
        assert shown.returncode == 2 and shown.stdout == ""
        assert said in shown.stderr and "Traceback" not in shown.stderr
        assert not (tmp_path / "new").exists()
