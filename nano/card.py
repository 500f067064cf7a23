"""The model card: `python -m nano.card --run DIR --scores scores.json --out .../README.md`."""

import argparse
import json
from pathlib import Path

CARD = Path(__file__).with_name("card.md")
"""The text of the card, with places for the numbers."""

NOTE = "wordings only after the first 2.4 million tokens"


def table(scores: list[dict[str, float | str]]) -> str:
    """Rows of the score table."""
    return "\n".join(
        f"| {row['skill']} | {row['exact']:.1%} ± {row['margin']:.1%} | {row['chance']:.0%} |"
        for row in scores
    )


def main() -> None:
    """Read the command line and write the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--hours", required=True, help="how long it took, in words")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    counters = json.loads((given.run / "counters.json").read_text())
    scores = json.loads(given.scores.read_text())
    config = counters["config"]
    width, inner = config["hidden_size"], config["intermediate_size"]
    keys = width * config["num_key_value_heads"] // config["num_attention_heads"]
    layer = 2 * width * width + 2 * width * keys + 3 * width * inner + 2 * width
    parameters = config["num_hidden_layers"] * layer + config["vocab_size"] * width + width
    given.out.write_text(
        CARD.read_text().format(
            **config,
            parameters=parameters / 1e6,
            tokens=counters["num_tokens"] / 1e6,
            steps=counters["step"],
            hours=given.hours,
            count=scores[0]["num_questions"],
            note=NOTE,
            rows=table(scores),
        )
    )


if __name__ == "__main__":
    main()
