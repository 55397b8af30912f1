"""Draw README's picture of a terminal: ``python docs/images/make.py`` runs the commands it shows."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

COMMANDS = (
    "nnlab train configs/spiral_mlp.yaml --seeds 3 train.epohs=50",
    "nnlab check mine.yaml",
    "nnlab compare logistic mlp",
)
FLAWED = """dataset: {name: mnist}
model: {name: mlp, hidden_sizes: [64, 64], output_activation: softmax}
optimizer: {name: adam, lr: 1e-3, weight_decay: 1e-4}
train: {epochs: 10, seeds: 5}
"""


def main() -> None:
    """Run the commands and record their output."""
    console = Console(record=True, width=92, file=io.StringIO())
    folder = tempfile.mkdtemp()
    (Path(folder) / "mine.yaml").write_text(FLAWED, encoding="utf-8")
    for command in COMMANDS:
        console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
        answer = subprocess.run(
            [sys.executable, "-m", *command.split()],
            capture_output=True,
            text=True,
            env={**os.environ, "COLUMNS": "88"},
            cwd=folder,
            check=False,
        )
        lines = answer.stdout if answer.returncode == 0 else answer.stderr
        kept = [line.rstrip() for line in lines.splitlines() if line.strip()]
        console.print(Text("\n".join(kept)))
        console.print()
    picture = console.export_svg(title="nnlab")
    # Use a fixed-width font that the reader has instead of one from the network.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    picture = picture.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")
    Path(__file__).with_name("terminal.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
