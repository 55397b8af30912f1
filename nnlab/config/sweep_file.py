"""From a sweep file, or an experiment and arguments, to a validated sweep, or to a list of errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nnlab.config.bundled import find_config, find_sweep, is_there
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.files import name_of, read_text
from nnlab.config.key_paths import path_of
from nnlab.config.load import anchor, is_sweep, parse_document, validate
from nnlab.config.messages import ConfigProblems, Location, Problem, SourceText
from nnlab.config.overrides import apply_overrides
from nnlab.config.own_anchoring import anchor_own, mapping_of
from nnlab.config.problems import locate, problems_of, take_as_text
from nnlab.config.space import Pick, distribution_of, settle
from nnlab.config.sweep import BAD_SPACE, SweepConfig
from nnlab.config.sweep_arguments import add_arguments, add_options
from nnlab.config.yaml12 import Document, copied, dump, parse
from nnlab.errors import ConfigError, KeyedError


@dataclass(frozen=True)
class SweepFile:
    """A sweep that has been read.

    Attributes:
        config: The sweep.
        base: Its experiment, for the seeds of the search.
        text: The sweep as written; as YAML if it came from arguments.
        document: The sweep, with the places of its keys.
        experiment: The base, as written, with the places of its keys.
        folder: Folder that the user's own code in the space lies in.
    """

    config: SweepConfig
    base: ExperimentConfig
    text: str
    document: Document
    experiment: Document
    folder: Path

    @property
    def metric(self) -> str:
        """What decides; by default what the base monitors."""
        return self.config.metric or self.base.train.monitor

    def trial(self, pick: Pick) -> tuple[dict[str, Any], Document]:
        """Return the overrides of a trial, and its experiment with the places of its keys.

        Args:
            pick: Returns the number of a range or the index of an option; see ``settle``.
        """
        document, overrides = self.experiment.copy(), {}
        keys = sorted(self.config.space, key=lambda key: len(path_of(key)))
        for key in keys:
            value, places = settle(self.config.space[key], pick, ("space", key))
            overrides[key] = value
            path = path_of(key)
            document.set(path, value)
            for at, (key_place, place) in places.items():
                if key_place in self.document.keys:
                    document.keys[*path, *at] = self.document.keys[key_place]
                if place in self.document.values:
                    document.values[*path, *at] = self.document.values[place]
        anchor_own(document, self.folder)
        return {key: overrides[key] for key in self.config.space}, document


def read_sweep(
    reference: str | Path | Mapping[str, Any],
    arguments: Sequence[str] = (),
    options: Mapping[str, object] | None = None,
) -> SweepFile:
    """Read a sweep.

    Args:
        reference: A sweep file, an experiment file, the name of a bundled one of either, or the
            content of a sweep.
        arguments: ``key.path=value``: distributions for the space, or settings of the base.
        options: Values for keys of the sweep; None for those that were not given.

    Raises:
        ConfigError: If a file cannot be read.
        ConfigProblems: With every problem, each with its location.
    """
    document, text, path = _read(reference)
    folder = path.parent
    others = add_arguments(arguments, document)
    add_options(options or {}, document)
    config = _validate(document)
    experiment = _experiment(config, document, path, others)
    _set_seeds(experiment, config.seeds, others)
    base = validate(experiment)
    # What is written again is what was set: defaults follow from the overrides of a trial.
    experiment.value = mapping_of(base, only_set=True)
    return SweepFile(config, base, text or dump(document.value), document, experiment, folder)


def is_sweep_file(path: Path) -> bool:
    """Return whether a file holds a sweep, and not an experiment.

    Raises:
        ConfigError: If it cannot be read.
    """
    return is_sweep(parse(text := read_text(path), SourceText(str(path), text)).value)


def _read(reference: str | Path | Mapping[str, Any]) -> tuple[Document, str, Path]:
    """Return a sweep, its text if it has one, and the file that its paths are relative to."""
    here = Path("sweep.yaml")
    if isinstance(reference, Mapping):
        return Document(copied(dict(reference))), "", here
    path = find_sweep(str(reference))
    source = SourceText(str(path), read_text(path))
    document = parse(source.text, source)
    if is_sweep(document.value):
        return document, source.text, path
    return Document({"base": str(reference)}), "", here


def _validate(document: Document) -> SweepConfig:
    if not document.value.get("space"):
        text = "there is nothing to try; say what, such as optimizer.lr=log(1e-4,1e-1)"
        raise ConfigProblems([Problem(("space",), text, locate(("space",), document))])
    problems = list(_space_problems(document))
    try:
        config = SweepConfig.model_validate(document.value)
    except ValidationError as error:
        found = [e for e in error.errors() if e["type"] != BAD_SPACE]
        if take_as_text(found, document, SweepConfig):
            return _validate(document)
        problems += problems_of(found, document, SweepConfig)
        raise ConfigProblems(problems) from error
    return config


def _space_problems(document: Document) -> list[Problem]:
    """Return what is wrong with the distributions of a space."""
    space, problems = document.value.get("space"), []
    for key, value in space.items() if isinstance(space, dict) else ():
        try:
            distribution_of(value)
        except KeyedError as error:
            place = locate(("space", key, *error.path), document)
            problems.append(Problem(("space", key), error.text, place))
    return problems


def _experiment(
    config: SweepConfig, document: Document, file: Path, arguments: Sequence[str]
) -> Document:
    """Return the base of a sweep in a file, with the arguments that change it."""
    if isinstance(config.base, str):
        path = _find_base(config.base, document, file.parent)
        experiment = parse_document(SourceText(str(path), read_text(path)), path.stem, arguments)
        anchor(experiment, path.parent)
        return experiment
    experiment = document.part(("base",))
    experiment.value.setdefault("name", name_of(file.stem))
    apply_overrides(arguments, experiment)
    anchor(experiment, file.parent)
    return experiment


def _find_base(reference: str, document: Document, folder: Path) -> Path:
    near, place = folder / reference, locate(("base",), document)
    try:
        path = near if is_there(near.is_file) else find_config(reference)
    except ConfigError as error:
        raise ConfigProblems([Problem(("base",), str(error), place)]) from error
    if is_sweep_file(path):
        text = f"{path} is a sweep itself; give an experiment"
        raise ConfigProblems([Problem(("base",), text, place)])
    return path


def _set_seeds(experiment: Document, seeds: int, arguments: Sequence[str]) -> None:
    """Give the base the seeds of the search."""
    for argument in arguments:
        if path_of(argument.partition("=")[0]) == ("train", "seeds"):
            source = SourceText(argument, argument, is_argument=True)
            text = "every trial has the same number of seeds; use --seeds"
            raise ConfigProblems([Problem(("train", "seeds"), text, Location(source, 0, 0))])
    train = experiment.value.setdefault("train", {})
    if isinstance(train, dict):
        train["seeds"] = seeds
        experiment.forget(("train", "seeds"))
