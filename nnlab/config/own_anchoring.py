"""Names of own code in an experiment: replaced by names that carry their source."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.config.bundled import is_there
from nnlab.config.installed import installed, read_installed
from nnlab.config.messages import ConfigProblems, Problem
from nnlab.config.own import BASES, METRICS_KEY, OwnConfig, own_class, own_sections
from nnlab.config.own_code import MARK, OwnCodeError, OwnName, is_own, read_source
from nnlab.config.signature import PathOfText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.config.base import Config
    from nnlab.config.messages import KeyPath, Location
    from nnlab.config.yaml12 import Document


def anchor_own(document: Document, folder: Path) -> None:
    """Read the user's own code that an experiment names, without running it.

    Args:
        document: The experiment, whose names are replaced.
        folder: Folder that the code lies in, or below; the current one will do for arguments.

    Raises:
        ConfigProblems: If code is elsewhere or missing, or its signature is no schema.
    """
    problems = []
    for section, path, holder, key in list(_names(document)):
        name = holder[key]
        if isinstance(name, OwnName) or not isinstance(name, str):
            continue
        try:
            source = _folder_of(name, folder, document.values.get(path))
            own = _read(name, section, source, is_stored=document.is_stored)
            if own is None:
                continue
            component = own_class(own, section)
        except OwnCodeError as error:
            problems.append(Problem(path, str(error), document.values.get(path)))
            continue
        holder[key] = own
        if isinstance(holder, dict) and not document.is_stored:
            _anchor_paths(holder, component, source)
    if problems:
        raise ConfigProblems(problems)


@cache
def known_names(section: str) -> frozenset[str]:
    """Return the names of nnlab's own members of a section."""
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.unions import members_of, tags_of

    members = members_of(ExperimentConfig.model_fields[section].annotation)
    return frozenset(tag for member in members for tag in tags_of(member)[:1])


def _read(name: str, section: str, folder: Path, *, is_stored: bool) -> OwnName | None:
    """Return the name of a file's or an installed package's component; None for any other name."""
    if is_own(name):
        return read_source(name, folder, is_stored=is_stored)
    if name in known_names(section):
        return None
    entry = installed(section).get(name)
    return None if entry is None else read_installed(entry)


def _folder_of(name: str, folder: Path, location: Location | None) -> Path:
    """Return the folder of the experiment, or the current one if an argument names a file there."""
    is_argument = location is not None and location.source.is_argument
    here = Path(name.partition(MARK)[0] + ".py")
    return Path() if is_argument and is_there(here.is_file) else folder


def _names(document: Document) -> Iterator[tuple[str, KeyPath, Any, Any]]:
    """Yield each place of a name: its section, its path, and what holds it by which key."""
    for section in BASES:
        value = document.value.get(section)
        if isinstance(value, dict) and "name" in value:
            yield section, (section, "name"), value, "name"
    metrics = document.value.get(METRICS_KEY)
    for index, value in enumerate(metrics if isinstance(metrics, list) else ()):
        if isinstance(value, dict) and "name" in value:
            yield METRICS_KEY, (METRICS_KEY, index, "name"), value, "name"
        elif isinstance(value, str):
            yield METRICS_KEY, (METRICS_KEY, index), metrics, index


def _anchor_paths(value: dict[str, Any], component: type[Config], folder: Path) -> None:
    """Make the paths that are given to own code relative to the current folder."""
    for key, field in component.model_fields.items():
        given = value.get(key)
        is_path = field.annotation is Path or field.annotation == PathOfText
        if is_path and isinstance(given, str) and not Path(given).is_absolute():
            near = folder / given
            value[key] = str(near) if is_there(near.exists) else given


def mapping_of(config: Config, *, only_set: bool = False) -> dict[str, Any]:
    """Return a config as plain values that can be validated again, wherever its code lies.

    Args:
        config: The config.
        only_set: Whether to leave out defaults.
    """
    mapping = config.model_dump(mode="json", exclude_unset=only_set)
    for path, section in own_sections(config):
        place: Any = mapping
        for key in path:
            place = place[key]
        place["name"] = section.name
    if isinstance(config, OwnConfig):
        mapping["name"] = config.name
    return mapping
