"""Writes the data and documents of the bundled examples: the same bytes on every machine.

    python scripts/examples.py                 into src/whet/examples/
    python scripts/examples.py --out DIR       into DIR/NAME/, to compare

What people write by hand (whet.yaml, prompts, README) is not touched.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from example_data import (
    easy_sentiment,
    house_voice,
    planted_forgetting,
    shop_facts,
    thirty_rows,
    ticket_lines,
)

EXAMPLES = Path(__file__).resolve().parents[1] / "src" / "whet" / "examples"

MAKERS: dict[str, Callable[[], dict[str, str]]] = {
    "ticket-lines": ticket_lines.files,
    "shop-facts": shop_facts.files,
    "easy-sentiment": easy_sentiment.files,
    "thirty-rows": thirty_rows.files,
    "planted-forgetting": planted_forgetting.files,
    "house-voice": house_voice.files,
}


def write(out: Path) -> list[Path]:
    """Writes every example's files; returns their paths."""
    written = []
    for name, make in MAKERS.items():
        for path, text in make().items():
            target = out / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode("utf-8"))
            written.append(target)
    return written


def main() -> None:
    """Reads the command line and writes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=EXAMPLES, help="where to write")
    for path in write(parser.parse_args().out):
        print(path)


if __name__ == "__main__":
    main()
