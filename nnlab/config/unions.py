"""The sections that a key of an experiment file can stand for, and which of them is chosen."""

from __future__ import annotations

import typing
from typing import Any

from pydantic import BaseModel

from nnlab.config.own import BASES, METRICS_KEY, own_class
from nnlab.config.own_code import OwnName

if typing.TYPE_CHECKING:
    from nnlab.config.messages import KeyPath


def known_words(path: KeyPath, value: Any, root: type[BaseModel]) -> list[str]:
    """Return the keys, or the names of a union's members, that are valid at a path.

    Args:
        path: The path.
        value: The whole document.
        root: Its schema.
    """
    members: list[type[BaseModel]] = [root]
    for key in path:
        if isinstance(key, int) and isinstance(value, list) and members:
            value = value[key]
            continue
        chosen = _choose(members, value)
        if chosen is None or key not in chosen.model_fields:
            return []
        members = members_of(chosen.model_fields[str(key)].annotation)
        value = value.get(key) if isinstance(value, dict) else None
    chosen = _choose(members, value)
    if chosen is not None:
        return list(chosen.model_fields)
    tags = [tags_of(member) for member in _named(members, value)]
    depth = _depth(value)
    return list(dict.fromkeys(words[depth] for words in tags if len(words) > depth))


def members_of(annotation: Any) -> list[type[BaseModel]]:
    """Return the sections that an annotation allows."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [member for arg in typing.get_args(annotation) for member in members_of(arg)]


def _choose(members: list[type[BaseModel]], value: Any) -> type[BaseModel] | None:
    chosen = _named(members, value)
    if len(chosen) > 1 and isinstance(value, dict):
        chosen = [member for member in chosen if value.get("estimator") in tags_of(member)[1:]]
    return chosen[0] if len(chosen) == 1 else None


def _named(members: list[type[BaseModel]], value: Any) -> list[type[BaseModel]]:
    """Return the members of the name that a value has; all if there are none."""
    name = value.get("name") if isinstance(value, dict) else None
    if isinstance(name, OwnName) and members:
        return [own_class(name, _section_of(members[0]))]
    name = name if len(members) > 1 else None
    return [member for member in members if tags_of(member)[:1] == [name]] or members


def _section_of(member: type[BaseModel]) -> str:
    """Return the section that a member of a union stands in."""
    kinds = [key for key, base in BASES.items() if issubclass(member, base.__mro__[1])]
    return kinds[0] if kinds else METRICS_KEY


def _depth(value: Any) -> int:
    """Return 1 if a value has chosen scikit-learn, whose members differ by estimator; else 0."""
    return int(isinstance(value, dict) and value.get("name") == "sklearn")


def networks_of(annotation: Any) -> list[type[BaseModel]]:
    """Return members without the estimators, whose options are scikit-learn's own words."""
    return [member for member in members_of(annotation) if "estimator" not in member.model_fields]


def tags_of(member: type[BaseModel]) -> list[str]:
    """Return the name of a member of a union, and its estimator if it has one."""
    fields = member.model_fields
    return [str(fields[key].default) for key in ("name", "estimator") if key in fields]
