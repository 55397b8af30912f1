"""A picture drawn on the page, prepared and answered as ``nnlab predict`` does."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from nnlab.errors import ConfigError
from nnlab.runs.load import open_run
from nnlab.runs.new_pictures import read_picture
from nnlab.runs.predictions import record_of
from nnlab.runs.predictor import Predictor
from nnlab.ui.helper.networks import check_own, takes_torch

if TYPE_CHECKING:
    from nnlab.runs.load import StoredRun
    from nnlab.storage.run_dir import RunDir
    from nnlab.ui.lab import Lab

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


def answer_of(lab: Lab, folder: RunDir, body: dict[str, Any]) -> dict[str, Any]:
    """Return what the seeds of a run say of a picture that a page has sent; see ``answer``.

    Raises:
        RunError: If the run has no weights, or has code of its own.
        ConfigError: If it takes no pictures, or the body is none.
    """
    pixels, run = pixels_of(body), open_run(folder)
    check_own(run)
    if takes_torch(run.config):
        sides = {"height": len(pixels), "width": pixels.shape[1]}
        picture = {**sides, "pixels": pixels.ravel().tolist()}
        return lab.helper.ask({"do": "predict", "run": run.id, "picture": picture})
    return answer(run, Predictor(run), pixels)


def answer(run: StoredRun, predictor: Predictor, pixels: np.ndarray) -> dict[str, Any]:
    """Return what the seeds of a run say of a picture: their mean, and each alone.

    Args:
        run: The run.
        predictor: Its networks.
        pixels: ``(H, W)`` uint8, as a scanner would see it.

    Raises:
        ConfigError: If it takes no pictures.
    """
    picture = read_picture(run, io.BufferedReader(_png(pixels)), NAME)
    names = run.preprocessing.class_names
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
