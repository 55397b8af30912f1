"""Names of own code in an experiment: replaced by names that carry their source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.config.bundled import is_there
from nnlab.config.messages import ConfigProblems, Problem
from nnlab.config.own import BASES, own_class
from nnlab.config.own_code import OwnCodeError, OwnName, is_own, read_source
from nnlab.config.signature import PathOfText

if TYPE_CHECKING:
    from nnlab.config.base import Config
    from nnlab.config.messages import KeyPath
    from nnlab.config.yaml12 import Document


def anchor_own(document: Document, folder: Path) -> None:
    """Read the user's own code that an experiment names, without running it.

    Args:
        document: The experiment, whose names are replaced.
        folder: Folder that the code lies in, or below.

    Raises:
        ConfigProblems: If code is elsewhere or missing, or its signature is no schema.
    """
    problems = []
    for section in BASES:
        value = document.value.get(section)
        name = value.get("name") if isinstance(value, dict) else None
        if isinstance(name, OwnName) or not is_own(name):
            continue
        try:
            own = read_source(str(name), folder, is_stored=document.is_stored)
            component = own_class(own, section)
        except OwnCodeError as error:
            path: KeyPath = (section, "name")
            problems.append(Problem(path, str(error), document.values.get(path)))
            continue
        value["name"] = own
        if not document.is_stored:
            _anchor_paths(value, component, folder)
    if problems:
        raise ConfigProblems(problems)


def _anchor_paths(value: dict[str, Any], component: type[Config], folder: Path) -> None:
    """Make the paths that are given to own code relative to the current folder."""
    for key, field in component.model_fields.items():
        given = value.get(key)
        is_path = field.annotation is Path or field.annotation == PathOfText
        if is_path and isinstance(given, str) and not Path(given).is_absolute():
            near = folder / given
            value[key] = str(near) if is_there(near.exists) else given


def mapping_of(config: Config) -> dict[str, Any]:
    """Return a config as plain values that can be validated again, wherever its code lies."""
    mapping = config.model_dump(mode="json")
    for key in BASES:
        name = getattr(getattr(config, key, None), "name", None)
        if isinstance(name, OwnName):
            mapping[key]["name"] = name
    if isinstance(own := getattr(config, "name", None), OwnName):
        mapping["name"] = own
    return mapping
