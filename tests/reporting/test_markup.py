from __future__ import annotations

from whet.reporting.markup import Html, element, join, text


def test_every_text_is_escaped_when_it_enters_an_element() -> None:
    assert element("p", "<b>&'\"") == "<p>&lt;b&gt;&amp;&#x27;&quot;</p>"


def test_html_enters_as_it_is_and_lists_are_flattened() -> None:
    inner = element("b", "x")
    assert element("p", [inner, None, ["y"]]) == "<p><b>x</b>y</p>"
    assert isinstance(join("a", inner), Html)


def test_an_attribute_cannot_be_left() -> None:
    assert element("i", title='" onclick="x') == '<i title="&quot; onclick=&quot;x"></i>'


def test_attributes_are_named_as_html_names_them() -> None:
    made = element("svg", class_="a", aria_hidden="true", stroke_width=2, hidden=True, id=None)
    assert made == '<svg class="a" aria-hidden="true" stroke-width="2" hidden></svg>'


def test_an_escape_is_set_apart() -> None:
    assert text("a\x1b") == 'a<span class="escape">\\x1b</span>'


def test_no_text_is_longer_than_its_bound() -> None:
    assert len(element("p", "A" * 1_000_000)) < 5000
