"""The columns of a large metrics.jsonl, kept so that it need not be parsed again."""

from __future__ import annotations

import contextlib
import io
import zipfile
import zlib
from array import array
from typing import TYPE_CHECKING, Any

from nnlab.errors import NnlabError
from nnlab.storage.atomic import write_atomic
from nnlab.ui.kept import remove_oldest

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from nnlab.ui.columns import MetricsLog

# Below, parsing takes no time that anybody notices.
LEAST_BYTES = 200_000
# Of the files of a folder together.
MAX_KEPT_BYTES = 500_000_000
# Changed when columns mean something else.
VERSION = 1
KINDS = {
    "key": ("<i8", 1),
    "tail": ("|u1", 1),
    "records": ("<i8", 2),
    "replicas": ("<i8", 2),
    "values": ("<f8", 2),
}
# What NumPy and zipfile raise for a file in which any byte may be wrong.
DAMAGES = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    EOFError,
    MemoryError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


def save_columns(log: MetricsLog, path: Path) -> None:
    """Keep what a log has read of its file, instead of the oldest; a full disk harms nothing."""
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
    remove_oldest(path.parent, MAX_KEPT_BYTES)


def load_columns(log: MetricsLog, path: Path) -> bool:
    """Give a log that has read nothing what was kept, if its file is still the same.

    Returns:
        Whether it was; else the log is as it was.
    """
    try:
        kept = _read(path)
        state = log.stamp_now()
    except DAMAGES:
        return False
    version, inode, size, time, cursor = (int(number) for number in kept["key"])
    if (version, inode, size, time) != (VERSION, *state) or not 0 <= cursor <= size:
        return False
    log.replicas = {
        (None if trial < 0 else int(trial), int(seed)): place
        for place, (trial, seed) in enumerate(kept["replicas"])
    }
    log.epochs, log.places, log.ends = (array("q", row.tobytes()) for row in kept["records"])
    log.columns = {
        str(name): array("d", row.tobytes())
        for name, row in zip(kept["names"], kept["values"], strict=True)
    }
    log.cursor, log.tail = cursor, kept["tail"].tobytes()
    log.stamp = state
    return True


def _read(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of columns.

    Raises:
        ValueError: If they are not that, or do not fit each other; a damaged file raises any of ``DAMAGES``.
    """
    import numpy as np

    with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
        kept = {name: found[name] for name in found.files}
    kinds = {name: (kept[name].dtype.str, kept[name].ndim) for name in KINDS}
    _, num_records = kept["records"].shape
    shapes = {
        "key": (5,),
        "records": (3, num_records),
        "replicas": (len(kept["replicas"]), 2),
        "values": (len(kept["names"]), num_records),
    }
    places = kept["records"][1]
    if (
        kinds != KINDS
        or any(kept[name].shape != shape for name, shape in shapes.items())
        or not ((places >= 0) & (places < len(kept["replicas"]))).all()
    ):
        msg = "the arrays do not fit each other"
        raise ValueError(msg)
    return kept
