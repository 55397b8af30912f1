"""From a YAML file and ``key=value`` arguments to an ExperimentConfig, or to a list of errors."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from nnlab.config.anchoring import anchor_table
from nnlab.config.consistency import contradictions
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.files import name_of, read_text
from nnlab.config.hints import explain_key
from nnlab.config.idle import typed_idle_keys
from nnlab.config.messages import (
    ConfigProblems,
    KeyPath,
    Location,
    Problem,
    SourceText,
    discriminator_of,
    format_errors,
    odd_problems,
)
from nnlab.config.overrides import apply_overrides
from nnlab.config.own_anchoring import anchor_own
from nnlab.config.own_code import CODE_FOLDER
from nnlab.config.stored import keep_meaning
from nnlab.config.unions import known_words, members_of, networks_of, tags_of
from nnlab.config.yaml12 import MAX_DEPTH, Document, dump, parse
from nnlab.errors import ConfigError

if typing.TYPE_CHECKING:
    from pydantic_core import ErrorDetails


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
    document.value.setdefault("name", name_of(name))
    apply_overrides(overrides, document)
    return document


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
        if _take_as_text(error.errors(), document):
            return validate(document)
        raise ConfigProblems([*_problems(error.errors(), document), *_odd(document)]) from error
    problems = [
        # In ignore the key is invalid, an unknown code; everywhere else the value is.
        Problem(path, text, locate(path, document, prefer_key=path[0] == "ignore"))
        for path, text in (*contradictions(config), *typed_idle_keys(config, document))
    ]
    if problems:
        raise ConfigProblems(problems)
    return config


def _take_as_text(errors: list[ErrorDetails], document: Document) -> bool:
    """Replace numbers where text is wanted by how they were written; return whether there are any.

    A column or a file can be called 2, and in an argument also ~, true or [m].
    """
    wanted = {_path_of(error["loc"]) for error in errors if error["type"] == "string_type"}
    texts = {path: document.written(path) for path in wanted}
    for path, text in texts.items():
        if text is not None:
            document.replace(path, text)
    return any(text is not None for text in texts.values())


def _problems(errors: list[ErrorDetails], document: Document) -> Iterator[Problem]:
    placed = [
        (_path_of(_whole_list(error)), error)
        for error in errors
        if error["type"] != "default_factory_not_called"
    ]
    # If an item of a list is invalid, errors from the other types of the union do not help.
    above = {path[:length] for path, _ in placed for length in range(len(path))}
    deepest = [(path, error) for path, error in placed if path not in above]
    for path, group in groupby(deepest, key=lambda pair: pair[0]):
        same_place = [error for _, error in group]
        is_about_key = same_place[0]["type"] in {"extra_forbidden", "missing"}
        known = known_words(path[:-1] if is_about_key else path, document.value)
        is_about_name = same_place[0]["type"] == "union_tag_invalid"
        place = (*path, discriminator_of(same_place[0])) if is_about_name else path
        text = format_errors(same_place, known)
        if same_place[0]["type"] == "extra_forbidden":
            text = explain_key(str(path[-1]), known) or _elsewhere(path) or text
        yield Problem(path, text, locate(place, document, is_about_key))


def _odd(document: Document) -> Iterator[Problem]:
    for source in dict.fromkeys(place.source for place in document.values.values()):
        yield from odd_problems(source)


def _elsewhere(path: KeyPath) -> str | None:
    """Return the sections that have an unknown key, or None if none has."""
    key = str(path[-1])
    sections = [
        name
        for name, field in ExperimentConfig.model_fields.items()
        if name != path[0] and any(key in m.model_fields for m in networks_of(field.annotation))
    ]
    if not sections or key == "name":
        return None
    places = " or ".join(f"{section}.{key}" for section in sections)
    return f"unknown key here; did you mean {places}?"


def _whole_list(error: ErrorDetails) -> KeyPath:
    """Return the path of an error; a missing item counts as an error of its list."""
    is_missing_item = error["type"] == "missing" and isinstance(error["loc"][-1], int)
    return error["loc"][:-1] if is_missing_item else error["loc"]


def _path_of(loc: KeyPath) -> KeyPath:
    """Return pydantic's location without the names of union members."""
    members: list[type[BaseModel]] = [ExperimentConfig]
    path: list[str | int] = []
    has_any_keys = False
    for key in loc:
        if len(members) > 1:
            members = [member for member in members if key in tags_of(member)]
            if not members:  # own code has no name in the location
                path.append(key)
                has_any_keys = True
        elif members and isinstance(key, int):  # an item of a list of sections
            path.append(key)
        elif members:
            path.append(key)
            field = members[0].model_fields.get(str(key))
            members = members_of(field.annotation) if field else []
            has_any_keys = field is not None and typing.get_origin(field.annotation) is dict
        elif has_any_keys or isinstance(key, int):
            path.append(key)
        elif "dict[" in key:  # the member of a union that is a mapping
            has_any_keys = True
    return tuple(path)


def locate(path: KeyPath, document: Document, prefer_key: bool = False) -> Location | None:
    """Return the location of a key or its value, or else of the nearest section above it."""
    tables = (document.keys, document.values) if prefer_key else (document.values, document.keys)
    for length in range(len(path), -1, -1):
        for locations in tables:
            if path[:length] in locations:
                return locations[path[:length]]
    return None
