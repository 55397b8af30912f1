"""A process that conducts a stored sweep: ``python -m tests.helpers.sweep_process FOLDER WHERE``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "tests.helpers.sweep_process"]


def start(folder: Path, where: str) -> subprocess.Popen[str]:
    """Conduct a sweep in a process of its own, which says what it trains."""
    return subprocess.Popen(
        [*COMMAND, str(folder), where], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def main() -> None:
    import torch

    from nnlab.errors import RunError
    from nnlab.storage.sweep_dir import SweepDir
    from nnlab.sweep.conduct import conduct
    from nnlab.sweep.executors.choose import executor_of
    from tests.helpers.sweeps import place_of

    torch.set_num_threads(1)
    place = place_of(SweepDir(Path(sys.argv[1])))
    where = None if sys.argv[2] == "here" else sys.argv[2]
    try:
        conduct(place, executor_of(where, place), lambda unit, *_: print(unit, flush=True))
    except RunError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
