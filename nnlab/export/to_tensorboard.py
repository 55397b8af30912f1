"""TensorBoard: the curves of runs as event files, one folder for each seed and one for their mean."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.errors import CheckFailedError, ConfigError
from nnlab.export.formats import Exported
from nnlab.export.placing import created, placed
from nnlab.export.points import check_any, points_of, runs_among
from nnlab.formatting import pluralize
from nnlab.training.signals import StopRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nnlab.export.points import Point
    from nnlab.export.results import Result
    from nnlab.storage.folders import Folders

# Curves of a folder and of a name: epoch and value.
Curves = dict[tuple[str, str], list[tuple[int, float]]]


def export_tensorboard(
    results: Sequence[Result], output: Path | None, folders: Folders, *, follow: bool = False
) -> Exported:
    """Write the metrics of runs as TensorBoard's event files; see ``nnlab.export``.

    Args:
        results: The runs.
        output: A new folder; default: named after the first run.
        folders: Where the user's data and runs are.
        follow: Whether to go on until the run has ended; the folder is then there from the start.

    Raises:
        ConfigError: If tensorboard is missing, the folder exists, or a result is a comparison.
        CheckFailedError: If TensorBoard reads other values than were written.
    """
    _check_package()
    runs = runs_among(results, "tensorboard", follow=follow)
    path = output or Path(f"{runs[0].config.name}-tensorboard")
    stopping = StopRequest() if follow else contextlib.nullcontext()
    with (created if follow else placed)(path) as folder, stopping as stop:
        written: Curves = {}
        for run in runs:
            inside = f"{run.id}/" if len(runs) > 1 else ""
            _write(folder, inside, points_of(run, stop), written)
        check_any(runs, written)
        _check(folder, written)
    num = sum(map(len, written.values()))
    text = f"{path} ({pluralize(num, 'point')}); look: tensorboard --logdir {path}"
    return Exported(" ".join(run.id for run in runs), "tensorboard", path, text, {"points": num})


def _check_package() -> None:
    try:
        import tensorboard  # noqa: F401 (only whether it is there)
    except ImportError as error:
        msg = "--to tensorboard needs tensorboard: pip install 'nnlab[tensorboard]'"
        raise ConfigError(msg) from error


def _write(folder: Path, inside: str, batches: Iterator[list[Point]], written: Curves) -> None:
    """Write points as they come, and note them."""
    with contextlib.ExitStack() as stack:
        writers: dict[str, Any] = {}
        for points in batches:
            for point in points:
                series = f"{inside}{point.series}"
                if series not in writers:
                    writers[series] = _writer(folder / series, stack.callback)
                writers[series].add_event(_event(point))
                written.setdefault((series, _tag(point)), []).append((point.epoch, point.value))
            for writer in writers.values():
                writer.flush()


def _writer(folder: Path, at_end: Callable[[Callable[[], None]], object]) -> Any:
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder))
    at_end(writer.close)
    return writer


def _tag(point: Point) -> str:
    """Return the name of a curve: TensorBoard shows the splits of a metric side by side."""
    return f"{point.metric}/{point.split}" if point.split else point.metric


def _event(point: Point) -> Any:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    value = Summary.Value(tag=_tag(point), simple_value=point.value)
    return Event(wall_time=point.time, step=point.epoch, summary=Summary(value=[value]))


def _check(folder: Path, written: Curves) -> None:
    """Check that TensorBoard reads what was written, in float32, as it stores values.

    Raises:
        CheckFailedError: If it does not.
    """
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for series in dict.fromkeys(series for series, _ in written):
        events = EventAccumulator(str(folder / series), size_guidance={"tensors": 0, "scalars": 0})
        events.Reload()
        for (of_series, tag), curve in written.items():
            if of_series != series:
                continue
            read = [(event.step, event.value) for event in events.Scalars(tag)]
            if read != [(epoch, float(np.float32(value))) for epoch, value in curve]:
                msg = f"TensorBoard reads {tag} of {series} otherwise than it was written"
                raise CheckFailedError(msg)
