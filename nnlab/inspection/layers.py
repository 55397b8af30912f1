"""The layers of a model in the order in which an example passes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd
from torch.overrides import TorchFunctionMode

from nnlab.models.layers import Dropout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.data.types import DataSpec


class Layer(NamedTuple):
    """A call of a module, or of a function between modules.

    Attributes:
        name: Name of the module in the model; empty for a function.
        kind: Class of the module with its kernel or dropout rate, or name of the function.
        output_shape: Shape of its output for one example.
        num_parameters: Its parameters; 0 if it was called before.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    num_parameters: int


@torch.no_grad()
def layers_of(model: nn.Module, spec: DataSpec) -> list[Layer]:
    """Return the layers that do something, found by passing one example of zeros.

    A model without parameters has none.

    An activation stands where it acts, as often as it is called, whatever the modules are nested in.
    """
    parameter = next(model.parameters(), None)
    if parameter is None:
        return []
    example = torch.zeros(1, *spec.input_shape, dtype=parameter.dtype, device=parameter.device)
    was_training = model.training
    calls = _Calls(model)
    with calls:
        model.eval()(example)
    model.train(was_training)
    return calls.layers


class _Calls(TorchFunctionMode):
    """Records the calls of modules without children, and of functions outside of them."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.layers: list[Layer] = []
        self.is_inside = False
        self.seen: set[nn.Module] = set()
        self.handles = [
            handle
            for name, module in model.named_modules()
            if not any(module.children())
            for handle in self._watch(name, module)
        ]

    def _watch(self, name: str, module: nn.Module) -> Iterator[Any]:
        yield module.register_forward_pre_hook(self._enter)
        yield module.register_forward_hook(lambda *call: self._leave(name, module, call[2]))

    def __exit__(self, *error: object) -> None:
        for handle in self.handles:
            handle.remove()
        super().__exit__(*error)  # type: ignore[no-untyped-call] # torch gives it no types

    def _enter(self, *_: object) -> None:
        self.is_inside = True

    def _leave(self, name: str, module: nn.Module, outputs: Tensor) -> None:
        self.is_inside = False
        is_dropout = isinstance(module, Dropout | _DropoutNd)
        if isinstance(module, nn.Identity) or (is_dropout and not module.p):
            return
        parameters = [] if module in self.seen else list(module.parameters())
        self.seen.add(module)
        self.layers.append(
            Layer(
                name,
                _kind(module),
                tuple(outputs.shape[1:]),
                sum(parameter.numel() for parameter in parameters),
            )
        )

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        outputs = func(*args, **(kwargs or {}))
        name = func.__name__.strip("_")
        is_new = isinstance(outputs, Tensor) and not any(outputs is arg for arg in args)
        if is_new and not self.is_inside and name not in {"get", "set"}:
            self.layers.append(Layer("", name, tuple(outputs.shape[1:]), 0))
        return outputs


def _kind(module: nn.Module) -> str:
    name = type(module).__name__
    if (kernel := getattr(module, "kernel_size", None)) is not None:
        sizes = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        return f"{name} {' x '.join(map(str, sizes))}"
    return f"{name} {module.p:g}" if isinstance(module, Dropout | _DropoutNd) else name
