"""MLflow: runs with their settings, curves and files in a SQLite store of its own."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.errors import CheckFailedError, ConfigError
from nnlab.export.formats import Exported
from nnlab.export.placing import created
from nnlab.export.points import MEAN, check_any, points_of, runs_among
from nnlab.formatting import flatten, pluralize
from nnlab.training.signals import StopRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlflow import MlflowClient

    from nnlab.export.points import Point
    from nnlab.export.results import Result
    from nnlab.runs.load import StoredRun
    from nnlab.storage.folders import Folders

DATABASE, ARTIFACTS = "mlflow.db", "artifacts"
# Limits of MLflow's store.
MAX_METRICS, MAX_PARAMETERS, MAX_VALUE = 1000, 100, 6000
NO_NAME = re.compile(r"[^\w.\- /:]")
STATES = {"finished": "FINISHED", "interrupted": "KILLED", "running": "RUNNING"}

# Values by the id of MLflow's run and the name of the metric: step and value.
Curves = dict[tuple[str, str], list[tuple[int, float]]]


def export_mlflow(
    results: Sequence[Result], output: Path | None, folders: Folders, *, follow: bool = False
) -> Exported:
    """Write runs into a new SQLite store of MLflow; see ``nnlab.export``.

    Each run has the means over its seeds, and a nested run for each of several seeds. The folder is
    written where it stays, because the store holds its absolute path.

    Args:
        results: The runs.
        output: A new folder; default: named after the first run.
        folders: Where the user's data and runs are.
        follow: Whether to go on until the run has ended.

    Raises:
        ConfigError: If a package is missing, the folder exists, or a result is a comparison.
        CheckFailedError: If MLflow reads other values than were written.
    """
    _check_packages()
    runs = runs_among(results, "mlflow", follow=follow)
    path = output or Path(f"{runs[0].config.name}-mlflow")
    stopping = StopRequest() if follow else contextlib.nullcontext()
    with created(path) as folder, _quiet(), stopping as stop:
        client = _open(folder)
        artifacts = (folder / ARTIFACTS).absolute().as_uri()
        experiment = client.create_experiment(runs[0].config.name, artifacts)
        written: Curves = {}
        for run in runs:
            _write(client, experiment, run, points_of(run, stop), written)
        check_any(runs, written)
        _check(_open(folder), written)
    num = sum(map(len, written.values()))
    database = f"sqlite:///{path / DATABASE}"
    text = f"{path} ({pluralize(num, 'value')}); look: mlflow ui --backend-store-uri {database}"
    return Exported(" ".join(run.id for run in runs), "mlflow", path, text, {"values": num})


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep from users what MLflow's packages deprecate among each other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _check_packages() -> None:
    # MLflow reports how it is used unless it is told not to before it is imported.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    try:
        with _quiet():
            import alembic
            import mlflow
            import sqlalchemy  # noqa: F401 (only whether it is there)
    except ImportError as error:
        msg = f"--to mlflow needs {error.name}: pip install 'nnlab[mlflow]'"
        raise ConfigError(msg) from error
    for package in (alembic, mlflow):
        logging.getLogger(package.__name__).setLevel(logging.WARNING)


def _open(folder: Path) -> MlflowClient:
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{(folder / DATABASE).absolute()}")


def _write(
    client: MlflowClient,
    experiment: str,
    run: StoredRun,
    batches: Iterator[list[Point]],
    written: Curves,
) -> None:
    """Write one run, as its points come."""
    ids: dict[str, str] = {}
    main = MEAN if run.config.train.seeds > 1 else f"seed-{run.config.train.seed}"
    ids[main] = _start(client, experiment, run, run.id, {})
    for points in batches:
        for point in points:
            if point.series not in ids:
                nested = {"mlflow.parentRunId": ids[main]}
                ids[point.series] = _start(client, experiment, run, point.series, nested)
        _log(client, [(ids[point.series], point) for point in points], written)
    for file in (run.folder.config_path, run.folder.resolved_path, run.folder.summary_path):
        if file.is_file():
            client.log_artifact(ids[main], str(file))
    for run_id in ids.values():
        client.set_terminated(run_id, STATES.get(run.folder.status, "FAILED"))


def _start(
    client: MlflowClient, experiment: str, run: StoredRun, name: str, tags: dict[str, str]
) -> str:
    """Return the id of a new run of MLflow, which has the settings of ours."""
    from mlflow.entities import Param

    tags = {**tags, "nnlab.run": run.id, "nnlab.data_sha256": run.meta.get("data_sha256") or ""}
    new_id: str = client.create_run(experiment, tags=tags, run_name=name).info.run_id
    settings = flatten(run.config.model_dump(mode="json")).items()
    parameters = [Param(_name(key), str(value)[:MAX_VALUE]) for key, value in settings]
    for start in range(0, len(parameters), MAX_PARAMETERS):
        client.log_batch(new_id, params=parameters[start : start + MAX_PARAMETERS])
    return new_id


def _log(client: MlflowClient, points: Sequence[tuple[str, Point]], written: Curves) -> None:
    from mlflow.entities import Metric

    for run_id in dict.fromkeys(run_id for run_id, _ in points):
        metrics: list[Any] = []
        for of_run, point in points:
            if of_run == run_id:
                name = f"{point.split}_{point.metric}" if point.split else point.metric
                metrics.append(Metric(name, point.value, round(1000 * point.time), point.epoch))
                written.setdefault((run_id, name), []).append((point.epoch, point.value))
        for start in range(0, len(metrics), MAX_METRICS):
            client.log_batch(run_id, metrics=metrics[start : start + MAX_METRICS])


def _name(key: str) -> str:
    """Return a key with the characters that MLflow allows."""
    return NO_NAME.sub("_", key)


def _check(client: MlflowClient, written: Curves) -> None:
    """Check that MLflow reads what was written.

    Raises:
        CheckFailedError: If it does not.
    """
    for (run_id, name), curve in written.items():
        history = client.get_metric_history(run_id, name)
        if sorted((metric.step, metric.value) for metric in history) != sorted(set(curve)):
            msg = f"MLflow reads {name} otherwise than it was written; nothing is left"
            raise CheckFailedError(msg)
