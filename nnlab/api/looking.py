"""Looking at an experiment and at data from Python, before anything is trained."""

from __future__ import annotations

import re
import typing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nnlab.api.arguments import Overrides, as_arguments
from nnlab.api.training import AnyConfig, as_config
from nnlab.config.bundled import bundled_configs, find_bundled, find_config, is_there
from nnlab.config.datasets import AnyDataset
from nnlab.config.files import check_new, write_new
from nnlab.config.load import config_from_mapping, document_from_mapping
from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean
from nnlab.storage.folders import Folders
from nnlab.storage.outputs import check_output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.data.columns.guess import Guess
    from nnlab.inspection.dataset import DatasetFacts
    from nnlab.inspection.experiment import ExperimentFacts
    from nnlab.report.dataset import DataPlot

TABLE_SUFFIXES = {
    *(".csv", ".tsv", ".tab", ".psv", ".txt", ".data", ".dat", ".parquet", ".pq"),
    *(".arrow", ".feather"),
    *(".gz", ".bz2", ".xz", ".zip"),
}
DATASETS = [
    str(member.model_fields["name"].default)
    for member in typing.get_args(typing.get_args(AnyDataset)[0])
    if "path" not in member.model_fields  # a table is named by its file
]
# A data set is read as the section of an experiment; its model does not matter.
ANY_MODEL = {"model": {"name": "logistic"}, "optimizer": {"name": "sgd"}}


def describe(
    config: AnyConfig, overrides: Overrides = (), *, data_dir: str | Path | None = None
) -> ExperimentFacts:
    """Return what an experiment will do: batches, engine, layers, class weights, learning rates.

    Args:
        config: See ``train``.
        overrides: See ``train``.
        data_dir: Folder of installed data.
    """
    from nnlab.inspection.experiment import describe_experiment

    return describe_experiment(as_config(config, overrides), Folders.choose(data_dir=data_dir).data)


def describe_data(
    source: str, overrides: Overrides = (), *, data_dir: str | Path | None = None
) -> DatasetFacts:
    """Return what a data set holds: shapes, types, ranges, classes, splits, first rows.

    Args:
        source: Name of a data set, a table, arrays, a set of IDX files, or an experiment as in
            ``train``.
        overrides: See ``train``; such as ``dataset.target=species``.
        data_dir: Folder of installed data.

    Raises:
        ConfigError: If there is no such data set, file or experiment.
        DataError: If the data are missing, corrupt or unusable.
    """
    from nnlab.inspection.dataset import describe_dataset

    found = _find_data(source, as_arguments(overrides))
    data = Folders.choose(data_dir=data_dir).data
    return describe_dataset(found.config, data, left_out=found.left_out)


def plot_data(
    source: str,
    kind: DataPlot,
    output: str | Path | None = None,
    overrides: Overrides = (),
    *,
    seed: int = 0,
    data_dir: str | Path | None = None,
    overwrite: bool = False,
) -> Path:
    """Draw one picture of a data set and return its file.

    Args:
        source: See ``describe_data``.
        kind: samples (25 images), scatter (points of two features, or x against y) or classes.
        output: A .svg or .png file; default: ``<name>-<kind>.svg`` in the current folder.
        overrides: See ``describe_data``.
        seed: Seed of the choice of images.
        data_dir: Folder of installed data.
        overwrite: Whether to replace a file that nnlab did not write.

    Raises:
        ConfigError: If the data set has no such picture, or there is such a file.
    """
    from nnlab.config.resolve import load_examples
    from nnlab.report.dataset import draw_dataset
    from nnlab.report.style import draw, save

    found = _find_data(source, as_arguments(overrides))
    examples = load_examples(found.config, Folders.choose(data_dir=data_dir).data)
    target = found.config.target_name if found.config.table_path else "y"
    path = Path(output or f"{found.name}-{kind}.svg")
    check_output(path, overwrite=overwrite)
    save(draw(lambda: draw_dataset(examples, kind, seed=seed, target=target)), path)
    return path


def draft_config(
    table: str | Path,
    output: str | Path | None = None,
    *,
    target: str | None = None,
    overrides: Overrides = (),
) -> Path:
    """Write an experiment on a table, with what was found in it as comments, and return its file.

    Args:
        table: The table; an .npz archive or .npy files; a folder of images; or a set of IDX files: a
            folder, or the beginning of their names.
        output: The new file; default: the table's name with ``.yaml`` in the current folder.
        target: Name of the column to predict; default: the last one.
        overrides: Keys of ``dataset`` that say how the table is read; see ``train``.

    Raises:
        ConfigError: If the file exists: nothing is overwritten.
        DataError: If the table cannot be read, or has no feature.
    """
    from nnlab.data.sources import source_of
    from nnlab.inspection.draft import draft_experiment

    table = Path(table)
    stem = re.sub(r"\.(csv|tsv|txt|data)$", "", table.absolute().stem, flags=re.IGNORECASE)
    path = Path(output) if output is not None else Path(f"{stem}.yaml")
    check_new(path)
    name = source_of(table)
    if name != "csv":
        write_new(path, _draft_examples(name, table, path, as_arguments(overrides), target))
        return path
    guess = _guess(table, as_arguments(overrides), target=target)
    write_new(path, draft_experiment(guess, table, path))
    return path


def _draft_examples(
    name: str, place: Path, output: Path, overrides: Sequence[str], target: str | None
) -> str:
    from nnlab.config.resolve import load_examples
    from nnlab.inspection.draft_examples import draft_of_examples

    if target is not None:
        msg = f"--target {target}: {place} is no table; keys of dataset say what is predicted"
        raise ConfigError(msg)
    dataset = {"name": name, "path": str(place)}
    config = config_from_mapping({"dataset": dataset, **ANY_MODEL}, overrides).dataset
    given = document_from_mapping({}, overrides).value
    examples = load_examples(config, Folders.choose().data)
    return draft_of_examples(examples, config, output, given.get("dataset", {}))


class _Data(NamedTuple):
    """A data set that was named: its name for files, its section, and why columns are not read."""

    name: str
    config: AnyDataset
    left_out: dict[str, str]


def _find_data(source: str, overrides: Sequence[str]) -> _Data:
    from nnlab.data.sources import source_of

    path = Path(source)
    if source in DATASETS:
        config = config_from_mapping({"dataset": {"name": source}, **ANY_MODEL}, overrides)
        return _Data(source, config.dataset, {})
    if find_bundled(source) is None and (name := source_of(path)) != "csv":
        section = {"dataset": {"name": name, "path": source}, **ANY_MODEL}
        return _Data(path.absolute().stem, config_from_mapping(section, overrides).dataset, {})
    if path.suffix.lower() in TABLE_SUFFIXES:
        return _read_table(path, overrides)
    if not is_there(path.exists) and path.suffix == "":
        _check_known(source)
    experiment = as_config(find_config(source), overrides)
    return _Data(experiment.name, experiment.dataset, {})


def _read_table(path: Path, overrides: Sequence[str]) -> _Data:
    guess = _guess(path, overrides)
    config = config_from_mapping({"dataset": guess.section, **ANY_MODEL}, overrides)
    return _Data(path.stem, config.dataset, guess.left_out)


def _guess(path: Path, overrides: Sequence[str], *, target: str | None = None) -> Guess:
    from nnlab.data.columns.guess import guess_table

    document = document_from_mapping({}, overrides).value
    if others := document.keys() - {"dataset"}:
        msg = f"{', '.join(sorted(others))}: of a table, only keys of dataset can be set"
        raise ConfigError(msg)
    given = document.get("dataset", {})
    unread = {"name": "csv", "path": str(path), "target": "?"}
    written = config_from_mapping({"dataset": unread, **ANY_MODEL}, overrides).dataset.table_format
    given = {**given, **({"target": target} if target is not None else {})}
    return guess_table(str(path), given, written)


def _check_known(name: str) -> None:
    known = [*DATASETS, *bundled_configs()]
    if find_bundled(name) is None:
        hint = did_you_mean(name, known)
        msg = (
            f"there is no data set, file or experiment '{name}'{hint}; "
            f"data sets: {', '.join(DATASETS)}, or the path of a .csv file, .npz archive, a folder of images or IDX files"
        )
        raise ConfigError(msg)
