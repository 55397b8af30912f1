"""Run folders that no training wrote."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnlab.storage.run_dir import RunDir

IDS = ("20260101-080000-xor-00aa", "20260101-080000-xor-00ab", "20260102-080000-mnist-1234")
OLD, MIDDLE, NEW = IDS

HOLD = """\
import sys
from pathlib import Path
from nnlab.storage.run_dir import RunDir

with RunDir(Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.read()
"""


def make_run(folder: Path, run_id: str, **meta: object) -> RunDir:
    path = folder / run_id
    path.mkdir(parents=True)
    run = RunDir(path)
    run.update_meta(**{"status": "finished", "started_at": f"2026-01-{run_id[6:8]}", **meta})
    return run


@contextmanager
def held_by_another_process(run: RunDir) -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def record(epoch: int, seed: int = 0, **others) -> dict:
    return {"epoch": epoch, "step": 9 * epoch, "seed": seed, "train": {"loss": 0.5}, **others}
