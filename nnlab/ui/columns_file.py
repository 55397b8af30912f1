"""The columns of a large metrics.jsonl, kept so that it need not be parsed again."""

from __future__ import annotations

import contextlib
import io
import zipfile
from array import array
from typing import TYPE_CHECKING

from nnlab.errors import NnlabError
from nnlab.storage.atomic import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from nnlab.ui.columns import MetricsLog

# Below, parsing takes no time that anybody notices.
LEAST_BYTES = 200_000
# Changed when columns mean something else.
VERSION = 1
DAMAGES = (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError)


def save_columns(log: MetricsLog, path: Path) -> None:
    """Keep what a log has read of its file; that it cannot be written harms nothing."""
    import numpy as np

    stream = io.BytesIO()
    np.savez(
        stream,
        key=np.array([VERSION, *log.stamp, log.cursor], np.int64),
        tail=np.frombuffer(log.tail, np.uint8),
        records=np.array([log.epochs, log.places, log.ends], np.int64),
        replicas=np.array([[-1 if t is None else t, s] for t, s in log.replicas], np.int64),
        names=np.array([*log.columns], str),
        values=np.array([*log.columns.values()], np.float64),
    )
    with contextlib.suppress(OSError, NnlabError):
        write_atomic(path, stream.getvalue())


def load_columns(log: MetricsLog, path: Path) -> bool:
    """Give a log that has read nothing what was kept, if its file is still the same.

    Returns:
        Whether it was; else the log is as it was.
    """
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as found:
            kept = {name: found[name] for name in found.files}
        key = [int(number) for number in kept["key"]]
        if key[:-1] != [VERSION, *log.stamp_now()]:
            return False
        records, values = kept["records"], kept["values"]
        _check(records, values, kept["replicas"], kept["names"])
    except DAMAGES:
        return False
    log.replicas = {
        (None if trial < 0 else int(trial), int(seed)): place
        for place, (trial, seed) in enumerate(kept["replicas"])
    }
    log.epochs, log.places, log.ends = (array("q", row.tobytes()) for row in records)
    log.columns = {
        str(name): array("d", row.tobytes())
        for name, row in zip(kept["names"], values, strict=True)
    }
    log.cursor, log.tail = key[-1], kept["tail"].tobytes()
    log.stamp = (key[1], key[2], key[3])
    return True


def _check(
    records: NDArray[np.int64],
    values: NDArray[np.float64],
    replicas: NDArray[np.int64],
    names: NDArray[np.str_],
) -> None:
    """Check that arrays are those of columns.

    Raises:
        ValueError: If they are not.
    """
    kinds = [records.dtype.str, values.dtype.str, replicas.dtype.str]
    num_records = records.shape[-1]
    is_whole = (
        kinds == ["<i8", "<f8", "<i8"]
        and records.shape == (3, num_records)
        and values.shape == (len(names), num_records)
        and replicas.shape == (len(replicas), 2)
        and (not num_records or 0 <= records[1].min() <= records[1].max() < len(replicas))
    )
    if not is_whole:
        msg = "the arrays do not fit each other"
        raise ValueError(msg)
