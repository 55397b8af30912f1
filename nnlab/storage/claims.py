"""A quick look at whether a summary's headline is that of the stored predictions, without torch."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from nnlab.errors import RunError
from nnlab.formatting import format_metric
from nnlab.storage.untrusted import read_plain

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from nnlab.storage.headlines import SummaryHeadline

# Larger predictions would make a list slow and are not looked at: 50 seeds of MNIST. Reports and
# evaluations look at all.
MAX_BYTES = 25 * 10**6
MAX_HEADER_BYTES = 10_000
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8"}
TOLERANCE = 2e-4


def contradiction(predictions: Path, summary: SummaryHeadline) -> str | None:
    """Return how a summary's test accuracy, or mse or R2, contradicts the predictions, or None.

    Args:
        predictions: The run's predictions.safetensors.
        summary: What its summary.json says.
    """
    claimed = summary.get("test") or {}
    if not claimed:
        return None
    try:
        if predictions.lstat().st_size > MAX_BYTES:
            return None
        found = _ranges(*_of_others(summary.get("diverged_replicas", []), **_read(predictions)))
    except FileNotFoundError:
        return f"there is no {predictions.name}"
    except (
        OSError,
        RunError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        OverflowError,
        RecursionError,
    ):
        return f"{predictions.name} is damaged"
    for metric, (low, high) in found.items():
        value = claimed.get(metric)
        value = math.nan if value is None else value
        if not low - TOLERANCE * (1 + abs(low)) <= value <= high + TOLERANCE * (1 + abs(high)):
            said, true = format_metric(metric, value), format_metric(metric, (low + high) / 2)
            return f"summary.json says {metric} {said}, its stored predictions say {true}"
    return None


def _of_others(
    diverged: list[int], logits: np.ndarray, targets: np.ndarray, sizes: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the predictions, targets and sizes of the replicas that have not diverged."""
    import numpy as np

    kept = np.setdiff1d(np.arange(len(logits)), diverged)
    of_kept = targets[kept] if targets.ndim == 2 else targets
    return logits[kept], of_kept, None if sizes is None else sizes[kept]


def _read(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a safetensors file: a JSON header with their places, then their bytes."""
    import numpy as np

    content = read_plain(path, MAX_BYTES)
    size = int.from_bytes(content[:8], "little")
    if size > MAX_HEADER_BYTES:
        msg = f"the header has {size} bytes"
        raise ValueError(msg)
    header: dict[str, Any] = json.loads(content[8 : 8 + size])
    arrays = {}
    for name in ("logits", "targets", "sizes") if "sizes" in header else ("logits", "targets"):
        start, end = header[name]["data_offsets"]
        raw = content[8 + size :][start:end]
        arrays[name] = _decode(np.frombuffer(raw, np.uint8), header[name])
    return arrays


def _decode(raw: np.ndarray, entry: dict[str, Any]) -> np.ndarray:
    import numpy as np

    if entry["dtype"] == "BF16":  # the upper half of a float32
        values = (raw.view("<u2").astype("<u4") << 16).view("<f4")
    else:
        values = raw.view(TYPES[entry["dtype"]])
    return np.asarray(values.reshape(entry["shape"]))


def _ranges(
    logits: np.ndarray, targets: np.ndarray, sizes: np.ndarray | None = None
) -> dict[str, tuple[float, float]]:
    """Return the least and the largest means over seeds of the metrics that lists show.

    Args:
        logits: Outputs of each seed.
        targets: Targets, or those of each seed.
        sizes: Number of examples of each seed, if they differ.
    """
    import numpy as np

    if sizes is not None:
        rows = zip(logits, targets, sizes.tolist(), strict=True)
        found = [_ranges(row[None, :size], own[None, :size]) for row, own, size in rows]
        ends = {name: np.array([of[name] for of in found]).mean(0) for name in found[0]}
        return {name: (float(low), float(high)) for name, (low, high) in ends.items()}
    # Whatever strangers stored is compared; what is not finite agrees with no claim.
    with np.errstate(all="ignore"):
        if logits.ndim != 2:
            return {"accuracy": _accuracy_range(logits.astype(np.float64), targets)}
        squares = np.square(logits.astype(np.float64) - targets).mean(-1)  # (R,)
        variance = np.broadcast_to(targets.astype(np.float64), logits.shape).var(-1)
        mse = float(squares.mean())
        r2 = float(np.where(variance > 0, 1 - squares / variance, 0.0).mean())
        return {"mse": (mse, mse), "r2": (r2, r2)}


def _accuracy_range(logits: np.ndarray, targets: np.ndarray) -> tuple[float, float]:
    """Return the accuracy if each example between two classes is wrong, and if it is right."""
    import numpy as np

    places = np.broadcast_to(targets, logits.shape[:2])[..., None]
    own = np.take_along_axis(logits, places, -1)[..., 0]
    np.put_along_axis(logits, places, -math.inf, -1)
    margin = own - logits.max(-1)
    slack = 1e-6 * np.maximum(1.0, np.abs(own))
    return float((margin > slack).mean()), float((margin >= -slack).mean())
