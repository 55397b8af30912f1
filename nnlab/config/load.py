"""From a YAML file and ``key=value`` arguments to an ExperimentConfig, or to a list of errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nnlab.config.anchoring import anchor_table
from nnlab.config.base import Contradiction
from nnlab.config.consistency import contradictions
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.files import name_of, read_text
from nnlab.config.fold_rules import unfinished_folds
from nnlab.config.idle import typed_idle_keys
from nnlab.config.messages import ConfigProblems, Location, Problem, SourceText
from nnlab.config.overrides import apply_overrides
from nnlab.config.own_anchoring import anchor_own, mapping_of
from nnlab.config.own_code import CODE_FOLDER
from nnlab.config.problems import locate, problems_of, take_as_text
from nnlab.config.stored import keep_meaning
from nnlab.config.yaml12 import MAX_DEPTH, Document, dump, parse
from nnlab.errors import ConfigError

# Keys that a sweep has and an experiment has not.
SWEEP_KEYS = {"base", "space"}


def load_config(
    path: str | Path, overrides: Sequence[str] = (), *, is_stored: bool = False
) -> ExperimentConfig:
    """Read an experiment file.

    Args:
        path: The YAML file.
        overrides: ``key.path=value`` arguments; they override the file.
        is_stored: Whether a run stored it: its paths do not lead into the folder of the run.

    Raises:
        ConfigError: If the file cannot be read.
        ConfigProblems: With every problem of the file and the arguments, each with its location.
    """
    return validate(read_document(path, overrides, is_stored=is_stored))


def read_document(
    path: str | Path, overrides: Sequence[str] = (), *, is_stored: bool = False
) -> Document:
    """Read an experiment file without validating it; see ``load_config``."""
    path = Path(path)
    source = SourceText(str(path), read_text(path))
    document = parse_document(source, path.stem, overrides)
    if is_stored:
        document.is_stored = True
        keep_meaning(document)
        anchor_own(document, path.parent / CODE_FOLDER)
    else:
        anchor(document, path.parent)
    return document


def anchor(document: Document, folder: Path) -> None:
    """Find the user's own data and code beside an experiment file; see ``read_document``."""
    anchor_table(document, folder)
    anchor_own(document, folder)


def parse_document(source: SourceText, name: str, overrides: Sequence[str] = ()) -> Document:
    """Parse the text of an experiment into a value and its locations.

    Args:
        source: The text and where it comes from.
        name: Name of the experiment if the text gives none.
        overrides: ``key.path=value`` arguments; they override the text.
    """
    document = parse(source.text, source)
    if document.value is None:
        if not overrides:
            msg = "the file is empty; copy an experiment with: nnlab config init"
            raise ConfigProblems([Problem((), msg, Location(source, 0, 0))])
        document.value = {}
    if not isinstance(document.value, dict):
        msg = "an experiment must be a mapping with the keys dataset, model, optimizer, ..."
        raise ConfigProblems([Problem((), msg, Location(source, 0, 0))])
    if is_sweep(document.value):
        msg = f"{source.name} is a sweep, not an experiment: nnlab sweep {source.name}"
        raise ConfigProblems([Problem((), msg, Location(source, 0, 0))])
    document.value.setdefault("name", name_of(name))
    apply_overrides(overrides, document)
    return document


def is_sweep(value: object) -> bool:
    """Return whether the content of a file is a sweep, and not an experiment."""
    return isinstance(value, dict) and bool(value.keys() & SWEEP_KEYS)


def config_from_mapping(
    value: Mapping[str, Any], overrides: Sequence[str] = ()
) -> ExperimentConfig:
    """Validate an experiment given as a mapping; see ``load_config``."""
    return validate(document_from_mapping(value, overrides))


def document_from_mapping(value: Mapping[str, Any], overrides: Sequence[str] = ()) -> Document:
    """Return an experiment given as a mapping, unchecked; see ``read_document``."""
    document = Document(_plain(value))
    apply_overrides(overrides, document)
    anchor_own(document, Path())
    return document


def _plain(value: Any, depth: int = 0) -> Any:
    """Return a copy whose mappings are mutable dicts."""
    if depth > MAX_DEPTH:
        msg = f"an experiment must not be nested deeper than {MAX_DEPTH} levels"
        raise ConfigError(msg)
    if isinstance(value, Mapping):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    return value


def dump_config(config: ExperimentConfig) -> str:
    """Return a config as YAML with every default written out."""
    value = _name_first(config.model_dump(mode="json"))
    return dump(value)


def as_written(config: ExperimentConfig) -> str:
    """Return a config as YAML without the defaults that nobody chose."""
    return dump(_name_first(mapping_of(config, only_set=True)))


def _name_first(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    keys = sorted(value, key=lambda key: key != "name")
    return {key: _name_first(value[key]) for key in keys}


def validate(document: Document) -> ExperimentConfig:
    """Return the validated experiment of a document.

    Raises:
        ConfigProblems: With every problem of the document.
    """
    try:
        config = ExperimentConfig.model_validate(document.value)
    except ValidationError as error:
        if take_as_text(error.errors(), document, ExperimentConfig):
            return validate(document)
        problems = problems_of(error.errors(), document, ExperimentConfig)
        raise ConfigProblems(problems) from error
    found = [
        # In ignore the key is invalid, an unknown code; everywhere else the value is.
        Problem(path, text, locate(path, document, prefer_key=path[0] == "ignore"))
        for path, text in _contradictions(config, document)
    ]
    if found:
        raise ConfigProblems(found)
    return config


def _contradictions(config: ExperimentConfig, document: Document) -> Iterator[Contradiction]:
    yield from contradictions(config)
    yield from typed_idle_keys(config, document)
    if not document.is_stored:  # a search confirms on seeds that it draws
        yield from unfinished_folds(config)
