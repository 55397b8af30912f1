"""The examples of the user's own arrays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.data.arrays.archive import SUFFIX, find_arrays
from nnlab.data.arrays.names import choose
from nnlab.data.arrays.npy import read_array
from nnlab.data.arrays.shapes import as_pixels, as_rows, inputs_of
from nnlab.data.arrays.targets import targets_of
from nnlab.data.idx import digest_of_set
from nnlab.data.mapped import joined
from nnlab.data.splits.own_split import split_of_parts
from nnlab.data.types import Examples
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from nnlab.config.npz import NPZConfig
    from nnlab.data.arrays.names import Chosen
    from nnlab.data.arrays.npy import Content


def build(config: NPZConfig, root: Path) -> Examples:
    """Return the training examples, then those for validation and for the test if there are any.

    Args:
        config: Where the arrays are, and which are used.
        root: Folder of installed data, for what does not fit well into memory.

    Raises:
        DataError: If an array is missing, damaged, of another kind, or arrays do not fit together.
    """
    files = find_arrays(config.path)
    is_array = Path(config.path).suffix.lower() == SUFFIX
    chosen = choose(config, list(files), Path(config.path).stem if is_array else None)
    used = {name: read_array(files[name]) for name in files if name in chosen.all}
    contents = [[used[name] for name in pair] for pair in chosen.parts.values()]
    contents_of_inputs = [inputs for inputs, _ in contents]
    inputs = joined(_inputs(config, contents_of_inputs), root)
    names = used.get(chosen.class_names or "")
    of_targets = [targets for _, targets in contents]
    targets = targets_of(config, of_targets, contents_of_inputs, names, given=config.names)
    sizes: dict[str, int] = {part: len(used[pair[0]].values) for part, pair in chosen.parts.items()}
    missing = "test arrays (dataset.test_inputs and test_targets name them)"
    own = split_of_parts(sizes, config.split, config.path, missing)
    return Examples(
        inputs,
        targets.values,
        class_names=targets.class_names,
        feature_names=feature_names_of(inputs, used.get(chosen.feature_names or "")),
        left_out=_others(files, chosen, is_array=is_array),
        num_official_test=sizes.get("test", 0) if own is None else 0,
        sha256=digest_of_set(used[name].sha256 for name in sorted(used)),
        own_split=own,
    )


def feature_names_of(inputs: np.ndarray, names: Content | None) -> tuple[str, ...]:
    """Return the names of the columns of rows: those of an array, or x0, x1, ...; of images, none.

    Raises:
        DataError: If the array has too few or too many names, or some are equal.
    """
    if inputs.ndim != 2:
        return ()
    found = tuple(map(str, names.values.ravel().tolist())) if names is not None else ()
    if len(found) == inputs.shape[1] == len(set(found)):
        return found
    if names is not None:
        msg = (
            f"{names.file} has {len(found)} names for {inputs.shape[1]} features, or some are equal"
        )
        raise DataError(msg)
    return tuple(f"x{i}" for i in range(inputs.shape[1]))


def _inputs(config: NPZConfig, contents: Sequence[Content]) -> Sequence[np.ndarray]:
    parts = [inputs_of(content, config.channel_axis) for content in contents]
    shapes = {part.shape[1:] for part in parts}
    if len(shapes) > 1:
        shown = " and ".join(f"{c.file}: {' x '.join(map(str, c.values.shape))}" for c in contents)
        msg = f"training and other examples have different sizes: {shown}"
        raise DataError(msg)
    return [*map(as_rows, parts)] if parts[0].ndim == 2 else as_pixels(parts, config.path)


def _others(files: Mapping[str, object], chosen: Chosen, *, is_array: bool) -> dict[str, str]:
    """Return the arrays that are not used; beside a file, others may lie that belong to nothing."""
    return {} if is_array else {name: "not used" for name in files if name not in chosen.all}
