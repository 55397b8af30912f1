"""nnlab predict."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from nnlab import console
from nnlab.cli.options import AsJson, Checkpoint, Run, RunsDir
from nnlab.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from nnlab.data.types import DataSpec, Preprocessing
    from nnlab.storage.run_dir import RunDir

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp"}


def predict(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV table of new rows, or image.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write a CSV file instead of a table."),
    ] = None,
    checkpoint: Checkpoint = None,
    runs_dir: RunsDir = None,
    as_json: AsJson = False,
) -> None:
    """Predict classes or values for new data.

    The data go through the preprocessing of the run. Prints the class and the probabilities of
    every row, or its value: a table on a terminal, else CSV.

    Example: nnlab predict latest flowers.csv -o predictions.csv
    """
    from nnlab import api
    from nnlab.runs.inference import predict_rows
    from nnlab.runs.load import stored_preprocessing

    found = api.load_run(run, runs_dir=runs_dir)
    preprocessing, spec = stored_preprocessing(found)
    raw = _read(file, found, preprocessing, spec)
    predictions = predict_rows(found, raw, checkpoint).numpy()
    rows = [_row(number, value, preprocessing) for number, value in enumerate(predictions, start=1)]
    if output is not None:
        _write_file(rows, output)
    if as_json:
        console.print_json({"schema_version": 1, "run": found.id, "predictions": rows})
    elif output is None:
        _print(rows)


def _read(file: Path, run: RunDir, preprocessing: Preprocessing, spec: DataSpec) -> np.ndarray:
    from nnlab.data.tabular import read_table

    if preprocessing.feature_names:
        delimiter = getattr(run.config.dataset, "delimiter", ",")
        return read_table(file, delimiter).matrix(preprocessing.feature_names)
    if file.suffix.lower() not in IMAGE_SUFFIXES:
        known = ", ".join(sorted(IMAGE_SUFFIXES))
        msg = f"run {run.id} takes images ({known}), and {file} is not one"
        raise DataError(msg)
    return _read_image(file, (spec.input_shape[1], spec.input_shape[2]))


def _read_image(file: Path, size: tuple[int, int]) -> np.ndarray:
    """Return an image as grey pixels in the size the model takes, ``(1, 1, H, W)`` uint8."""
    import numpy as np
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
    # Pillow raises SyntaxError for a broken PNG.
    except (Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        msg = f"{file} cannot be read as an image: {error}"
        raise DataError(msg) from error
    pixels = np.array(grey)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if border.mean() > 127:
        console.print_note(
            f"{file} has a bright background; the training images are white on black"
        )
    return pixels[None, None]


def _row(number: int, prediction: np.ndarray, preprocessing: Preprocessing) -> dict[str, Any]:
    if not preprocessing.class_names:
        return {"row": number, "value": float(prediction)}
    probs = dict(zip(preprocessing.class_names, prediction.tolist(), strict=True))
    best = max(probs, key=lambda name: probs[name])
    return {"row": number, "class": best, "probabilities": probs}


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    if "value" in row:
        return {"row": row["row"], "value": f"{row['value']:.6g}"}
    probs = {f"p({name})": f"{prob:.6f}" for name, prob in row["probabilities"].items()}
    return {"row": row["row"], "class": row["class"], **probs}


def _print(rows: list[dict[str, Any]]) -> None:
    if not console.is_terminal(sys.stdout):
        _write_csv(rows, sys.stdout)
        return
    cells = [[str(value) for value in _cells(row).values()] for row in rows]
    console.print_table(list(_cells(rows[0])), cells, left=2)


def _write_file(rows: list[dict[str, Any]], path: Path) -> None:
    import io

    from nnlab.storage.atomic import write_atomic

    stream = io.StringIO(newline="")
    _write_csv(rows, stream)
    write_atomic(path, stream.getvalue().encode())
    console.print_note(f"{len(rows)} predictions in {path}")


def _write_csv(rows: list[dict[str, Any]], stream: TextIO) -> None:
    import csv

    cells = [_cells(row) for row in rows]
    writer = csv.DictWriter(stream, fieldnames=list(cells[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells)
