"""Draw README's picture of a report: ``python docs/images/make_report.py`` (needs chromium)."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import nnlab
from nnlab.report.page import render
from nnlab.report.run_view import RunView
from nnlab.runs.load import open_run
from nnlab.storage.folders import Folders

SIZE = "1180,1840"


def main() -> None:
    """Train the spiral, write its report and take a screenshot of its top."""
    with tempfile.TemporaryDirectory() as folder:
        run = nnlab.train("spiral_mlp", seeds=5, runs_dir=folder)
        page = Path(folder, "report.html")
        page.write_text(render([RunView.load(open_run(run), Folders.choose())]), encoding="utf-8")
        picture = Path(__file__).with_name("report.png")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        offline = ["--disable-background-networking", "--disable-sync", "--no-first-run"]
        subprocess.run(
            ["chromium", *options, *offline, f"--user-data-dir={folder}/profile",
             f"--window-size={SIZE}", f"--screenshot={picture}", page.as_uri()],
            check=True, capture_output=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
