"""Device, determinism, threads and seeds: the process state that training changes.

Several threads of a program may train at the same time: what belongs to the process is set by the
first of them and restored by the last.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import torch

from nnlab.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


def choose_device(name: str) -> torch.device:
    """Return the device of that name; ``auto`` is CUDA if present, else the CPU.

    Raises:
        DeviceError: If CUDA is requested and absent.
    """
    has_cuda = torch.cuda.is_available()
    if name == "cuda" and not has_cuda:
        msg = "there is no CUDA device here; use train.device=cpu or train.device=auto"
        raise DeviceError(msg)
    return torch.device("cuda" if name == "cuda" or (name == "auto" and has_cuda) else "cpu")


class Shared:
    """A context that threads enter together: the first one enters it, the last one leaves it.

    Args:
        context: The context; it can be entered again after it was left.
    """

    def __init__(self, context: Callable[[], AbstractContextManager[None]]) -> None:
        self.context = context
        self._lock = threading.Lock()
        self._inside = 0
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._stack.enter_context(self.context())
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._stack.close()


@contextlib.contextmanager
def deterministic() -> Iterator[None]:
    """Use only deterministic algorithms, and treat denormal numbers as zero.

    Convolutions in float32 stay in float32; cuDNN would round to TF32, 10 bits of the fraction.

    Optimizer moments of inputs that are mostly zero decay to denormal numbers, and computing with
    these is a hundred times slower. Threads inherit the setting from the thread that starts them, so
    enter this before the first computation. On exit, earlier settings are restored.
    """
    flushed_before = sys.float_info.min / 2 == 0.0
    with _deterministic_process:
        torch.set_flush_denormal(True)
        try:
            yield
        finally:
            torch.set_flush_denormal(flushed_before)


@contextlib.contextmanager
def _deterministic_algorithms() -> Iterator[None]:
    # cuBLAS reads this once, when CUDA starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    mode_before = torch.get_deterministic_debug_mode()
    fill: Any = torch.utils.deterministic
    fill_before = fill.fill_uninitialized_memory
    # use_deterministic_algorithms does the same, and imports the compiler: more than a second.
    torch.set_deterministic_debug_mode("error")
    fill.fill_uninitialized_memory = False
    cudnn: Any = torch.backends.cudnn
    precision_before = cudnn.conv.fp32_precision
    cudnn.conv.fp32_precision = "ieee"
    try:
        yield
    finally:
        cudnn.conv.fp32_precision = precision_before
        torch.set_deterministic_debug_mode(mode_before)
        fill.fill_uninitialized_memory = fill_before


_deterministic_process = Shared(_deterministic_algorithms)


class _ThreadLimits(threading.local):
    """The limits that this thread is inside of."""

    def __init__(self) -> None:
        self.depth = 0


_limits = _ThreadLimits()
_limits_lock = threading.Lock()
# What torch.get_num_threads() was when each limit was set, of all threads.
_unlimited: list[int] = []


def num_threads() -> int:
    """Return the number of threads that torch uses here, or would without the limits of others.

    A Python thread that has not used torch yet starts with the number another one has set last.
    """
    if _unlimited and not _limits.depth:
        return _unlimited[0]
    return torch.get_num_threads()


@contextlib.contextmanager
def threads(number: int) -> Iterator[None]:
    """Limit torch to ``number`` threads inside the block."""
    with _limits_lock:
        before = num_threads()
        _unlimited.append(before)
        _limits.depth += 1
        torch.set_num_threads(number)
    try:
        yield
    finally:
        with _limits_lock:
            torch.set_num_threads(before)
            _limits.depth -= 1
            _unlimited.remove(before)


_share: ContextVar[int | None] = ContextVar("share", default=None)


@contextlib.contextmanager
def sharing(number: int | None) -> Iterator[None]:
    """Let an engine whose results do not depend on threads use ``number`` of them inside the block.

    Processes that train beside each other share the processors this way, while the number of torch's
    threads, on which bytes depend, stays what it was planned to be.

    Args:
        number: The number; None for as many as torch has.
    """
    token = _share.set(number)
    try:
        yield
    finally:
        _share.reset(token)


def num_free_threads() -> int:
    """Return the number of threads for an engine whose results do not depend on them."""
    return _share.get() or num_threads()


def num_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def keep_freed_memory() -> None:
    """Let the allocator keep what tensors free, where the C library is glibc.

    By default glibc returns large blocks to the system. Autograd allocates activations at every step,
    and the system clears these pages every time: up to a quarter of the time of a small CNN.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        mmap_threshold, trim_threshold = -3, -1  # malloc.h
        libc.mallopt(mmap_threshold, 32 << 20)  # the largest that glibc accepts
        libc.mallopt(trim_threshold, 2**31 - 1)


_generator_lock = threading.RLock()


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed torch's global CPU generator inside the block; initial weights are drawn from it."""
    with _generator_lock, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
