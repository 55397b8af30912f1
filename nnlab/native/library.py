"""The built library: which one this processor runs, and its functions."""

from __future__ import annotations

import ctypes
import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnlab.native.build import library_path

if TYPE_CHECKING:
    from pathlib import Path

Index = ctypes.c_int64
Flag = ctypes.c_int32
# By position in the enumerations of interface.h.
ACTIVATIONS = ("identity", "relu", "leaky_relu", "elu", "gelu", "tanh", "sigmoid", "softmax")
LOSSES = ("cross_entropy", "quadratic", "mse")
OPTIMIZERS = ("sgd", "adam", "adamw", "rmsprop", "adagrad")
# Each has the instructions of those before it; other processors than x86 have the first.
LEVELS = ("baseline", "avx2", "avx512")
LIMITS = {"default": 0, "avx2": 1}
PRODUCTS_PER_THREAD = 10_000_000


class Options(ctypes.Structure):
    """What each replica may have of its own; see interface.h."""

    _fields_ = tuple(
        (name, ctypes.c_double)
        for name in (
            *("dropout", "label_smoothing", "clip_norm"),
            *("weight_decay", "momentum", "beta1", "beta2", "eps"),
        )
    )


class Network(ctypes.Structure):
    """R dense networks and their optimizers; see interface.h."""

    _fields_ = (
        ("num_replicas", Index),
        ("num_layers", Index),
        ("widths", ctypes.c_void_p),
        *((name, Flag) for name in ("is_double", "activation", "output_activation", "loss")),
        *((name, Flag) for name in ("optimizer", "nesterov")),
        ("options", ctypes.POINTER(Options)),
        *((name, ctypes.c_void_p) for name in ("class_weight", "dropout_keys", "parameters")),
        *((name, ctypes.c_void_p) for name in ("first_moment", "second_moment")),
    )


class Steps(ctypes.Structure):
    """Steps to train; see interface.h."""

    _fields_ = (
        ("count", Index),
        ("done", Index),
        ("examples", ctypes.c_void_p),
        ("is_pixels", Flag),
        ("num_threads", Flag),
        ("targets", ctypes.c_void_p),
        ("has_classes", Flag),
        ("rows", ctypes.c_void_p),
        ("rows_per_replica", Index),
        *((name, ctypes.c_void_p) for name in ("starts", "sizes", "lrs", "losses")),
    )


class Batch(ctypes.Structure):
    """Inputs to evaluate; see interface.h."""

    _fields_ = (
        ("size", Index),
        ("inputs", ctypes.c_void_p),
        ("is_varied", Flag),
        ("num_threads", Flag),
        ("outputs", ctypes.c_void_p),
    )


@dataclass(frozen=True)
class Library:
    """The functions of a library.

    Attributes:
        instruction_set: What it was compiled for; bytes of results depend on it.
        path: Where it is.
    """

    instruction_set: str
    path: Path

    def train(self, network: Network, steps: Steps) -> None:
        """Take the steps; other Python threads run meanwhile.

        Raises:
            MemoryError: If there is not enough memory.
        """
        if _functions(self.path).nnlab_train(ctypes.byref(network), ctypes.byref(steps)):
            raise MemoryError

    def predict(self, network: Network, batch: Batch) -> None:
        """Compute outputs; see ``train``."""
        if _functions(self.path).nnlab_predict(ctypes.byref(network), ctypes.byref(batch)):
            raise MemoryError


@functools.cache
def find_library() -> Library | None:
    """Return the library for the best instruction set of this processor; None if none was built.

    ``ATEN_CPU_CAPABILITY`` limits it as it limits torch: ``default`` or ``avx2``.
    """
    if not library_path(LEVELS[0]).is_file():
        return None
    level = min(_processor_level(), LIMITS.get(os.environ.get("ATEN_CPU_CAPABILITY", ""), 2))
    paths = {name: library_path(name) for name in LEVELS[: level + 1]}
    found = [name for name, path in paths.items() if path.is_file()]
    return Library(found[-1], paths[found[-1]])


def threads_for(products: int, most: int) -> int:
    """Return how many threads are worth starting for multiplications that none of them waits for."""
    return min(1 + products // PRODUCTS_PER_THREAD, most)


def activation_of(name: str) -> int:
    """Return the number of an activation in interface.h; ``none`` is the identity."""
    return ACTIVATIONS.index("identity" if name == "none" else name)


def _processor_level() -> int:
    """Return the position in ``LEVELS`` of the best instruction set that this processor has."""
    level: int = _functions(library_path(LEVELS[0])).nnlab_instruction_level()
    return level


@functools.cache
def _functions(path: Path) -> ctypes.CDLL:
    return ctypes.CDLL(os.fspath(path))
