"""The general text for the forgetting gate: `python -m nano.general --out
src/whet/models/nano/general.jsonl`.

Forty passages come from the prose writers with seeds of the held-out side, forty are written by
hand. None is in the training stream.
"""

import argparse
import json
from pathlib import Path

from .corpus import Source, prose, seeded, support

WRITERS = (prose.story, prose.essay, prose.dialogue, prose.catalogue, support.mailbox)
PASSAGES = Path(__file__).with_name("passages.txt")
"""The passages written by hand, one a line."""


def generated(count: int) -> list[str]:
    """Passages of 45 to 90 words from the held-out side of the prose writers, taking turns."""
    texts: list[str] = []
    number = 0
    while len(texts) < count:
        writer = WRITERS[len(texts) % len(WRITERS)]
        content = writer(Source(seeded(f"general {number}"), held_out=True))[0]["content"]
        number += 1
        if 45 <= len(content.split()) <= 90:
            texts.append(content)
    return texts


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    written = [line.strip() for line in PASSAGES.read_text().splitlines() if line.strip()]
    texts = generated(40) + written
    given.out.write_text(
        "".join(json.dumps({"text": content}, ensure_ascii=False) + "\n" for content in texts)
    )


if __name__ == "__main__":
    main()
