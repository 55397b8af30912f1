"""The process that makes small curves, one a line: ``python -m nnlab.ui.spark_process``.

Parsing in the server would make every other request wait.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from nnlab.errors import NnlabError
from nnlab.ui.buckets import series
from nnlab.ui.columns import MetricsLog

POINTS = 40
DIGITS = 5
# Of the first that a run has.
METRICS = ("val.accuracy", "val.r2", "val.loss", "train.loss")


def spark_of(log: MetricsLog, metric: str | None) -> dict[str, Any] | None:
    """Return the curve of a metric, or of the first that a run has; None if it has none.

    Returns:
        ``metric``, ``epochs``, and over seeds the ``mean``, and the least and largest value as
        ``low`` and ``high``.
    """
    name = next((name for name in (metric, *METRICS) if name in log.columns), None)
    if name is None:
        return None
    found = series(log.grid(name), name, POINTS)
    low, mean, high = (_rounded(found[key]) for key in ("smallest", "mean", "largest"))
    return {"metric": name, "epochs": found["epochs"], "mean": mean, "low": low, "high": high}


def _rounded(values: list[float | None]) -> list[float | None]:
    return [None if value is None else float(f"{value:.{DIGITS}g}") for value in values]


def main() -> None:
    """Answer a path and a metric on each line of stdin by a curve on stdout."""
    if hasattr(os, "nice"):
        os.nice(10)
    for line in sys.stdin:
        path, metric = json.loads(line)
        log = MetricsLog(Path(path))
        try:
            log.poll()
            found = spark_of(log, metric)
        except (NnlabError, OSError):
            found = None
        sys.stdout.write(json.dumps(found, allow_nan=False) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
