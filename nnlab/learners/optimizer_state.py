"""The state of a torch optimizer as tensors under plain names, and back, bit for bit.

Other values become tensors, with their type as a suffix of the name: ``:int``, ``:str``, ...
A container of n items is stored as ``:len`` (a list), ``:tuple`` or ``:dict`` with the number n,
and its items as ``name[0]`` to ``name[n - 1]``; a dict's items are its keys and values in turn.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SCALARS: dict[str, Callable[[Tensor], Any]] = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": lambda text: bytes(text.tolist()).decode(),
    "none": lambda _: None,
}
CONTAINERS: dict[str, Callable[[list[Any]], Any]] = {
    "len": list,
    "tuple": tuple,
    "dict": lambda items: dict(zip(items[::2], items[1::2], strict=True)),
}
ENTRY = re.compile(r"(\d+)\.([^.:\[\]]+)")


def pack(optimizer: torch.optim.Optimizer, prefix: str) -> dict[str, Tensor]:
    """Return an optimizer's state by ``<prefix><parameter>.<name>``.

    Raises:
        TypeError: If a value has a type that cannot be stored.
    """
    packed: dict[str, Tensor] = {}
    for parameter, entries in optimizer.state_dict()["state"].items():
        for name, value in entries.items():
            if not ENTRY.fullmatch(f"{parameter}.{name}"):
                msg = f"cannot save {prefix}{parameter}.{name}: its name is not a plain word"
                raise TypeError(msg)
            packed |= _pack_value(f"{prefix}{parameter}.{name}", value)
    return packed


def _pack_value(name: str, value: Any) -> dict[str, Tensor]:
    match value:
        case Tensor():
            return {name: value}
        case None:
            return {f"{name}:none": torch.zeros(0, dtype=torch.uint8)}
        case bool():
            return {f"{name}:bool": torch.tensor(value)}
        case int():
            return {f"{name}:int": torch.tensor(value, dtype=torch.int64)}
        case float():
            return {f"{name}:float": torch.tensor(value, dtype=torch.float64)}
        case str():
            return {f"{name}:str": torch.tensor(list(value.encode()), dtype=torch.uint8)}
        case list():
            return _pack_items(name, "len", value)
        case tuple():
            return _pack_items(name, "tuple", value)
        case dict():
            return _pack_items(name, "dict", list(itertools.chain.from_iterable(value.items())))
        case _:
            msg = f"cannot save {name}: {type(value).__name__}"
            raise TypeError(msg)


def _pack_items(name: str, kind: str, items: Sequence[Any]) -> dict[str, Tensor]:
    packed = {f"{name}:{kind}": torch.tensor(len(items), dtype=torch.int64)}
    for i, item in enumerate(items):
        # Unset items (L-BFGS preallocates them) stay out and come back as None.
        if item is not None:
            packed |= _pack_value(f"{name}[{i}]", item)
    return packed


def unpack(optimizer: torch.optim.Optimizer, packed: dict[str, Tensor], prefix: str) -> None:
    """Restore what ``pack`` returned.

    ``Optimizer.load_state_dict`` would cast every tensor to the type of its parameter, and corrupt
    text; it places tensors on the same devices as this function.
    """
    own = {name.removeprefix(prefix): t for name, t in packed.items() if name.startswith(prefix)}
    groups = [(p, group) for group in optimizer.param_groups for p in group["params"]]
    optimizer.state.clear()
    for index, name in sorted({_entry(full_name) for full_name in own}):
        parameter, group = groups[index]
        # The counter's device decides which kernels torch uses; see torch.optim.Optimizer.
        stays = name == "step" and not (group.get("capturable") or group.get("fused"))
        value = _unpack_value(f"{index}.{name}", own, parameter, stays=stays)
        optimizer.state[parameter][name] = value


def _entry(full_name: str) -> tuple[int, str]:
    entry = ENTRY.match(full_name)
    assert entry is not None, f"pack never returns a name like {full_name}"
    return int(entry[1]), entry[2]


def _unpack_value(name: str, packed: dict[str, Tensor], parameter: Tensor, *, stays: bool) -> Any:
    if name in packed:
        return packed[name].clone() if stays else _placed(packed[name], parameter)
    for kind, restore in SCALARS.items():
        if f"{name}:{kind}" in packed:
            return restore(packed[f"{name}:{kind}"])
    for kind, build in CONTAINERS.items():
        if f"{name}:{kind}" in packed:
            names = [f"{name}[{i}]" for i in range(int(packed[f"{name}:{kind}"]))]
            return build([_unpack_value(item, packed, parameter, stays=stays) for item in names])
    return None


def _placed(value: Tensor, parameter: Tensor) -> Tensor:
    """Return a copy on the parameter's device and in its memory format, which files do not keep."""
    if value.shape == parameter.shape:
        return torch.empty_like(parameter, dtype=value.dtype).copy_(value)
    return value.to(parameter.device, copy=True)
