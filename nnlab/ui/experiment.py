"""The experiment of the playground: a text from a browser, what it means, and what is wrong with it.

The text is a stranger's: it may name data below the start folder only, and no code.
"""

from __future__ import annotations

import shlex
import stat
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nnlab.config.anchoring import KEYS, anchor_table
from nnlab.config.bundled import bundled_configs
from nnlab.config.editing import remove_key, set_key
from nnlab.config.key_paths import path_of, written
from nnlab.config.load import config_from_mapping, load_config, parse_document, validate
from nnlab.config.messages import ConfigProblems, Problem, SourceText
from nnlab.config.overrides import typed_value
from nnlab.config.own_code import MARK
from nnlab.config.problems import locate
from nnlab.errors import ConfigError
from nnlab.formatting import flatten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.lint import LintFinding
    from nnlab.config.dataset_base import DatasetConfig
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.messages import KeyPath
    from nnlab.config.yaml12 import Document

NAME = "experiment"
PATH_KEYS = (*KEYS, "labels")
OUTSIDE = "the page reads data below the folder of the server alone; train others with: nnlab train"
DEVICE = "this is no plain file; the page reads plain files alone"
OWN_CODE = "the page runs no code of your own; train it with: nnlab train"
# A command with more settings than this is shorter as a file.
MAX_SETTINGS = 6


class Read(NamedTuple):
    """An experiment that is valid.

    Attributes:
        document: Its values and their places.
        config: The experiment.
    """

    document: Document
    config: ExperimentConfig


def edited(text: str, key: str, value: object) -> str:
    """Return an experiment with another value of a key, or without it.

    Args:
        text: The experiment.
        key: Dotted.
        value: The value; a text is taken as typed after ``key=``; None takes the key out.

    Raises:
        ConfigError: If the text is not valid YAML, or cannot be edited there.
    """
    path: KeyPath = tuple(int(part) if part.isdecimal() else part for part in path_of(key))
    new = typed_value(value, path_of(key)) if isinstance(value, str) else value
    return remove_key(text, path) if new is None else set_key(text, path, new)


def read(text: str) -> Read:
    """Return the experiment in a text.

    Raises:
        ConfigProblems: With every problem of the text.
    """
    document = parse_document(SourceText(NAME, text), NAME)
    if found := list(_forbidden(document)):
        raise ConfigProblems(found)
    anchor_table(document, Path())
    config = validate(document)
    if _leads_outside(config.dataset):
        raise ConfigProblems([_problem(("dataset", "path"), OUTSIDE, document)])
    if _is_device(config.dataset.data_path):
        raise ConfigProblems([_problem(("dataset", "path"), DEVICE, document)])
    return Read(document, config)


def _leads_outside(dataset: DatasetConfig) -> bool:
    """Return whether a file of the data is elsewhere, by a link below their folder."""
    from nnlab.data.own_files import are_below, are_there

    path = dataset.data_path
    is_there = path is not None and are_there(dataset, path)
    return is_there and not are_below(dataset, path or "", Path.cwd())


def _is_device(path: str | None) -> bool:
    """Return whether a path is neither a file nor a folder: reading a pipe could take for ever."""
    try:
        mode = Path(path or "").stat().st_mode
    except (OSError, ValueError):  # data that are not there are said when they are read
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _forbidden(document: Document) -> Iterator[Problem]:
    """Yield what a text from a browser must not name."""
    sections = {key: value for key, value in document.value.items() if isinstance(value, dict)}
    for key, section in sections.items():
        if MARK in str(section.get("name")):
            yield _problem((key, "name"), OWN_CODE, document)
    if document.value.get("metrics"):
        yield _problem(("metrics",), OWN_CODE, document)
    dataset = sections.get("dataset", {})
    for key in PATH_KEYS:
        if isinstance(dataset.get(key), str) and not _is_below(dataset[key]):
            yield _problem(("dataset", key), OUTSIDE, document)


def _problem(path: KeyPath, text: str, document: Document) -> Problem:
    return Problem(path, text, locate(path, document))


def _is_below(path: str) -> bool:
    """Return whether a path leads below the current folder, with every link on the way."""
    try:
        return Path(path).expanduser().resolve().is_relative_to(Path.cwd().resolve())
    except (OSError, ValueError, RuntimeError):
        return False


def errors_of(error: ConfigError) -> list[dict[str, Any]]:
    """Return what is wrong, each with its key and place; line and column count from 1."""
    if not isinstance(error, ConfigProblems):
        return [{"line": None, "column": None, "key": None, "text": str(error)}]
    return [
        {
            "line": problem.location and problem.location.line + 1,
            "column": problem.location and problem.location.column + 1,
            "key": written(problem.blamed or problem.path) or None,
            "text": problem.text,
        }
        for problem in error.problems
    ]


def values_of(text: str) -> dict[str, Any]:
    """Return the values of a text that is no valid experiment, by dotted key, as far as it is YAML."""
    try:
        return flatten(parse_document(SourceText(NAME, text), NAME).value)
    except ConfigError:
        return {}


def finding_of(finding: LintFinding) -> dict[str, Any]:
    """Return a finding with the edits that would mend it."""
    found = finding.to_json()
    return {**found, "severity": found["level"]}


def command_of(config: ExperimentConfig) -> str:
    """Return the command that trains an experiment: a bundled one with settings, or its file."""
    bundled = _bundled(config.name)
    settings = None if bundled is None else _settings(config, bundled)
    if settings is None:
        return shlex.join(["nnlab", "train", f"{config.name}.yaml"])
    return " ".join(["nnlab train", config.name, *settings])


@lru_cache(maxsize=10)
def _bundled(name: str) -> ExperimentConfig | None:
    """Return a bundled experiment, which does not change while the server runs."""
    path = bundled_configs().get(name)
    return None if path is None else load_config(path)


def _settings(config: ExperimentConfig, base: ExperimentConfig) -> list[str] | None:
    """Return what makes an experiment of another, as people type it; None if that is too much."""
    wanted, given = (flatten(c.model_dump(mode="json")) for c in (config, base))
    changed = [key for key, value in wanted.items() if key not in given or given[key] != value]
    if len(changed) > MAX_SETTINGS:
        return None
    settings = [f"{key}={_typed(wanted[key])}" for key in changed]
    try:
        made = config_from_mapping(base.model_dump(mode="json"), settings)
    except ConfigError:
        return None
    is_same = made.model_dump() == config.model_dump()
    return [shlex.quote(setting) for setting in settings] if is_same else None


def _typed(value: object) -> str:
    from nnlab.config.yaml12 import dump_inline

    return dump_inline(value)
