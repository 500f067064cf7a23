"""What the model will be trained on as one HTML file that asks for nothing from outside.

Answers are hostile text: everything is escaped, characters that do not print are spelt out, and
the page's own policy allows no script, no image and no request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from whet.rows.mask_view import heading, token_texts
from whet.rows.sequence import RenderedExample, TokenSequence

_HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:;
 base-uri 'none'; form-action 'none'">
<link rel="icon" href="data:,">
<title>What is learnt</title>
<style>
:root { color-scheme: light dark; --learnt: #c9efd2; --edge: #1b7a35; --read: #555; }
@media (prefers-color-scheme: dark) {
  :root { --learnt: #14401f; --edge: #6fd08a; --read: #aaa; }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1rem; overflow-wrap: anywhere; }
.tokens { font: 14px/1.9 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere;
  margin: 0; }
.tokens span { color: var(--read); border-bottom: 1px dotted; margin-right: 1px; }
.tokens .learnt { color: inherit; background: var(--learnt); border-bottom: 2px solid var(--edge); }
section { border-top: 1px solid #8888; padding: .5rem 0 1rem; }
</style>
</head>
<body>
<h1>What is learnt</h1>
<p class="tokens"><span class="learnt">underlined twice as thick and green</span> the model learns \
to write it; <span>dotted and grey</span> it only reads it. Each box is one token; point at it for \
its position and number.</p>
"""
_FOOT = "</body>\n</html>\n"
_BREAKS = {"\n": "↵\n", "\t": "⇥\t", "\r": "\\r"}


def mask_page(examples: Sequence[RenderedExample], tokenizer: Any) -> str:
    """The page, with the examples in order."""
    return _HEAD + "".join(_section(example, tokenizer) for example in examples) + _FOOT


def _section(example: RenderedExample, tokenizer: Any) -> str:
    several = len(example.sequences) > 1 or example.parts
    parts = [f"<section>\n<h2>{_safe(example.source)}</h2>\n"]
    for number, sequence in enumerate(example.sequences, start=1):
        if several:
            parts.append(f"<h2>{heading(example, number)}</h2>\n")
        tokens = "".join(_tokens(sequence, tokenizer))
        parts.append(f'<pre class="tokens">{tokens}</pre>\n')
    counts = f"{example.num_tokens} tokens, {example.num_loss_tokens} learnt"
    return "".join(parts) + f"<p>{counts}</p>\n</section>\n"


def _tokens(sequence: TokenSequence, tokenizer: Any) -> Iterator[str]:
    tokens, trained = sequence.tokens.tolist(), sequence.trained.tolist()
    rows = zip(tokens, trained, token_texts(tokens, tokenizer), strict=True)
    for position, (token, learnt, text) in enumerate(rows):
        kind = ' class="learnt"' if learnt else ""
        said = f"{'learnt' if learnt else 'read'}: position {position}, token {token}"
        yield f'<span{kind} title="{said}">{_safe(text)}</span>'


def _safe(text: str) -> str:
    """Text for HTML; what does not print (also marks that turn the reading order) is spelt out."""
    shown = (
        _BREAKS.get(c, c if c.isprintable() else c.encode("unicode_escape").decode()) for c in text
    )
    return escape("".join(shown))
