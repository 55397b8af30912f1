"""The process that studies one run: ``python -m nnlab.ui.study_process RUN RUNS DATA OUTPUT``.

It imports torch, which the server does not, and ends when it is done.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nnlab.errors import NnlabError


def main(run: str, runs: str, data: str, output: str) -> int:
    """Study a run; on an error, say it on stderr."""
    if hasattr(os, "nice"):
        os.nice(10)  # a training beside it comes first
    from nnlab.api.studying import study

    try:
        study(run, Path(output), data_dir=data, runs_dir=runs)
    except NnlabError as error:
        sys.stderr.write(str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
