"""What the server and its training process say to each other: a JSON object a line.

The server sends ``{"do": "train", "yaml": TEXT}``, ``{"do": "resume", "run": ID}`` and
``{"do": "step", "run": ID}``; a pause is SIGINT, and the end of the input is the end of the server.
``{"do": "compare", ...}`` compares, and ``{"do": "stop"}`` stops that, between two runs as well. The
process sends ``ready``, ``started``, ``records``, ``frame`` and ``ended``, and of a comparison
``reused``, ``judged`` and ``stored``, each with what its key ``event`` implies.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np


def start(module: str, *folders: Path) -> subprocess.Popen[bytes]:
    """Start a process that is spoken to, ``python -m MODULE FOLDER...``; Ctrl-C does not reach it."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *(str(folder.absolute()) for folder in folders)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def encode(message: Mapping[str, Any]) -> bytes:
    """Return a message as a line."""
    return json.dumps(message, allow_nan=False).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any] | None:
    """Return the message of a line; None for a line that is none."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", message) if isinstance(message, dict) else None


def pack(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return arrays as JSON."""
    return {
        name: {
            "dtype": str(array.dtype),
            "shape": array.shape,
            "data": base64.b64encode(array.tobytes()).decode(),
        }
        for name, array in arrays.items()
    }


def unpack(packed: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return the arrays of ``pack``; they cannot be written to."""
    import numpy as np

    return {
        name: np.frombuffer(base64.b64decode(item["data"]), item["dtype"]).reshape(item["shape"])
        for name, item in packed.items()
    }
