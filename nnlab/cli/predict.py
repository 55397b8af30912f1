"""nnlab predict."""

from __future__ import annotations

import csv
import io
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab import api, console
from nnlab.data.tabular import read_table
from nnlab.errors import DataError
from nnlab.runs.inference import predict as predict_rows
from nnlab.runs.load import stored_preprocessing
from nnlab.storage.atomic import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.data.types import Preprocessing, Spec
    from nnlab.storage.run_dir import RunDir

# Pillow raises SyntaxError for a broken PNG.
PICTURE_ERRORS = (OSError, ValueError, SyntaxError)
IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp"}


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
        console.say_json({"schema_version": 1, "run": run.id, "predictions": rows})
    elif output is not None:
        return
    elif console.is_terminal(sys.stdout):
        cells = [[str(value) for value in flat.values()] for flat in map(_flat, rows)]
        console.say_table(list(_flat(rows[0])), cells, left=2)
    else:
        _write_csv(rows, sys.stdout)


def _read(file: Path, run: RunDir, preprocessing: Preprocessing, spec: Spec) -> np.ndarray:
    if preprocessing.feature_names:
        separator = run.config.dataset.column_separator
        return read_table(file, separator).matrix(preprocessing.feature_names)
    if file.suffix.lower() not in IMAGE_SUFFIXES:
        msg = f"run {run.id} takes pictures; {file} is none of {', '.join(sorted(IMAGE_SUFFIXES))}"
        raise DataError(msg)
    return _read_image(file, (spec.input_shape[1], spec.input_shape[2]))


def _read_image(file: Path, size: tuple[int, int]) -> np.ndarray:
    """Return a picture as grey pixels in the size the model takes, ``(1, 1, H, W)`` uint8."""
    from PIL import Image

    try:
        with Image.open(file) as image:
            # convert() would cut 16 bits off at 255
            is_deep = image.mode.startswith("I")
            eight_bits = image.point(lambda value: value / 256) if is_deep else image
            grey = eight_bits.convert("L").resize((size[1], size[0]), Image.Resampling.LANCZOS)
    except FileNotFoundError as error:
        msg = f"there is no file {file}"
        raise DataError(msg) from error
    except (Image.DecompressionBombError, *PICTURE_ERRORS) as error:
        msg = f"{file} is not a picture that can be read: {error}"
        raise DataError(msg) from error
    pixels = np.array(grey)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if border.mean() > 127:
        console.note(f"{file} has a bright background; the training images are white on black")
    return pixels[None, None]


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
