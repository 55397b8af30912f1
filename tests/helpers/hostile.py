"""Names and texts that attack whoever shows them, put into results that were trained."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

# Markup, a template, letters that turn those behind them, and letters that nobody sees.
EVIL = (
    "<img src=x onerror=alert(1)><script>alert(2)</script></textarea>{{7*7}}"
    "\u202egnp.exe\u2066\u200b'\""
)
LONG = "W" * 2_000


def table(folder: Path) -> Path:
    """Write an experiment on a table whose columns and classes have such names, to be read from there."""
    rows = [
        [number % 7 + 4 * (number % 2), number % 11, f"{EVIL}{number % 2}"] for number in range(80)
    ]
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[f"{EVIL}{name}" for name in ("a", "b", "c")], *rows])
    text = f"""name: table
dataset: {{name: csv, path: table.csv, target: {json.dumps(EVIL + "c")}}}
model: {{name: mlp, hidden_sizes: [4]}}
optimizer: {{name: adam, lr: 0.01}}
train: {{epochs: 5, seeds: 2}}
"""
    (folder / "table.yaml").write_text(text, encoding="utf-8")
    return folder / "table.yaml"


def poison(result: Path) -> None:
    """Write such texts wherever a file of a result may have one and can still be read."""
    (result / "tags.json").write_text(json.dumps({"tags": ["<b>bold</b>", "\u202egnp", "W" * 60]}))
    (result / "note.json").write_text(json.dumps({"note": f"{EVIL} {LONG}"}))
    _change(result / "meta.json", lambda meta: meta | {"name": EVIL + "W" * 300})
    _change(result / "comparison.json", _with_evil_contenders)
    for name in ("resolved.yaml", "config.yaml"):
        path = result / name
        if path.is_file():
            path.write_text(f"# {EVIL}\n# {LONG}\n{path.read_text()}")


def _change(path: Path, change: Any) -> None:
    if path.is_file():
        path.write_text(json.dumps(change(json.loads(path.read_text()))))


def _with_evil_contenders(stored: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(stored)
    for number, contender in enumerate(stored["contenders"]):
        name = json.dumps(contender["name"])
        text = text.replace(name, json.dumps(f"{EVIL}{number}"))
    return json.loads(text) | {"notes": [EVIL + LONG]}
