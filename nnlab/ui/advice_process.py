"""The process that advises the playground: ``python -m nnlab.ui.advice_process DATA``.

It takes an experiment a line, and answers with two: what the rules that read data find, and how long an
epoch takes on this computer. It trains a little for both, and keeps nothing. An experiment that takes
too long ends the process, and so does a long wait for the next one.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.errors import NnlabError
from nnlab.formatting import without_nan
from nnlab.ui.worker.protocol import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

# For one experiment, and for the next one to come [s].
MAX_SECONDS, MAX_WAIT_SECONDS = 20.0, 60.0
TIMED_SECONDS = 0.2


def findings(text: str, data_dir: Path) -> dict[str, Any]:
    """Return the ``findings`` of a valid experiment, or None and why the rules were ``skipped``."""
    from nnlab.check.lint import lint
    from nnlab.ui.experiment import finding_of, read

    try:
        found = lint(read(text).document, data_dir)
    except (NnlabError, OSError) as error:
        return {"findings": None, "skipped": str(error)}
    if found.skipped is not None:
        return {"findings": None, "skipped": found.skipped}
    return {"findings": [finding_of(finding) for finding in found.findings], "skipped": None}


def seconds_per_epoch(text: str, data_dir: Path) -> float | None:
    """Return how long an epoch of all seeds takes [s]; None if steps cannot be timed."""
    from nnlab.assembly.job import build_job
    from nnlab.inspection import profiling
    from nnlab.training.runtime import deterministic, threads
    from nnlab.ui.experiment import read

    config = read(text).config
    if config.model.is_estimator or config.optimizer.has_line_search:
        return None
    try:
        with deterministic():
            job = build_job(config, data_dir)
            with threads(job.num_threads), job.training_mode():
                return profiling.seconds_per_epoch(job, TIMED_SECONDS)
    except (NnlabError, OSError):
        return None


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """End the process unless the block ends in time."""
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def main(data: str) -> None:
    """Answer every line of standard input."""
    if hasattr(os, "nice"):
        os.nice(10)  # a training beside it comes first
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print is no answer
    while True:
        with _at_most(MAX_WAIT_SECONDS):
            question = decode(sys.stdin.buffer.readline())
        if question is None:
            return
        with _at_most(MAX_SECONDS):
            text, data_dir = question["yaml"], Path(data)
            found = findings(text, data_dir)
            output.write(encode(without_nan(found)))
            is_timed = question["is_timed"] and found["skipped"] is None
            seconds = seconds_per_epoch(text, data_dir) if is_timed else None
            output.write(encode(without_nan({"seconds": seconds})))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):  # the server has ended
        main(sys.argv[1])
