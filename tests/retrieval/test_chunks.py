from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from whet.retrieval import Document, cut_documents


def words(count: int, start: int = 0) -> str:
    return " ".join(f"w{i}" for i in range(start, start + count))


def test_a_short_document_stays_whole() -> None:
    [chunk] = cut_documents([Document("a.txt", "A", f"  {words(180)}\n")])
    assert chunk.text == words(180)
    assert chunk.indexed_text == f"A\n{words(180)}"


@given(st.integers(1, 2000), st.integers(20, 300))
def test_windows_cover_every_word_within_their_size_and_overlap(total: int, size: int) -> None:
    chunks = cut_documents([Document("a.txt", "A", words(total))], size)
    spans = [
        (int(chunk.text.split()[0][1:]), int(chunk.text.split()[-1][1:]) + 1) for chunk in chunks
    ]
    assert spans[0][0] == 0
    assert spans[-1][1] == total
    assert all(end - start <= size + 1 for start, end in spans)
    overlaps = [a[1] - b[0] for a, b in pairwise(spans)]
    assert all(overlap == round(0.15 * size) for overlap in overlaps)


def test_sections_carry_their_headings_and_small_ones_share_a_chunk() -> None:
    text = "\n".join(
        [
            "# Returns",
            words(5),
            "## How long",
            words(300),
            "```",
            "# no heading, a comment",
            "```",
            "## Exceptions",
            words(40),
            "## Costs",
            words(40, 50),
        ]
    )
    chunks = cut_documents([Document("r.md", "Returns", text)])
    assert [chunk.title for chunk in chunks] == [
        "Returns",
        "Returns > How long",
        "Returns > How long",
        "Returns",
    ]
    assert "# no heading" in chunks[2].text
    assert chunks[3].text.startswith("## Exceptions") and "## Costs" in chunks[3].text


def test_a_chunk_keeps_its_id_in_another_file_and_equal_chunks_are_kept_once() -> None:
    one = cut_documents([Document("a.txt", "A", "text")])
    two = cut_documents([Document("b.txt", "A", "text"), Document("c.txt", "A", "text")])
    assert [chunk.id for chunk in one] == [chunk.id for chunk in two]
    assert cut_documents([Document("a.txt", "B", "text")])[0].id != one[0].id
