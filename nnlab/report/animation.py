"""The decision regions over the course of training, as small images that a page plays."""

from __future__ import annotations

import base64
import io
import json
import math
from typing import TYPE_CHECKING, Any

import matplotlib.image
import numpy as np
import torch
from markupsafe import Markup

from nnlab.assembly.job import build_models
from nnlab.report.style import COLORS
from nnlab.report.surfaces import mixed_colors, plane
from nnlab.training.recorder import under

if TYPE_CHECKING:
    from torch import Tensor

    from nnlab.report.run_view import RunView

PIXELS = 120
MAX_POINTS = 1_000


def animate(source: RunView) -> dict[str, Any] | None:
    """Return frames for the page's player, or None if the run kept none."""
    frames = under(source.run.checkpoint.tensors, "frame.")
    epochs = sorted({int(name.partition(".")[0]) for name in frames})
    if not epochs:
        return None
    x, y, raw = plane(source, PIXELS)
    inputs = source.from_raw(raw)
    images = [_image(source, inputs, under(frames, f"{epoch}.")) for epoch in epochs]
    return {
        "frames": json.dumps(
            [{"epoch": e, "image": image} for e, image in zip(epochs, images, strict=True)]
        ),
        "epochs": epochs,
        "aspect": "1",
        "points": _points(source, x, y),
    }


@torch.no_grad()
def _image(source: RunView, inputs: Tensor, weights: dict[str, Tensor]) -> str:
    """Return the regions of one moment as a data URL."""
    (model,) = build_models(source.config, source.job.dataset.spec, source.job.seeds[:1])
    model.load_state_dict(weights)
    shares = source.probabilities(model.eval()(inputs)).numpy().reshape(PIXELS, PIXELS, -1)
    stream = io.BytesIO()
    pixels = (mixed_colors(shares) * 255).round().astype(np.uint8)
    matplotlib.image.imsave(stream, np.ascontiguousarray(pixels[::-1]), format="png")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def _points(source: RunView, x: np.ndarray, y: np.ndarray) -> Markup:
    """Return the training points as an SVG as large as the images."""
    part = source.job.dataset.train
    every = math.ceil(len(part) / MAX_POINTS)
    points = source.to_raw(part.inputs[::every])
    across = 1000 * (points[:, 0] - x[0]) / (x[-1] - x[0])
    down = 1000 * (y[-1] - points[:, 1]) / (y[-1] - y[0])
    circles = Markup("").join(
        Markup('<circle cx="{:.0f}" cy="{:.0f}" r="7" fill="{}"/>').format(cx, cy, COLORS[target])
        for cx, cy, target in zip(across, down, part.targets[::every].tolist(), strict=True)
    )
    head = Markup(
        '<svg viewBox="0 0 1000 1000" stroke="#fff" stroke-width="1.5" aria-hidden="true">'
    )
    return head + circles + Markup("</svg>")
