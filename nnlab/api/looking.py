"""Looking at an experiment and at data from Python, before anything is trained."""

from __future__ import annotations

import typing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nnlab.api.arguments import Overrides, as_arguments
from nnlab.api.training import AnyConfig, as_config
from nnlab.config.bundled import bundled_configs, find_bundled, find_config, is_there
from nnlab.config.datasets import AnyDataset
from nnlab.config.load import config_from_mapping, document_from_mapping
from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean
from nnlab.storage.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.inspection.dataset import DatasetFacts
    from nnlab.inspection.experiment import ExperimentFacts
    from nnlab.report.dataset import DataPlot

TABLE_SUFFIXES = {
    *(".csv", ".tsv", ".tab", ".psv", ".txt", ".data", ".dat", ".parquet", ".pq"),
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
        source: Name of a data set, a table, or an experiment as in ``train``.
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
) -> Path:
    """Draw one picture of a data set and return its file.

    Args:
        source: See ``describe_data``.
        kind: samples (25 images), scatter (points of two features, or x against y) or classes.
        output: A .svg or .png file; default: ``<name>-<kind>.svg`` in the current folder.
        overrides: See ``describe_data``.
        seed: Seed of the choice of images.
        data_dir: Folder of installed data.

    Raises:
        ConfigError: If the data set has no such picture.
    """
    from nnlab.config.resolve import load_examples
    from nnlab.report.dataset import draw_dataset
    from nnlab.report.style import draw, save

    found = _find_data(source, as_arguments(overrides))
    examples = load_examples(found.config, Folders.choose(data_dir=data_dir).data)
    target = found.config.target_name if found.config.table_path else "y"
    path = Path(output or f"{found.name}-{kind}.svg")
    save(draw(lambda: draw_dataset(examples, kind, seed=seed, target=target)), path)
    return path


class _Data(NamedTuple):
    """A data set that was named: its name for files, its section, and columns that are not read."""

    name: str
    config: AnyDataset
    left_out: list[str]


def _find_data(source: str, overrides: Sequence[str]) -> _Data:
    path = Path(source)
    if source in DATASETS:
        config = config_from_mapping({"dataset": {"name": source}, **ANY_MODEL}, overrides)
        return _Data(source, config.dataset, [])
    if path.suffix.lower() in TABLE_SUFFIXES:
        return _read_table(path, overrides)
    if not is_there(path.exists) and path.suffix == "":
        _check_known(source)
    experiment = as_config(find_config(source), overrides)
    return _Data(experiment.name, experiment.dataset, [])


def _read_table(path: Path, overrides: Sequence[str]) -> _Data:
    from nnlab.data.guess import guess_table

    given = document_from_mapping({}, overrides).value.get("dataset", {})
    unread = {"name": "csv", "path": str(path), "target": "?"}
    written = config_from_mapping({"dataset": unread, **ANY_MODEL}, overrides).dataset.table_format
    guess = guess_table(str(path), given if isinstance(given, dict) else {}, written)
    config = config_from_mapping({"dataset": guess.section, **ANY_MODEL}, overrides)
    return _Data(path.stem, config.dataset, guess.left_out)


def _check_known(name: str) -> None:
    known = [*DATASETS, *bundled_configs()]
    if find_bundled(name) is None:
        hint = did_you_mean(name, known)
        msg = (
            f"there is no data set, file or experiment '{name}'{hint}; "
            f"data sets: {', '.join(DATASETS)}, or the path of a .csv file"
        )
        raise ConfigError(msg)
