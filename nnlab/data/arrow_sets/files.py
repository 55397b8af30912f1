"""Which files of a folder belong to which part, and their rows in batches."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from nnlab.config.bundled import is_there
from nnlab.data.arrays.archive import opened
from nnlab.data.splits.own_split import NAMES, PARTS
from nnlab.data.tables.arrow import arrow_batches
from nnlab.data.tables.parquet import imported
from nnlab.errors import DataError, RunError
from nnlab.formatting import shorten
from nnlab.storage.untrusted import load_json, read_plain

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

SUFFIXES = (".parquet", ".arrow")
DICT, STATE = "dataset_dict.json", "state.json"
MAX_JSON_BYTES = 10_000_000
ROWS_AT_A_TIME = 256


def find_parts(path: str) -> dict[str, list[Path]]:
    """Return the files of each part, in their order: train first.

    Args:
        path: A data set or a dictionary of them that was saved, or a folder of files.

    Raises:
        DataError: If there are none, or there is none to train on.
    """
    folder = Path(path)
    if not is_there(folder.is_dir):
        msg = f"there is no folder {path}"
        raise DataError(msg)
    if (folder / DICT).exists():
        found = _saved_dict(folder)
    elif (folder / STATE).exists():
        found = {"train": _saved(folder)}
    else:
        found = _by_name(folder)
    if "train" not in found:
        parts = f" (only {', '.join(found)})" if found else ""
        msg = f"{path} has no {' or '.join(SUFFIXES)} files to train on{parts}"
        raise DataError(msg)
    return {name: found[name] for name in NAMES if name in found}


def files_at(path: str) -> list[Path]:
    """Return the files that are read if a data set is at a path.

    Raises:
        DataError: If there are none.
    """
    return [file for files in find_parts(path).values() for file in files]


def is_arrow_folder(path: Path) -> bool:
    """Return whether a path is a saved data set, or a folder of Parquet or Arrow files."""
    if not is_there(path.is_dir):
        return False
    names = (DICT, STATE)
    return any((path / name).exists() for name in names) or any(
        file.suffix.lower() in SUFFIXES for place in ("*", "data/*") for file in path.glob(place)
    )


def batches_of(file: Path) -> Iterator[Any]:
    """Yield the rows of a file in record batches.

    Raises:
        DataError: If pyarrow is not installed, or the file is a link or damaged.
    """
    with opened(file) as stream:
        if file.suffix.lower() == ".arrow":
            for batch in arrow_batches(str(file), cast("io.BufferedReader", stream)):
                for start in range(0, batch.num_rows, ROWS_AT_A_TIME):
                    yield batch.slice(start, ROWS_AT_A_TIME)
            return
        pa = imported(str(file), "a Parquet file")
        import pyarrow.parquet as pq

        try:
            yield from pq.ParquetFile(stream).iter_batches(batch_size=ROWS_AT_A_TIME)
        except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
            reason = (str(error).splitlines() or ["it is cut off"])[0][:200]
            msg = f"{file} is a damaged Parquet file: {reason}"
            raise DataError(msg) from error


def _saved_dict(folder: Path) -> dict[str, list[Path]]:
    names = _json(folder / DICT).get("splits")
    found: dict[str, list[Path]] = {}
    for name in names if isinstance(names, list) else []:
        part = PARTS.get(str(name).casefold())
        if part is None or not _is_plain(name):
            continue
        if part in found:
            msg = f"{folder} has two {part} splits; choose one of its folders: dataset.path={folder}/{name}"
            raise DataError(msg)
        found[part] = _saved(folder / name)
    return found


def _saved(folder: Path) -> list[Path]:
    """Return the files of a data set that was saved, in their order."""
    state = _json(folder / STATE)
    if state.get("_indices_data_files"):
        msg = f"{folder} keeps its rows in another order; save it again after flatten_indices()"
        raise DataError(msg)
    listed = state.get("_data_files")
    entries = listed if isinstance(listed, list) else []
    files: list[Any] = [e.get("filename") if isinstance(e, dict) else None for e in entries]
    if not files or not all(_is_plain(name) for name in files):
        msg = f"{folder / STATE} names no files of its own folder; save the data set again"
        raise DataError(msg)
    return [folder / name for name in files]


def _is_plain(name: Any) -> bool:
    """Return whether something is the name of an entry of the same folder."""
    return isinstance(name, str) and bool(name) and Path(name).name == name and name != ".."


def _json(path: Path) -> dict[str, Any]:
    try:
        content = load_json(read_plain(path, MAX_JSON_BYTES))
    except FileNotFoundError as error:
        msg = f"there is no file {path}"
        raise DataError(msg) from error
    except (RunError, ValueError, RecursionError) as error:
        msg = f"{path} cannot be read: {error}"
        raise DataError(msg) from error
    return content if isinstance(content, dict) else {}


def _by_name(folder: Path) -> dict[str, list[Path]]:
    """Return files by the part that their names or folders begin with; others are for training."""
    found: dict[str, list[Path]] = {}
    files = [file for place in ("*", "*/*") for file in sorted(folder.glob(place))]
    kinds = {file.suffix.lower() for file in files} & set(SUFFIXES)
    if len(kinds) > 1:
        msg = f"{folder} has files of two kinds, {shorten(sorted(kinds))}; keep one of them"
        raise DataError(msg)
    for file in (file for file in files if file.suffix.lower() in kinds):
        words = re.split(r"[\W_]+", file.relative_to(folder).as_posix().casefold())
        part = next((PARTS[word] for word in words if word in PARTS), "train")
        found.setdefault(part, []).append(file)
    return found
