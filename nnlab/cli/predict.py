"""nnlab predict."""

from __future__ import annotations

import csv
import io
import sys
from typing import TYPE_CHECKING, Any

from nnlab import api, console
from nnlab.data.image_file import IMAGE_SUFFIXES, has_bright_background, read_image
from nnlab.data.tabular import read_table
from nnlab.errors import DataError
from nnlab.runs.inference import predict as predict_rows
from nnlab.runs.load import stored_preprocessing
from nnlab.storage import versions
from nnlab.storage.atomic import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from nnlab.data.types import Preprocessing, Spec
    from nnlab.storage.run_dir import RunDir


def predict(
    reference: str,
    file: Path,
    *,
    checkpoint: str | None,
    output: Path | None,
    runs_dir: str | None,
    as_json: bool,
) -> None:
    """Print or write what a run predicts for the rows of a table, or for a picture."""
    run = api.load_run(reference, runs_dir=runs_dir)
    preprocessing, spec = stored_preprocessing(run)
    raw = _read(file, run, preprocessing, spec)
    answers = predict_rows(run, raw, checkpoint).numpy()
    rows = [_row(number, answer, preprocessing) for number, answer in enumerate(answers, start=1)]
    if output is not None:
        stream = io.StringIO(newline="")
        _write_csv(rows, stream)
        write_atomic(output, stream.getvalue().encode())
        console.note(f"{len(rows)} predictions in {output}")
    if as_json:
        console.say_json({"schema_version": versions.OUTPUT, "run": run.id, "predictions": rows})
    elif output is not None:
        return
    elif console.is_terminal(sys.stdout):
        cells = [[str(value) for value in flat.values()] for flat in map(_flat, rows)]
        console.say_table(list(_flat(rows[0])), cells, left=2)
    else:
        _write_csv(rows, sys.stdout)


def _read(file: Path, run: RunDir, preprocessing: Preprocessing, spec: Spec) -> np.ndarray:
    if preprocessing.feature_names:
        delimiter = getattr(run.config.dataset, "delimiter", ",")
        return read_table(file, delimiter).matrix(preprocessing.feature_names)
    if file.suffix.lower() not in IMAGE_SUFFIXES:
        msg = f"run {run.id} takes pictures; {file} is none of {', '.join(sorted(IMAGE_SUFFIXES))}"
        raise DataError(msg)
    image = read_image(file, (spec.input_shape[1], spec.input_shape[2]))
    if has_bright_background(image):
        console.note(f"{file} has a bright background; the training images are white on black")
    return image


def _row(number: int, answer: np.ndarray, preprocessing: Preprocessing) -> dict[str, Any]:
    if not preprocessing.class_names:
        return {"row": number, "value": float(answer)}
    probabilities = dict(zip(preprocessing.class_names, answer.tolist(), strict=True))
    best = max(probabilities, key=lambda name: probabilities[name])
    return {"row": number, "class": best, "probabilities": probabilities}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    if "value" in row:
        return {"row": row["row"], "value": f"{row['value']:.6g}"}
    probabilities = {f"p({name})": f"{p:.6f}" for name, p in row["probabilities"].items()}
    return {"row": row["row"], "class": row["class"], **probabilities}


def _write_csv(rows: list[dict[str, Any]], stream: Any) -> None:
    flat = [_flat(row) for row in rows]
    writer = csv.DictWriter(stream, fieldnames=list(flat[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
