"""The mask for people: on a terminal and as a page, with hostile text in it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from whet.rows.mask_page import mask_page
from whet.rows.mask_view import coloured, mask_view, token_texts
from whet.rows.proven import proven_examples
from whet.rows.render import find_stop_ids
from whet.rows.sequence import RenderedExample
from whet.types import Example

Load = Callable[..., Any]
HOSTILE = (
    "</pre><script>alert(1)</script><img src=http://x.y/z onerror=alert(1)>\x1b[2J\u202e' \" &"
)


@pytest.fixture
def row(tokenizer: Load, conversation: Callable[..., Example]) -> Callable[..., RenderedExample]:
    def make(*turns: str) -> RenderedExample:
        loaded = tokenizer("qwen2.5")
        return proven_examples([conversation(*turns)], loaded, find_stop_ids(loaded))[0]

    return make


class _Tags(HTMLParser):
    """Names of tags and attributes, and the text of what is learnt."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.learnt = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._inside = ("class", "learnt") in attrs

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        self.learnt += data if self._inside else ""


def test_hostile_text_is_only_text_on_the_page(tokenizer: Load, row: Any) -> None:
    page = mask_page([row(HOSTILE, HOSTILE)], tokenizer("qwen2.5"))
    tags = _Tags()
    tags.feed(page)
    assert tags.names == {"html", "head", "meta", "link", "title", "style", "body", "h1", "h2", "p",
                          "section", "pre", "span"}  # fmt: skip
    assert tags.attributes == {"lang", "charset", "name", "content", "http-equiv", "rel", "href",
                               "class", "title"}  # fmt: skip
    shown = HOSTILE.replace("\x1b", "\\x1b").replace("\u202e", "\\u202e 1/2\\u202e 2/2")
    assert tags.learnt.endswith(shown + "<|im_end|>")
    assert all(c.isprintable() or c == "\n" for c in page)


def test_the_page_asks_for_nothing_from_outside(tokenizer: Load, row: Any) -> None:
    page = mask_page([row("hi", "http://x.y/z")], tokenizer("qwen2.5"))
    assert re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?([^\"')>\s]+)", page) == ["data:,"]
    assert "default-src 'none'" in page


def test_the_page_tells_learnt_from_read_without_colour(tokenizer: Load, row: Any) -> None:
    page = mask_page([row("question", "answer")], tokenizer("qwen2.5"))
    spans = re.findall(
        r'<span( class="learnt")? title="(\w+): position \d+, [^>]*>(.*?)</span>', page
    )
    learnt = [html.unescape(text) for kind, said, text in spans if kind and said == "learnt"]
    assert learnt == ["answer", "<|im_end|>"]
    assert not any((said == "learnt") != bool(kind) for kind, said, _ in spans)


def test_sequences_and_counts_are_on_the_page(tokenizer: Load, row: Any) -> None:
    loaded = tokenizer("qwen2.5", "qwen3")
    found = row("a?", "<think>\nx\n</think>\n\nA.", "b?", "B.")
    page = mask_page([found], loaded)
    assert "sequence 2 of 2" in page
    assert f"{found.num_tokens} tokens, {found.num_loss_tokens} learnt" in page


def test_a_character_in_several_tokens_is_shown_whole_with_its_parts(tokenizer: Load) -> None:
    loaded = tokenizer("gpt2")
    ids = loaded("a 東🙂", add_special_tokens=False)["input_ids"]
    assert token_texts(ids, loaded) == [
        "a",
        " 東 1/3",
        " 東 2/3",
        " 東 3/3",
        "🙂 1/2",
        "🙂 2/2",
    ]
    assert token_texts(ids[:2], loaded) == ["a", loaded.convert_ids_to_tokens(ids[1])]


def test_colours_are_put_on_lines_of_tokens_only(tokenizer: Load, row: Any) -> None:
    view = mask_view(row("hi", HOSTILE), tokenizer("qwen2.5"))
    painted = coloured(view).split("\n")
    assert re.sub(r"\x1b\[\d+m", "", "\n".join(painted)) == view
    marks = {line[5:6] for line in painted if line.startswith("\x1b[32m")}
    assert marks == {"●"} and {line[4:5] for line in painted if line.startswith("\x1b[2m")} == {"·"}
    assert "\x1b" not in view and "\x1b" not in painted[0] + painted[-1]
