"""A device that says it is CUDA and computes on the CPU, for machines without one.

Tensors on it are as apart from the CPU's as they would be on a real device: no operation takes both,
none becomes a NumPy array. A CUDA graph is what it is there, too: a list of operations on fixed
memory, recorded without computing, in which nothing may ask for a value. What it cannot show is
what CUDA's own kernels do; tests with the marker ``cuda`` do that.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch._dynamo  # its annotations need the real Generator
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_flatten, tree_map

from nnlab.training.probe import Health, Probe

aten = torch.ops.aten
# Between devices; everything else takes tensors of one.
COPIES = {aten._to_copy.default, aten.copy_.default}
ASKS = {aten._local_scalar_dense.default, aten.nonzero.default, aten.equal.default}
# CUDA takes an index from the CPU.
UNKNOWN_HEALTH = Health(None, None, {})
CUDA = torch.device("cuda:0")
INDEXES = {aten.index.Tensor, aten.index_put_.default}


class PretendTensor(torch.Tensor):
    """A tensor that says it is on CUDA.

    Attributes:
        values: Where its values are: a tensor on the CPU.
    """

    @staticmethod
    def __new__(cls, values: torch.Tensor) -> PretendTensor:
        with _disable_current_modes():
            shape = torch.empty_strided(
                values.size(), values.stride(), dtype=values.dtype, device="meta"
            )
        return torch.Tensor._make_subclass(
            cls, shape, False, dispatch_device=True, device_for_backend_keys=CUDA
        )

    def __init__(self, values: torch.Tensor) -> None:
        self.values = values

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        if function is torch.ops.prim.device.default:
            return CUDA
        msg = f"{function} outside of the pretended device"
        raise AssertionError(msg)

    @property
    def device(self) -> torch.device:
        return CUDA

    def tolist(self) -> list:
        return self.cpu().tolist()


class Operation:
    """One operation of a graph, and the tensors that it gave when it was recorded."""

    def __init__(self, function, args: tuple, kwargs: dict, results: Any) -> None:
        self.function, self.args, self.kwargs, self.results = function, args, kwargs, results

    def repeat(self) -> None:
        new = self.function(*_values(self.args), **_values(self.kwargs))
        for kept, result in zip(_tensors(self.results), _tensors(new), strict=True):
            kept.values.copy_(result)


class PretendGraph:
    """Stands for ``torch.cuda.CUDAGraph``."""

    made = 0
    replayed = 0

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.before: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        PretendGraph.made += 1

    def replay(self) -> None:
        PretendGraph.replayed += 1
        with _disable_current_modes():
            for operation in self.operations:
                operation.repeat()

    def keep(self, function, args: tuple, kwargs: dict) -> None:
        """Keep what an operation is about to overwrite."""
        for argument, given in zip(function._schema.arguments, args, strict=False):
            self._keep(argument, given)
        for argument in function._schema.arguments:
            self._keep(argument, kwargs.get(argument.name))

    def _keep(self, argument: Any, given: object) -> None:
        if argument.alias_info is None or not argument.alias_info.is_write:
            return
        for tensor in _tensors(given):
            storage = tensor.values.untyped_storage()
            whole = torch.empty(0, dtype=torch.uint8).set_(storage)
            self.before.setdefault(storage.data_ptr(), (whole, whole.clone()))

    def forget(self) -> None:
        """Undo what was computed while recording: a graph computes nothing then."""
        for whole, copy in self.before.values():
            whole.copy_(copy)


class PretendDevice(TorchDispatchMode):
    """While it is entered, ``device="cuda"`` works."""

    _mode_key = torch._C._TorchDispatchModeKey.FAKE  # so that torch does not look for a driver

    def __init__(self) -> None:
        super().__init__()
        self.graph: PretendGraph | None = None
        self.may_wait = True

    def set_sync_debug_mode(self, mode: str) -> None:
        """Stands for ``torch.cuda.set_sync_debug_mode``."""
        self.may_wait = mode != "error"

    @contextlib.contextmanager
    def record(self, graph: PretendGraph) -> Iterator[None]:
        """Stands for ``torch.cuda.graph``."""
        self.graph = graph
        try:
            yield
        finally:
            self.graph = None
            with _disable_current_modes():
                graph.forget()

    def synchronize(self, device: object = None) -> None:
        """Stands for ``torch.cuda.synchronize``."""
        assert self.graph is None, "a graph cannot record waiting for the device"

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.prim.device.default:
            return CUDA
        kwargs = dict(kwargs or {})
        together = (args[0], *args[2:]) if function in INDEXES else args
        given = _tensors((together, kwargs))
        is_ours = [isinstance(tensor, PretendTensor) for tensor in given]
        device = kwargs.pop("device", None)
        if "device" in {argument.name for argument in function._schema.arguments}:
            kwargs["device"] = torch.device("cpu")
        self._check(function, given, is_ours, device)
        if self.graph is not None:
            self.graph.keep(function, args, kwargs)
        results = function(*_values(args), **_values(kwargs))
        if not (any(is_ours) if device is None else torch.device(device).type == "cuda"):
            return results
        wrapped = _wrapped(results, given)
        if self.graph is not None:
            self.graph.operations.append(Operation(function, args, kwargs, wrapped))
        return wrapped

    def _check(self, function, given: list, is_ours: list[bool], device: object) -> None:
        sizes = {tensor.ndim for tensor, ours in zip(given, is_ours, strict=True) if not ours}
        is_mixed = any(is_ours) and any(size > 0 for size in sizes)
        if is_mixed and function not in COPIES:
            msg = f"expected all tensors to be on the same device: {function}"
            raise RuntimeError(msg)
        leaves = device is not None and torch.device(device).type == "cpu" and any(is_ours)
        waits = function in ASKS or leaves or is_mixed
        if waits and any(is_ours) and (self.graph is not None or not self.may_wait):
            msg = f"{function} waits for the device"
            raise RuntimeError(msg)


def _tensors(tree: object) -> list:
    return [leaf for leaf in tree_flatten(tree)[0] if isinstance(leaf, torch.Tensor)]


def _values(tree: Any) -> Any:
    return tree_map(lambda leaf: leaf.values if isinstance(leaf, PretendTensor) else leaf, tree)


def _wrapped(results: Any, given: list) -> Any:
    """Return results on the device; those that are an argument's own values as that argument."""
    owners = {id(tensor.values): tensor for tensor in given if isinstance(tensor, PretendTensor)}

    def wrap(leaf: object) -> object:
        if not isinstance(leaf, torch.Tensor):
            return leaf
        return owners[id(leaf)] if id(leaf) in owners else PretendTensor(leaf)

    return tree_map(wrap, results)


@pytest.fixture
def pretend_cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine have a CUDA device."""
    device, generator = PretendDevice(), torch.Generator
    functions = {
        "is_available": lambda: True,
        "get_device_name": lambda device=None: "pretended",
        "mem_get_info": lambda device=None: (10**11, 10**11),
        "reset_peak_memory_stats": lambda device=None: None,
        "max_memory_allocated": lambda device=None: 10**6,
        "synchronize": device.synchronize,
        "set_sync_debug_mode": device.set_sync_debug_mode,
        "CUDAGraph": PretendGraph,
        "graph": device.record,
    }
    for name, function in functions.items():
        monkeypatch.setattr(torch.cuda, name, function)
    monkeypatch.setattr(torch, "Generator", lambda device=None: generator())
    # Inference tensors cannot be wrapped.
    monkeypatch.setattr(torch, "inference_mode", lambda mode=True: torch.no_grad())
    # Autograd would look for the device's threads.
    monkeypatch.setattr(Probe, "measure", lambda self, learner: UNKNOWN_HEALTH)
    monkeypatch.setattr(PretendGraph, "made", 0)
    monkeypatch.setattr(PretendGraph, "replayed", 0)
    torch._C._ensureCUDADeviceGuardSet()  # where there is no driver, one that does nothing
    torch._C._set_only_lift_cpu_tensors(True)  # torch.tensor(..., device=) by way of the CPU
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    with device:
        yield
    torch.__future__.set_overwrite_module_params_on_conversion(False)
    torch._C._set_only_lift_cpu_tensors(False)
