"""Which arrays are inputs, targets and names, by what they are called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from nnlab.errors import DataError
from nnlab.formatting import did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnlab.config.npz import NPZConfig

Role = Literal["inputs", "targets"]
Part = Literal["train", "val", "test"]
ROLES: dict[str, Role] = {
    **dict.fromkeys(("inputs", "input", "x", "images", "image", "imgs", "img"), "inputs"),
    **dict.fromkeys(("data", "features", "pictures", "samples", "examples"), "inputs"),
    **dict.fromkeys(("targets", "target", "y", "labels", "label", "classes", "class"), "targets"),
}
PARTS: dict[str, Part] = {
    **dict.fromkeys(("train", "training", "tr"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "te"), "test"),
}
PART_NAMES: tuple[Part, ...] = ("train", "val", "test")
JOINED = re.compile(rf"({'|'.join(PARTS)})?({'|'.join(ROLES)})({'|'.join(PARTS)})?")
# np.savez calls arrays without names so.
UNNAMED = ("arr_0", "arr_1")
CLASS_NAMES = ("class_names", "label_names", "target_names")
FEATURE_NAMES = ("feature_names", "column_names", "columns")
MAX_SHOWN = 12


class Chosen(NamedTuple):
    """The names of the arrays that are used.

    Attributes:
        parts: Inputs and targets of each part; there is always one for training.
        class_names: Array of the names of the classes, if there is one.
        feature_names: Array of the names of the features, if there is one.
    """

    parts: Mapping[Part, tuple[str, str]]
    class_names: str | None
    feature_names: str | None

    @property
    def all(self) -> set[str]:
        """Every name."""
        others = {self.class_names, self.feature_names} - {None}
        return {name for pair in self.parts.values() for name in pair} | {n for n in others if n}


class _Name(NamedTuple):
    set_name: str
    role: Role
    part: Part


def choose(config: NPZConfig, names: Sequence[str], given: str | None = None) -> Chosen:
    """Return which arrays are used.

    Args:
        config: The names that the experiment gives, or ``auto``.
        names: All names.
        given: Name of the inputs if the path is their file.

    Raises:
        DataError: If the arrays cannot be told, or one of them is missing.
    """
    parsed = {name: parsed for name in names if (parsed := parse(name)) is not None}
    of_given = parsed.get(given or "")
    if of_given is not None:
        parsed = {n: p for n, p in parsed.items() if p.set_name == of_given.set_name}
    train = _pair(config, names, parsed, "train", given)
    assert train is not None, "training arrays are there, or an error was raised"
    parts: dict[Part, tuple[str, str]] = {"train": train}
    for part in ("val", "test"):
        pair = _pair(config, names, parsed, part, None)
        if pair is not None:
            parts[part] = pair
    lower = {name.casefold(): name for name in names}
    found = (
        next((lower[n] for n in of if n in lower), None) for of in (CLASS_NAMES, FEATURE_NAMES)
    )
    return Chosen(parts, *found)


def parse(name: str) -> _Name | None:
    """Return what the name of an array says; None if nothing."""
    if name.casefold() in {*CLASS_NAMES, *FEATURE_NAMES}:
        return None
    role: Role | None = None
    part: Part = "train"
    rest = []
    for word in re.split(r"[\W_]+", name.casefold()):
        joined = JOINED.fullmatch(word)
        if word in PARTS:
            part = PARTS[word]
        elif joined and role is None:
            role = ROLES[joined[2]]
            part = PARTS[joined[1] or joined[3]] if joined[1] or joined[3] else part
        elif word:
            rest.append(word)
    return None if role is None else _Name("-".join(rest), role, part)


def _pair(
    config: NPZConfig,
    names: Sequence[str],
    parsed: Mapping[str, _Name],
    part: Part,
    given: str | None,
) -> tuple[str, str] | None:
    """Return the inputs and the targets of a part; None if it has none."""
    prefix = "test_" if part == "test" else ""
    keys = [f"{prefix}inputs", f"{prefix}targets"] if part != "val" else []
    wanted = [getattr(config, key) for key in keys] or ["auto", "auto"]
    if given is not None and wanted[0] == "auto":
        wanted[0] = given
    pair = [
        _named(config, key, name, names) if name != "auto" else _found(config, parsed, role, part)
        for key, name, role in zip(keys or ["", ""], wanted, ("inputs", "targets"), strict=True)
    ]
    if part == "train" and pair == [None, None] and set(names) == set(UNNAMED):
        return UNNAMED
    if pair == [None, None] and part != "train":
        return None
    if None in pair:
        raise DataError(_missing(config, names, part, "targets" if pair[0] else "inputs"))
    return str(pair[0]), str(pair[1])


def _named(config: NPZConfig, key: str, name: str, names: Sequence[str]) -> str:
    """Return a name that the experiment gives, if there is such an array."""
    if name in names:
        return name
    hint = did_you_mean(name, names)
    msg = (
        f"{config.path} has no array '{name}' (dataset.{key}){hint}; its arrays: "
        f"{shorten(list(names), MAX_SHOWN)}"
    )
    raise DataError(msg)


def _found(config: NPZConfig, parsed: Mapping[str, _Name], role: str, part: Part) -> str | None:
    """Return the only array of a role and a part, or None."""
    found = [name for name, parts in parsed.items() if parts[1:] == (role, part)]
    plain = [name for name in found if not parsed[name].set_name]
    chosen = plain if len(plain) == 1 else found
    if len(chosen) > 1:
        key = f"test_{role}" if part == "test" else role
        msg = (
            f"{config.path} has {len(chosen)} arrays that may be the {part} {role}: "
            f"{shorten(chosen, MAX_SHOWN)}\nchoose one: dataset.{key}={chosen[0]}"
        )
        raise DataError(msg)
    return chosen[0] if chosen else None


def _missing(config: NPZConfig, names: Sequence[str], part: Part, role: str) -> str:
    key = f"test_{role}" if part == "test" else role
    usual = {"inputs": "inputs, X, images, x_train", "targets": "targets, y, labels, y_train"}[role]
    choose_one = f"\nsay which one holds them: dataset.{key}=NAME" if part != "val" else ""
    return (
        f"{config.path}: no array is called as {part} {role} are ({usual} and the like); its "
        f"arrays: {shorten(list(names), MAX_SHOWN)}{choose_one}"
    )
