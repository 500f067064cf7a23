"""The mask page in a real browser. Skips, by name, where Chromium is absent."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whet.rows.mask_page import mask_page
from whet.rows.proven import proven_examples
from whet.rows.render import find_stop_ids
from whet.types import Example

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOSTILE = "</pre><script>document.title='owned'</script><img src=http://x.y/z>" + "W" * 400
PROBE = """
<script>onload = () => {
  const root = document.documentElement;
  const wide = [...document.querySelectorAll('body *')].filter(
    e => e.getBoundingClientRect().right > innerWidth + 1).length;
  parent.postMessage(JSON.stringify({title: document.title, wide: wide, inner: innerWidth,
    scripts: document.scripts.length, images: document.images.length,
    scroll: root.scrollWidth <= innerWidth,
    learnt: document.querySelectorAll('.learnt').length}), '*');
};</script></body>"""
# A window is never narrower than 500 pixels; a frame may be.
FRAME = """<!doctype html><body><script>
onmessage = event => { document.body.dataset.found = event.data; };
</script>
<iframe src="probed.html" width="{width}" height="900" style="border:0"></iframe>
</body>"""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")
@pytest.mark.parametrize("width", [360, 1280])
def test_the_mask_page_opens_quietly_and_fits(
    width: int, tokenizer: Callable[..., Any], conversation: Callable[..., Example], tmp_path: Path
) -> None:
    loaded = tokenizer("qwen2.5")
    example = conversation(HOSTILE, HOSTILE, "q", "a\nb")
    row = proven_examples([example], loaded, find_stop_ids(loaded))[0]
    page = mask_page([row], loaded)
    quiet, probed = tmp_path / "page.html", tmp_path / "probed.html"
    quiet.write_text(page, encoding="utf-8")
    # The page's own policy forbids the probe's script, as it would any other.
    policy = page[page.index("<meta http-equiv") : page.index("<link rel")]
    probed.write_text(page.replace(policy, "").replace("</body>", PROBE), encoding="utf-8")

    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.replace("{width}", str(width)), encoding="utf-8")

    assert "CONSOLE" not in _opened(quiet, tmp_path).stderr
    found = _opened(frame, tmp_path).stdout
    said = found[found.index('data-found="') :].split('"')[1].replace("&quot;", '"')
    assert json.loads(said) == {
        "title": "What is learnt",
        "inner": width,
        "wide": 0,
        "scroll": True,
        "scripts": 1,
        "images": 0,
        "learnt": row.num_loss_tokens + 1,
    }


def _opened(page: Path, folder: Path) -> Any:
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
             "--virtual-time-budget=5000", "--window-size=1400,1000",
             f"--user-data-dir={folder / 'profile'}"]  # fmt: skip
    return subprocess.run(
        [str(CHROMIUM), *flags, "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
