"""The outputs of a stored run's dense networks by NumPy and the native library, without torch."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from nnlab.assembly.shapes import widths_of
from nnlab.native.library import Batch, Network, activation_of, threads_for
from nnlab.runs.inputs import dtype_of

if TYPE_CHECKING:
    from nnlab.native.library import Library
    from nnlab.runs.networks import Networks


class DenseOutputs:
    """The dense networks of a run.

    Args:
        run: The run; its model is dense.
        library: The native library.
        which: ``last`` or ``best`` weights; default: those the experiment selects.

    Raises:
        RunError: If the run has no usable weights.
    """

    def __init__(self, run: Networks, library: Library, which: str | None = None) -> None:
        model, self._library, self._dtype = run.config.model, library, dtype_of(run)
        self._widths = np.array(widths_of(model, run.spec), dtype=np.int64)
        weights = run.weight_arrays(which)
        parts = [
            part.ravel()
            for name in model.layer_names
            for part in (weights[f"{name}.weight"].swapaxes(1, 2), weights[f"{name}.bias"])
        ]
        self._parameters = np.concatenate(parts, dtype=self._dtype, casting="same_kind")
        self._network = Network(
            num_replicas=run.config.train.seeds,
            num_layers=len(model.layer_names),
            widths=self._widths.ctypes.data,
            is_double=self._dtype == np.float64,
            activation=activation_of(model.hidden_activation or "identity"),
            output_activation=activation_of(model.output_squashing),
            parameters=self._parameters.ctypes.data,
        )

    def __call__(self, inputs: np.ndarray, *, is_varied: bool = False) -> np.ndarray:
        """Return the outputs ``(R, N, C)``; see ``Outputs``."""
        size = inputs.shape[1 if is_varied else 0]
        flat = np.ascontiguousarray(inputs, dtype=self._dtype)
        outputs = np.empty((self._network.num_replicas, size, self._widths[-1]), self._dtype)
        batch = Batch(
            size=size,
            inputs=flat.ctypes.data,
            is_varied=is_varied,
            num_threads=threads_for(size * self._parameters.size, _num_cores()),
            outputs=outputs.ctypes.data,
        )
        self._library.predict(self._network, batch)
        return outputs


def _num_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
