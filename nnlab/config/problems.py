"""From what pydantic finds in a document to problems with their places."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from itertools import groupby

from pydantic import BaseModel

from nnlab.config.hints import explain_key
from nnlab.config.messages import (
    KeyPath,
    Location,
    Problem,
    discriminator_of,
    format_errors,
    odd_problems,
)
from nnlab.config.unions import known_words, members_of, networks_of, tags_of

if typing.TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from nnlab.config.yaml12 import Document


def take_as_text(errors: list[ErrorDetails], document: Document, root: type[BaseModel]) -> bool:
    """Replace numbers where text is wanted by how they were written; return whether there are any.

    A column or a file can be called 2, and in an argument also ~, true or [m].
    """
    wanted = {_path_of(error["loc"], root) for error in errors if _is_text_wanted(error)}
    texts = {path: document.written(path) for path in wanted}
    for path, text in texts.items():
        if text is not None:
            document.replace(path, text)
    return any(text is not None for text in texts.values())


def _is_text_wanted(error: ErrorDetails) -> bool:
    """Return whether a value should be text; a key that should be is as it was given."""
    return error["type"] == "string_type" and error["loc"][-1] != "[key]"


def problems_of(
    errors: list[ErrorDetails], document: Document, root: type[BaseModel]
) -> list[Problem]:
    """Return a problem for each place of a document that is not what its schema asks for.

    Args:
        errors: What pydantic found.
        document: The document.
        root: Its schema.
    """
    return [*_problems(errors, document, root), *_odd(document)]


def _problems(
    errors: list[ErrorDetails], document: Document, root: type[BaseModel]
) -> Iterator[Problem]:
    placed = [
        (_path_of(_whole_list(error), root), error)
        for error in errors
        if error["type"] != "default_factory_not_called"
    ]
    # If an item of a list is invalid, errors from the other types of the union do not help.
    above = {path[:length] for path, _ in placed for length in range(len(path))}
    deepest = [(path, error) for path, error in placed if path not in above]
    for path, group in groupby(deepest, key=lambda pair: pair[0]):
        same_place = [error for _, error in group]
        is_about_key = same_place[0]["type"] in {"extra_forbidden", "missing"}
        known = known_words(path[:-1] if is_about_key else path, document.value, root)
        is_about_name = same_place[0]["type"] == "union_tag_invalid"
        place = (*path, discriminator_of(same_place[0])) if is_about_name else path
        text = format_errors(same_place, known)
        if same_place[0]["type"] == "extra_forbidden":
            text = explain_key(str(path[-1]), known) or _elsewhere(path, root) or text
        yield Problem(path, text, locate(place, document, is_about_key), place)


def _odd(document: Document) -> Iterator[Problem]:
    for source in dict.fromkeys(place.source for place in document.values.values()):
        yield from odd_problems(source)


def _elsewhere(path: KeyPath, root: type[BaseModel]) -> str | None:
    """Return the sections that have an unknown key, or None if none has."""
    key = str(path[-1])
    sections = [
        name
        for name, field in root.model_fields.items()
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


def _path_of(loc: KeyPath, root: type[BaseModel]) -> KeyPath:
    """Return pydantic's location without the names of union members."""
    members: list[type[BaseModel]] = [root]
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
