"""The keys of the page, as the documentation lists them."""

from __future__ import annotations

import re

from tests.unit.ui.test_vendor import ROOT, STATIC

SHORTCUT = re.compile(r'shortcut\("(.)", "([^"]+)"')
ROW = re.compile(r"^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
NAMES = {" ": "Space"}


def test_the_documentation_lists_every_key_with_the_words_of_the_page() -> None:
    modules = [path for path in STATIC.rglob("*.js") if "vendor" not in path.parts]
    found = [pair for path in modules for pair in SHORTCUT.findall(path.read_text("utf-8"))]
    text = (ROOT / "docs/ui.md").read_text("utf-8")
    section = text.partition("## By keyboard")[2].partition("\n## ")[0]

    assert len(found) > 5
    assert dict(ROW.findall(section)) == {NAMES.get(key, key): words for key, words in found}
