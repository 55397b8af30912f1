"""The examples of a saved data set."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.data.arrays.archive import ArrayFile
from nnlab.data.arrays.npy import Content
from nnlab.data.arrays.shapes import check_finite
from nnlab.data.arrays.targets import targets_of
from nnlab.data.arrow_sets.columns import choose_columns
from nnlab.data.arrow_sets.files import batches_of, find_parts
from nnlab.data.folders.cache import Images, pixels_of
from nnlab.data.idx import digest_of_set
from nnlab.data.splits.own_split import split_of_parts
from nnlab.data.types import Examples
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nnlab.config.arrow_folder import ArrowFolderConfig
    from nnlab.data.arrow_sets.columns import Columns


def build(config: ArrowFolderConfig, root: Path) -> Examples:
    """Return the training examples, then those for validation and for the test if there are any.

    Args:
        config: The folder, and which columns are used.
        root: Folder of installed data, where decoded images are kept.

    Raises:
        DataError: If a file or column is missing or damaged, or cannot be used.
    """
    parts = find_parts(config.path)
    columns = choose_columns(config, next(_all_batches(parts)).schema)
    targets = {
        part: _joined(config, files, [columns.target])[:, 0] for part, files in parts.items()
    }
    for part, values in targets.items():
        _check_labelled(config, columns, part, values)
    sizes = {part: len(values) for part, values in targets.items()}
    own = split_of_parts(sizes, config.split, config.path, "test split")
    contents = [_content(config, columns.target, values) for values in targets.values()]
    names = _content(config, columns.target, np.array(columns.class_names))
    found = targets_of(config, contents, contents, names if columns.class_names else None)
    inputs, digest = (_images if columns.are_images else _rows)(config, columns, parts, root)
    return Examples(
        inputs,
        found.values,
        class_names=found.class_names,
        feature_names=() if columns.are_images else columns.inputs,
        left_out=dict.fromkeys(columns.others, "not used"),
        num_official_test=sizes.get("test", 0) if own is None else 0,
        sha256=digest_of_set([digest, _digest(found.values.tobytes() + repr(found[1]).encode())]),
        own_split=own,
    )


def _check_labelled(
    config: ArrowFolderConfig, columns: Columns, part: str, labels: np.ndarray
) -> None:
    """Check that every row has a class, if the classes have names: -1 stands for none.

    Raises:
        DataError: With the number of those that have none.
    """
    if columns.class_names and labels.dtype.kind == "i" and (labels < 0).any():
        msg = (
            f"{config.path}: {int((labels < 0).sum()):,} rows of {part} have no label (-1 in column "
            f"'{columns.target}'); leave them out, or choose another column: dataset.target=NAME"
        )
        raise DataError(msg)


def _content(config: ArrowFolderConfig, name: str, values: np.ndarray) -> Content:
    return Content(ArrayFile(name, Path(config.path), name), values, "")


def _all_batches(parts: Mapping[str, Sequence[Path]]) -> Iterator[Any]:
    """Yield the batches of all parts that have rows.

    Raises:
        DataError: If there are no rows.
    """
    is_empty = True
    for files in parts.values():
        for file in files:
            for batch in batches_of(file):
                is_empty = False
                yield batch
    if is_empty:
        msg = "the data set has no rows"
        raise DataError(msg)


def _joined(config: ArrowFolderConfig, files: Sequence[Path], names: Sequence[str]) -> np.ndarray:
    """Return columns of files, ``(N, K)``.

    Raises:
        DataError: If a file lacks one, or a cell is missing.
    """
    blocks, first = [], 0
    for file in files:
        for batch in batches_of(file):
            block = [_cells(config, file, batch, name, first) for name in names]
            blocks.append(np.stack(block, axis=1))
            first += batch.num_rows
    if not blocks:
        msg = f"{files[0]} has no rows"
        raise DataError(msg)
    return np.concatenate(blocks)


def _cells(config: ArrowFolderConfig, file: Path, batch: Any, name: str, first: int) -> np.ndarray:
    if name not in batch.schema.names:
        msg = f"{file} has no column '{name}', which other files of {config.path} have"
        raise DataError(msg)
    column = batch.column(name)
    if column.null_count:
        row = first + int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        msg = f"{file}: column '{name}' has no value in row {row:,}; leave such rows out"
        raise DataError(msg)
    values: np.ndarray = column.to_numpy(zero_copy_only=False)
    return values.astype(str) if values.dtype == object else values


def _rows(
    config: ArrowFolderConfig, columns: Columns, parts: Mapping[str, Sequence[Path]], _root: Path
) -> tuple[np.ndarray, str]:
    """Return columns of numbers as rows, ``(N, D)`` float64, and their digest."""
    blocks = [_joined(config, files, columns.inputs) for files in parts.values()]
    rows = np.concatenate(blocks).astype(np.float64)
    check_finite(_content(config, "inputs", rows))
    return rows, _digest(rows.tobytes() + repr(columns.inputs).encode())


def _images(
    config: ArrowFolderConfig, columns: Columns, parts: Mapping[str, Sequence[Path]], root: Path
) -> tuple[np.ndarray, str]:
    """Return the images resized, ``(N, C, H, W)`` uint8, and the digest of their files."""

    def contents() -> Iterator[bytes]:
        for batch in _all_batches(parts):
            yield from _bytes_of(config, batch, columns.inputs[0])

    digests = [_digest(content) for content in contents()]
    names = [f"image {number:,}" for number in range(len(digests))]
    images = Images(config.path, names, digests, contents)
    return pixels_of(images, config, root), digest_of_set(digests)


def _bytes_of(config: ArrowFolderConfig, batch: Any, name: str) -> Iterator[bytes]:
    if name not in batch.schema.names:
        msg = f"{config.path}: some files have no column '{name}'"
        raise DataError(msg)
    column = batch.column(name)
    fields = column.field("bytes") if hasattr(column, "field") else column
    for content in fields:
        if not content.is_valid:
            msg = (
                f"{config.path}: images of column '{name}' lie in files outside the data set, and are not "
                f"read; save it with the images embedded"
            )
            raise DataError(msg)
        yield content.as_py()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
