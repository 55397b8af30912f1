"""The decision regions during training, as small images that a page plays."""

from __future__ import annotations

import base64
import io
import json
import math
from typing import TYPE_CHECKING, NamedTuple

import matplotlib.image
import numpy as np
import torch
from markupsafe import Markup

from nnlab.assembly.job import build_models
from nnlab.report.classes import class_colors
from nnlab.report.surfaces import MARGIN, mixed_colors
from nnlab.runs.weights import frames_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nnlab.report.run_view import RunView

PIXELS = 120
MAX_POINTS = 1_000


class Animation(NamedTuple):
    """What the page's player needs.

    Attributes:
        frames: JSON list of the epoch and the image of each frame, the image as a data URL.
        epochs: Epoch of each frame.
        points: The training points, as SVG.
    """

    frames: str
    epochs: list[int]
    points: Markup


def animate(source: RunView) -> Animation | None:
    """Return frames of the first seed for the page's player, or None if there are no regions."""
    frames = frames_in(source.run, source.run.snapshot)
    plane = source.plane
    if not frames or plane is None:
        return None
    x, y, raw = plane.grid(PIXELS, MARGIN)
    inputs = plane.to_inputs(raw)
    images = [{"epoch": e, "image": _image(source, inputs, w)} for e, w in frames.items()]
    colors = class_colors(len(source.class_names))
    points = _points(*plane.splits["train"], x, y, colors)
    return Animation(json.dumps(images), [*frames], points)


@torch.no_grad()
def _image(source: RunView, inputs: Tensor, weights: dict[str, Tensor]) -> str:
    """Return the regions of one frame as a data URL."""
    (model,) = build_models(source.config, source.job.dataset.spec, source.job.seeds[:1])
    model.load_state_dict({name: tensor[0] for name, tensor in weights.items()})
    probs = source.probabilities(model.eval()(inputs)).numpy().reshape(PIXELS, PIXELS, -1)
    stream = io.BytesIO()
    pixels = (mixed_colors(probs) * 255).round().astype(np.uint8)
    matplotlib.image.imsave(stream, np.ascontiguousarray(pixels[::-1]), format="png")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def _points(
    points: np.ndarray, targets: np.ndarray, x: np.ndarray, y: np.ndarray, colors: Sequence[str]
) -> Markup:
    """Return points in the colours of their classes as an SVG of the size of the images."""
    every = math.ceil(len(points) / MAX_POINTS)
    points, targets = points[::every], targets[::every]
    across = 1000 * (points[:, 0] - x[0]) / (x[-1] - x[0])
    down = 1000 * (y[-1] - points[:, 1]) / (y[-1] - y[0])
    circles = Markup("").join(
        Markup('<circle cx="{:.0f}" cy="{:.0f}" r="7" fill="{}"/>').format(cx, cy, colors[target])
        for cx, cy, target in zip(across, down, targets.tolist(), strict=True)
    )
    head = Markup(
        '<svg viewBox="0 0 1000 1000" stroke="#fff" stroke-width="1.5" aria-hidden="true">'
    )
    return head + circles + Markup("</svg>")
