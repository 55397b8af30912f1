"""ONNX: a run as one graph, from raw rows to answers."""

from __future__ import annotations

import contextlib
import json
import logging
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from nnlab.assembly.activations import activations_of
from nnlab.assembly.footprint import available_memory
from nnlab.assembly.learner import DTYPES
from nnlab.data.inputs import EVAL_BATCH_SIZE
from nnlab.errors import ConfigError, RunError
from nnlab.export.answers import Answers
from nnlab.export.checking import Answered, check
from nnlab.export.formats import Exported, describe_size
from nnlab.export.placing import placed
from nnlab.export.source import Source, read_source
from nnlab.runs.inference import load_models
from nnlab.training.runtime import num_threads
from nnlab.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onnxruntime import InferenceSession

    from nnlab.runs.load import StoredRun
    from nnlab.storage.folders import Folders

SUFFIX = ".onnx"
# The whole split is answered at once if its activations need at most this part of the free memory.
MAX_MEMORY_FRACTION = 0.25
ORT_ERRORS_ONLY = 3


def export_onnx(
    run: StoredRun,
    output: Path | None,
    folders: Folders,
    *,
    seed: int | None = None,
    ensemble: bool = False,
    checkpoint: str | None = None,
) -> Exported:
    """Export a run as an ONNX graph; see ``nnlab.export``.

    Raises:
        ConfigError: If a package is missing, or the options or the output are not possible.
        RunError: If torch cannot export the model.
        CheckFailedError: If ONNX Runtime answers otherwise than the run.
    """
    _check_packages()
    path = Path(f"{run.config.name}{SUFFIX}") if output is None else output
    if path.suffix.lower() != SUFFIX:
        msg = f"-o {path}: the file name must end in {SUFFIX}"
        raise ConfigError(msg)
    with placed(path) as temporary:
        source = read_source(
            run, folders, to="onnx", seed=seed, ensemble=ensemble, checkpoint=checkpoint
        )
        session, precision = _write_running(source, temporary)
        opset = _opset(temporary)
        agreement = check(source, partial(_answer, session, _largest_batch(source)), precision)
    size = describe_size(path.stat().st_size)
    facts = {"opset": opset, "precision": precision, "seeds": source.seeds, **agreement.to_json()}
    text = f"exported {path} (opset {opset}, {size}): {agreement.text}"
    return Exported(run.id, "onnx", path, text, facts)


def _check_packages() -> None:
    try:
        import onnx  # noqa: F401 - to know that it is there
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401 - torch exports with it
    except ImportError as error:
        msg = f"--to onnx needs {error.name}: pip install 'nnlab[onnx]'"
        raise ConfigError(msg) from error


def _write_running(source: Source, path: Path) -> tuple[InferenceSession, str]:
    """Write a graph that ONNX Runtime can run; return the session, and the type it computes in.

    ONNX Runtime has no float64 for some operations, such as convolutions; they need float32.

    Raises:
        RunError: If torch cannot export the model, or ONNX Runtime cannot run it.
    """
    from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NoKernelError

    dtype = DTYPES[source.run.config.train.precision]
    _write(source, path, dtype)
    try:
        session = _open(path)
    except NoKernelError as error:
        if dtype is torch.float32:
            msg = f"ONNX Runtime cannot run the model of run {source.run.id}: {error}"
            raise RunError(msg) from error
        dtype = torch.float32
        _write(source, path, dtype)
        session = _open(path)
    return session, str(dtype).removeprefix("torch.")


def _write(source: Source, path: Path, dtype: torch.dtype) -> None:
    """Write the graph of a run.

    Raises:
        RunError: If torch cannot export the model.
    """
    run = source.run
    models = load_models(run, source.seeds, source.which)
    module = Answers(run, models, source.replicas, dtype).eval()
    is_classification = run.spec.task == "classification"
    # torch.export takes a batch of one for a constant.
    example = torch.from_numpy(np.concatenate([source.rows[:1]] * 2))
    try:
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                module,
                (example,),
                dynamo=True,
                verbose=False,
                input_names=[input_name(source)],
                output_names=["probabilities", "class"] if is_classification else ["value"],
                dynamic_shapes=({0: torch.export.Dim("N")},),
            )
    except torch.onnx.errors.OnnxExporterError as error:
        reason = str(error.__cause__ or error).strip().partition("\n")[0]
        msg = f"torch cannot export the model of run {run.id} to ONNX: {reason}"
        raise RunError(msg) from error
    assert program is not None, "dynamo=True returns a program"
    _describe(program.model, source)
    program.save(path, external_data=False)


def _describe(model: Any, source: Source) -> None:
    """Say in a graph what it is, in place of where in the user's folders its code was."""
    for part in (*model.graph.all_nodes(), *model.graph.inputs, *model.graph.outputs):
        part.metadata_props.clear()
    model.metadata_props.clear()
    model.metadata_props.update(metadata_of(source))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence the exporter, which tells of its own progress and of deprecated functions."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def input_name(source: Source) -> str:
    """Return what the input of a graph is called."""
    return "pixels" if source.is_pixels else "features"


def metadata_of(source: Source) -> dict[str, str]:
    """Return what a graph says about itself; lists are JSON."""
    run, fitted = source.run, source.fitted
    lists: dict[str, Any] = {
        "seeds": source.seeds,
        "labels": fitted.class_names,
        "features": [column.name for column in fitted.table_columns],
        "columns": [column.to_json() for column in fitted.columns],
    }
    return {
        "nnlab_version": __version__,
        "run": run.id,
        "task": run.spec.task,
        **{name: json.dumps(value, ensure_ascii=False) for name, value in lists.items() if value},
    }


def _open(path: Path) -> InferenceSession:
    """Return a session that computes on as many threads as torch; by default it pins them to cores."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads()
    options.log_severity_level = ORT_ERRORS_ONLY
    return onnxruntime.InferenceSession(
        path.read_bytes(), options, providers=["CPUExecutionProvider"]
    )


def _opset(path: Path) -> int:
    """Return the version of the operators of a checked graph."""
    import onnx

    model = onnx.load(path)
    onnx.checker.check_model(model)
    return next(int(opset.version) for opset in model.opset_import if not opset.domain)


def _largest_batch(source: Source) -> int:
    """Return how many rows fit into memory at once."""
    run, size = source.run, len(source.rows)
    (model,) = load_models(run, source.seeds[:1], source.which)
    dtype = next(model.parameters()).dtype
    needed = activations_of(model, run.spec, run.config, batch_size=size, dtype=dtype)
    available = available_memory()
    fits = available is None or needed <= MAX_MEMORY_FRACTION * available
    return size if fits else min(size, EVAL_BATCH_SIZE)


def _answer(session: InferenceSession, largest: int, rows: np.ndarray) -> Answered:
    """Answer raw rows ``(N, ...)``, at most so many at once."""
    (argument,) = session.get_inputs()
    starts = range(0, len(rows), largest)
    batches = [session.run(None, {argument.name: rows[i : i + largest]}) for i in starts]
    answers, *classes = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    return Answered(answers.astype(np.float64), classes[0] if classes else None)
