"""Write docs/rules.md from the rules of the linter: python docs/make_rules.py."""

from __future__ import annotations

from pathlib import Path

from nnlab.check.rules_page import page

if __name__ == "__main__":
    Path(__file__).with_name("rules.md").write_text(page(), encoding="utf-8")
