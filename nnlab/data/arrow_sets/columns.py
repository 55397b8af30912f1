"""Which columns of a data set are the inputs and the target: by their types and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nnlab.data.tables.parquet import imported
from nnlab.errors import DataError
from nnlab.formatting import did_you_mean, shorten
from nnlab.storage.untrusted import load_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnlab.config.arrow_folder import ArrowFolderConfig

# Where Hugging Face keeps the features of a data set in a schema.
METADATA = b"huggingface"
TARGET_NAMES = ("label", "labels", "target", "targets", "class", "y", "fine_label")
MAX_SHOWN = 12


class Columns(NamedTuple):
    """The columns that are used.

    Attributes:
        inputs: The column of images, or those of numbers.
        target: The column to predict.
        class_names: Names of the classes by label; empty if the data have none.
        are_images: Whether the inputs are images.
        others: The columns that are not used.
    """

    inputs: tuple[str, ...]
    target: str
    class_names: tuple[str, ...]
    are_images: bool
    others: tuple[str, ...]


def choose_columns(config: ArrowFolderConfig, schema: Any) -> Columns:
    """Return which columns are used.

    Raises:
        DataError: If they cannot be told, or one of them is missing.
    """
    names, features = list(schema.names), _features_of(schema)
    images = [name for name in names if _is_image(schema.field(name).type)]
    classes = {name: found for name in names if (found := _names_in(features.get(name)))}
    target = _target(config, names, list(classes))
    inputs = _inputs(config, schema, images, target)
    are_images = set(inputs) <= set(images)
    if are_images and len(inputs) > 1:
        msg = f"{config.path} has {len(inputs)} columns of images: {shorten(inputs)}; choose one: dataset.inputs={inputs[0]}"
        raise DataError(msg)
    used = {*inputs, target}
    others = tuple(name for name in names if name not in used)
    return Columns(tuple(inputs), target, classes.get(target, ()), are_images, others)


def _features_of(schema: Any) -> Mapping[str, Any]:
    """Return what Hugging Face says about the columns; nothing if it says nothing."""
    try:
        stored = load_json((schema.metadata or {}).get(METADATA, b"{}"))
        features = stored["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return features if isinstance(features, dict) else {}


def _names_in(feature: Any) -> tuple[str, ...]:
    """Return the names of the classes of a feature of labels."""
    names = feature.get("names") if isinstance(feature, dict) else None
    is_right = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return tuple(names) if is_right and names else ()


def _is_image(kind: Any) -> bool:
    """Return whether a column has images: their bytes, with or without a path."""
    pa = imported("a data set", "a folder of Arrow files")
    if pa.types.is_struct(kind):
        fields = {kind.field(i).name: kind.field(i).type for i in range(kind.num_fields)}
        return "bytes" in fields and "binary" in str(fields["bytes"])
    return "binary" in str(kind)


def _is_number(kind: Any) -> bool:
    pa = imported("a data set", "a folder of Arrow files")
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    )


def _target(config: ArrowFolderConfig, names: Sequence[str], classes: Sequence[str]) -> str:
    if config.target != "auto":
        return _known(config, config.target, names, "target")
    if len(classes) == 1:
        return classes[0]
    found = [name for name in TARGET_NAMES if name in (classes or names)]
    if not found:
        msg = (
            f"{config.path}: which column is to be predicted? its columns: {shorten(list(names), MAX_SHOWN)}"
            f"\nsay so: dataset.target=NAME"
        )
        raise DataError(msg)
    return found[0]


def _inputs(
    config: ArrowFolderConfig, schema: Any, images: Sequence[str], target: str
) -> list[str]:
    names = list(schema.names)
    if config.inputs != "auto":
        given = (config.inputs,) if isinstance(config.inputs, str) else config.inputs
        chosen = [_known(config, name, names, "inputs") for name in given]
    else:
        numbers = [n for n in names if n != target and _is_number(schema.field(n).type)]
        chosen = list(images) or numbers
    wrong = [n for n in chosen if n not in images and not _is_number(schema.field(n).type)]
    if wrong or not chosen:
        found = [f"{name} ({schema.field(name).type})" for name in wrong or names]
        msg = (
            f"{config.path}: inputs are a column of images, or columns of numbers, and "
            f"{shorten(found, 5)} {'is' if len(found) == 1 else 'are'} neither"
        )
        raise DataError(msg)
    return chosen


def _known(config: ArrowFolderConfig, name: str, names: Sequence[str], key: str) -> str:
    if name in names:
        return name
    hint = did_you_mean(name, names)
    msg = (
        f"{config.path} has no column '{name}' (dataset.{key}){hint}; its columns: "
        f"{shorten(list(names), MAX_SHOWN)}"
    )
    raise DataError(msg)
