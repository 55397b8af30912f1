"""Run folders of reported failures: ``python -m tests.cases FOLDER [NAME ...]``.

Each case is a folder with a ``run.sh`` that calls ``nnlab`` and exits with 0 if the result is right. It
runs in a copy, so that the folder stays as it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TIMEOUT = 900  # [s]


def run_case(folder: Path) -> tuple[int, str]:
    """Return the exit code of a case, and the last line it printed."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / folder.name
        shutil.copytree(folder, copy)
        done = subprocess.run(
            ["bash", "run.sh"],
            cwd=copy,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
            check=False,
        )
    lines = (done.stdout + done.stderr).strip().splitlines() or [""]
    return done.returncode, lines[-1]


def main(folder: Path, names: list[str]) -> int:
    """Print a row for each case; return the number of wrong ones."""
    chosen = names or sorted(path.parent.name for path in folder.glob("*/run.sh"))
    wrong = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(run_case, [folder / name for name in chosen])
        for name, (code, line) in zip(chosen, results, strict=True):
            wrong += code != 0
            print(f"{'right' if code == 0 else 'WRONG':6}{name:42}{line[:120]}", flush=True)
    print(f"{len(chosen) - wrong} of {len(chosen)} are right")
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main(Path(sys.argv[1]), sys.argv[2:])))
