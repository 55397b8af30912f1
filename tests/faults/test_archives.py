"""Archives that would fill the memory."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

MEMBER_BYTES = 2**24
NUM_MEMBERS = 640  # 10 GiB
# A process that is started counts the memory of the one that starts it: a small one does.
MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(code, 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_an_archive_of_ten_gigabytes_of_zeros_is_refused_within_300_megabytes(
    tmp_path: Path,
) -> None:
    member = gzip.compress(bytes(MEMBER_BYTES))
    for name in ("train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        (tmp_path / name).write_bytes(NUM_MEMBERS * member)
    command = [sys.executable, "-m", "nnlab", "data", "import", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *command],
        env={**os.environ, "NNLAB_DATA": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=True,
    )
    code, peak_bytes = map(int, done.stdout.split())
    assert code == 3
    assert "missing or corrupt: train-images-idx3-ubyte" in done.stderr
    assert peak_bytes < 300_000_000
    assert not (tmp_path / "data").exists()
