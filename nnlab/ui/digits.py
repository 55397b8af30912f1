"""A picture drawn on the page, prepared and answered as ``nnlab predict`` does."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from nnlab.errors import ConfigError, RunError
from nnlab.native.library import find_library
from nnlab.runs.load import open_run
from nnlab.runs.new_pictures import read_picture
from nnlab.runs.predictions import record_of
from nnlab.runs.predictor import Predictor

if TYPE_CHECKING:
    from nnlab.storage.run_dir import RunDir

MAX_SIDE = 256
NAME = "the drawing"


def pixels_of(body: dict[str, Any]) -> np.ndarray:
    """Return the grey pixels ``(H, W)`` of a request, uint8.

    Raises:
        ConfigError: If they are none.
    """
    width, height, values = (body.get(key) for key in ("width", "height", "pixels"))
    sides = [side for side in (width, height) if type(side) is int and 1 <= side <= MAX_SIDE]
    is_list = isinstance(values, list) and all(type(v) is int and 0 <= v <= 255 for v in values)
    if len(sides) != 2 or not is_list or len(values or ()) != sides[0] * sides[1]:
        msg = (
            'the body must be {"width": W, "height": H, "pixels": [...]}: W * H whole numbers from 0 '
            f"to 255, row by row, and sides of at most {MAX_SIDE}"
        )
        raise ConfigError(msg)
    return np.array(values, dtype=np.uint8).reshape(sides[1], sides[0])


def answer_of(folder: RunDir, pixels: np.ndarray) -> dict[str, Any]:
    """Return what the seeds of a run say of a picture: their mean, and each alone.

    Args:
        folder: The run.
        pixels: ``(H, W)`` uint8, as a scanner would see it.

    Raises:
        RunError: If the run has no weights, or answers only with torch.
        ConfigError: If it takes no pictures.
    """
    run = open_run(folder)
    if not run.config.model.layer_names or find_library() is None:
        msg = (
            f"run {run.id} answers with torch; save the drawing, then: nnlab predict {run.id} FILE"
        )
        raise RunError(msg)
    picture = read_picture(run, io.BufferedReader(_png(pixels)), NAME)
    predictor, names = Predictor(run), run.preprocessing.class_names
    seeds = [run.config.train.replica_seeds[replica] for replica in run.alive]
    each = predictor.of_replicas(picture.pixels[None])[:, 0]
    return {
        **record_of(predictor(picture.pixels[None])[0], names),
        "seeds": [
            {"seed": seed, **record_of(one, names)} for seed, one in zip(seeds, each, strict=True)
        ],
        "note": "; ".join(picture.notes),
        "prepared": {
            "width": picture.pixels.shape[-1],
            "height": picture.pixels.shape[-2],
            "pixels": picture.pixels.ravel().tolist(),
        },
    }


def _png(pixels: np.ndarray) -> io.BytesIO:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    stream.seek(0)
    return stream
