"""The state of a torch optimizer as tensors under plain names, and back, bit for bit.

L-BFGS keeps numbers and lists beside tensors; the end of a name tells what it was: ``:int``,
``:float``, or a position in a list, ``[3]``.
"""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import Tensor

LIST_ITEM = re.compile(r"(.+)\[(\d+)\]")


def pack(optimizer: torch.optim.Optimizer, prefix: str) -> dict[str, Tensor]:
    """Return an optimizer's state by ``<prefix><parameter>.<name>``."""
    packed: dict[str, Tensor] = {}
    for parameter, entries in optimizer.state_dict()["state"].items():
        for name, value in entries.items():
            packed |= _pack_value(f"{prefix}{parameter}.{name}", value)
    return packed


def _pack_value(name: str, value: Any) -> dict[str, Tensor]:
    match value:
        case None:
            return {}
        case Tensor():
            return {name: value}
        case int():
            return {f"{name}:int": torch.tensor(value, dtype=torch.int64)}
        case float():
            return {f"{name}:float": torch.tensor(value, dtype=torch.float64)}
        case list():
            # Unset items (L-BFGS preallocates them) stay out and come back as None.
            items = [(i, item) for i, item in enumerate(value) if item is not None]
            packed = {f"{name}:len": torch.tensor(len(value), dtype=torch.int64)}
            for i, item in items:
                packed |= _pack_value(f"{name}[{i}]", item)
            return packed
        case _:
            pass
    msg = f"cannot save {name}: {type(value).__name__}"
    raise TypeError(msg)


def unpack(optimizer: torch.optim.Optimizer, packed: dict[str, Tensor], prefix: str) -> None:
    """Restore what ``pack`` returned."""
    state: dict[int, dict[str, Any]] = {}
    for full_name in sorted(packed):
        if not full_name.startswith(prefix):
            continue
        parameter, name = full_name.removeprefix(prefix).split(".", 1)
        _unpack_value(state.setdefault(int(parameter), {}), name, packed[full_name])
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for index, entries in state.items():
        for name, value in entries.items():
            if isinstance(value, Tensor) and value.shape == parameters[index].shape:
                # In the parameter's order of the axes, which a file does not keep.
                entries[name] = torch.empty_like(parameters[index], dtype=value.dtype).copy_(value)
    whole = optimizer.state_dict()
    whole["state"] = state
    optimizer.load_state_dict(whole)


def _unpack_value(entries: dict[str, Any], name: str, value: Tensor) -> None:
    plain, _, kind = name.partition(":")
    item = LIST_ITEM.fullmatch(plain)
    match kind:
        case "len":
            existing = entries.setdefault(plain, [])
            existing.extend([None] * (int(value) - len(existing)))
        case _:
            restored = {"int": int, "float": float}.get(kind, lambda tensor: tensor)(value)
            if item is None:
                entries[plain] = restored
                return
            items, position = entries.setdefault(item[1], []), int(item[2])
            items.extend([None] * (position + 1 - len(items)))
            items[position] = restored
