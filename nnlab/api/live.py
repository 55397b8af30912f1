"""Objects of a program in place of sections: a model's class, and data in memory."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from nnlab.config.bundled import find_config
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.load import read_document
from nnlab.config.own_anchoring import mapping_of
from nnlab.config.own_code import read_source
from nnlab.errors import ConfigError, DataError
from nnlab.storage.run_dir import ARRAYS_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def replace_sections(
    config: str | Path | Mapping[str, Any] | ExperimentConfig,
    model: Callable[..., Any] | None,
    archive: Path | None,
) -> dict[str, Any]:
    """Return an experiment with another model or other data.

    Args:
        config: A file, the name of a bundled experiment, its content, or a config.
        model: The user's class or function, whose file is recorded; its parameters are keys of the
            section ``model``.
        archive: Arrays of ``write_arrays``.

    Raises:
        ConfigError: If the class is in no file that can be recorded.
    """
    if isinstance(config, ExperimentConfig):
        value: dict[str, Any] = mapping_of(config)
    elif isinstance(config, Mapping):
        value = dict(config)
    else:
        value = read_document(find_config(str(config))).value
    if model is not None:
        before = value.get("model", {})
        keys = {} if "name" in before else before
        value["model"] = {**keys, "name": _name_of(model)}
    if archive is not None:
        before = value.get("dataset", {})
        keys = {} if "name" in before else before
        value["dataset"] = {**keys, "name": "npz", "path": str(archive)}
    return value


def _name_of(model: Callable[..., Any]) -> str:
    """Return the name of a class or function, with its source."""
    _check_class(model)
    name, module = model.__qualname__, getattr(model, "__module__", "")
    file = None
    if module != "__main__" and name.isidentifier():
        try:
            file = inspect.getsourcefile(model)
        except (OSError, TypeError):
            file = None
    if file is None or not Path(file).is_file():
        msg = (
            f"{name} is in no file of its own, so that no run could say what it was; write it into "
            f"a file beside this program, and import it from there"
        )
        raise ConfigError(msg)
    path = Path(file)
    return read_source(f"{path.name}:{name}", path.parent)


def _check_class(model: object) -> None:
    """Check that a model is a class or a function, which can make one for each seed.

    Raises:
        ConfigError: If it is something else.
    """
    if hasattr(model, "__qualname__"):
        return
    if isinstance(model, str):
        msg = f"a name belongs into the experiment, model: {{name: {model!r}}}; model=... takes a class"
    else:
        kind = type(model).__name__
        msg = (
            f"model is a {kind} already made, and each seed needs its own: give the class, "
            f"model={kind}, and its parameters as keys, such as model.width"
        )
    raise ConfigError(msg)


@contextlib.contextmanager
def kept(dataset: tuple[Any, Any] | None, runs_dir: Path) -> Iterator[Path | None]:
    """Write data in memory to a scratch folder beside the runs, from where a run takes them.

    Yields:
        The archive; None if there are no data.
    """
    if dataset is None:
        yield None
        return
    runs_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=runs_dir, prefix=".arrays-") as scratch:
        yield write_arrays(dataset, Path(scratch))


def write_arrays(dataset: object, folder: Path) -> Path:
    """Write inputs and targets as an archive; they may be of NumPy, torch, pandas, polars or lists.

    Args:
        dataset: Inputs ``(N, D)`` or images, and targets ``(N,)``; the columns of a data frame name
            the features.
        folder: Where.

    Raises:
        DataError: If they are no arrays of numbers or text.
    """
    import numpy as np

    from nnlab.data.arrays.memory import array_of

    if not isinstance(dataset, tuple | list) or len(dataset) != 2:
        msg = f"dataset is (inputs, targets), not {type(dataset).__name__}"
        raise DataError(msg)
    inputs, targets = dataset
    arrays = {"inputs": array_of(inputs, "inputs"), "targets": array_of(targets, "targets")}
    counts = [len(array) if array.ndim else 0 for array in arrays.values()]
    if counts[0] != counts[1]:
        msg = f"dataset has {counts[0]:,} inputs and {counts[1]:,} targets; one target per example is needed"
        raise DataError(msg)
    if (columns := getattr(inputs, "columns", None)) is not None:
        arrays["feature_names"] = np.array([str(column) for column in columns])
    path = folder / ARRAYS_FILE
    np.savez(path, allow_pickle=False, **arrays)
    return path
