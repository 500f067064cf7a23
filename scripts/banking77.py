"""Banking77 from its two CSV files to a verdict: 77 intents of a bank, 1,000 test items.

    python scripts/banking77.py DATA OUT             the main job, with the figures beside it
    python scripts/banking77.py DATA OUT --methods   first LoRA against full, on validation only

DATA holds `train.csv` and `test.csv` (PolyAI, CC BY 4.0); OUT is a folder to make. Beside the arms
of whet stands a row that needs no language model at all: TF-IDF and logistic regression.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import fmean

NUM_TEST_ITEMS = 1000

CONFIG = """\
task: Route a bank customer's message to one of 77 intents.
model: whet-nano
data:
  train: data/train.csv
  test: data/test.csv
  split: {validation: 0.1}
  columns: {input: text, output: category}
  on_leak: drop_train
prompt: [prompts/short.txt, prompts/labels.txt] # without and with the 77 labels
tuned_prompt: prompts/short.txt
few_shot: {counts: [4, 8]}
train: {method: full, epochs: 3, batch_size: 32, learning_rate: 1e-3}
eval: {metrics: [exact_match], primary: exact_match, margin: 0.02, validation_items: 100}
gates: {forgetting: {}}
generate: {choices: auto, max_new_tokens: 24} # one of the 77, ranked by likelihood, for all arms
"""
METHODS = {
    "full": ["train.method=full", "train.learning_rate=1e-3"],
    "lora": ["train.method=lora", "train.learning_rate=5e-3"],
}


def prepare(data: Path, out: Path) -> None:
    """Writes the project: the training file as it is, 1,000 test rows drawn with a fixed seed."""
    (out / "data").mkdir(parents=True)
    (out / "prompts").mkdir()
    shutil.copyfile(data / "train.csv", out / "data" / "train.csv")
    rows = read_rows(data / "test.csv")
    labels = sorted({label for _, label in rows})
    random.Random(0).shuffle(rows)
    with open(out / "data" / "test.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "category"])
        writer.writerows(rows[:NUM_TEST_ITEMS])
    short = "Classify the customer's message."
    end = "Reply with the label only.\n"
    (out / "prompts" / "short.txt").write_text(f"{short} {end}", encoding="utf-8")
    named = f"{short}\nLabels: {', '.join(labels)}\n{end}"
    (out / "prompts" / "labels.txt").write_text(named, encoding="utf-8")
    (out / "whet.yaml").write_text(CONFIG, encoding="utf-8")


def read_rows(path: Path) -> list[tuple[str, str]]:
    """(text, category) of every row."""
    with open(path, newline="", encoding="utf-8") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]


def tfidf_accuracy(out: Path, run: Path) -> float:
    """Share of right test rows by TF-IDF and logistic regression on the run's own training rows."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    rows = dict(enumerate(csv_lines(out / "data" / "train.csv")))
    manifest = json.loads((run / "data" / "train.json").read_text(encoding="utf-8"))
    lines = {int(row["source"].rpartition(":")[2]) for row in manifest}
    train = [row for row in rows.values() if row[0] in lines]
    test = read_rows(out / "data" / "test.csv")
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        LogisticRegression(C=30, max_iter=2000),
    )
    model.fit([text for _, text, _ in train], [label for _, _, label in train])
    found = model.predict([text for text, _ in test])
    return fmean(float(a == b) for a, (_, b) in zip(found, test, strict=True))


def csv_lines(path: Path) -> list[tuple[int, str, str]]:
    """(line on which the row begins, text, category), as whet counts lines."""
    found = []
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        line = 2
        for row in reader:
            found.append((line, row["text"], row["category"]))
            line = reader.line_num + 1
    return found


def whet(out: Path, *arguments: str) -> None:
    """Runs a command in the project, its output on this terminal."""
    subprocess.run([sys.executable, "-m", "whet", *arguments], cwd=out, check=True)


def main() -> None:
    """Prepares, compares methods if asked, runs the main job and adds the TF-IDF row."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--methods", action="store_true")
    asked = parser.parse_args()
    prepare(asked.data, asked.out)
    if asked.methods:
        for name, overrides in METHODS.items():
            print(f"\n{name}, one epoch, one seed:", flush=True)
            whet(asked.out, "train", *overrides, "train.epochs=1")
    whet(asked.out, "run")
    run = max((asked.out / "runs").glob("[0-9]*"))
    print(f"\nTF-IDF and logistic regression: {tfidf_accuracy(asked.out, run):.1%} exact match")


if __name__ == "__main__":
    main()
