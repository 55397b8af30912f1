"""Histograms of weights, activations and gradients, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from torch import nn

from nnlab.assembly.job import build_models
from nnlab.report.labels import headings
from nnlab.report.style import COLORS, format_label, is_narrow, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch import Tensor

    from nnlab.report.run_view import RunView

NUM_BINS = 30
KINDS = ("weights", "activations", "gradients")


class Layer(NamedTuple):
    """What is drawn of one layer, each flat.

    Attributes:
        name: Its name in the model.
        weights: Its weights.
        activations: What the next layer receives of it; for the last layer, the outputs.
        gradients: Gradient of the loss by its weights.
    """

    name: str
    weights: np.ndarray
    activations: np.ndarray
    gradients: np.ndarray


def init(*sources: RunView) -> Figure:
    """Draw the first seed of each run at initialisation, in the same axes."""
    names = headings([source.run for source in sources])
    return _draw([layers_of(source, _initial(source)) for source in sources], names)


def histograms(source: RunView) -> Figure:
    """Draw the first seed at initialisation and after training."""
    trained = _initial(source)
    trained.load_state_dict({n: tensor[0] for n, tensor in source.job.learner.weights().items()})
    both = [layers_of(source, model) for model in (_initial(source), trained)]
    return _draw(both, ["at initialisation", "after training"])


def layers_of(source: RunView, model: nn.Module) -> list[Layer]:
    """Return what each layer with weights does to a batch of training examples."""
    probe = source.job.probe
    layers = {m: n for n, m in model.named_modules() if isinstance(m, nn.Linear | nn.Conv2d)}
    received: list[Tensor] = []
    handles = [
        layer.register_forward_pre_hook(lambda _, given: received.append(given[0].detach()))
        for layer in layers
    ]
    with torch.enable_grad():
        outputs = model.eval()(probe.inputs)
        loss = probe.task.criterion(outputs, probe.targets)
        loss.backward()  # type: ignore[no-untyped-call]
    for handle in handles:
        handle.remove()
    activations = [*received[1:], outputs.detach()]
    return [
        Layer(name.removeprefix("layers."), *map(_flat, (layer.weight, passed, layer.weight.grad)))
        for (layer, name), passed in zip(layers.items(), activations, strict=True)
    ]


def _initial(source: RunView) -> nn.Module:
    spec, seeds = source.job.dataset.spec, source.job.seeds[:1]
    (model,) = build_models(source.config, spec, seeds)
    return model


def _flat(tensor: Tensor) -> np.ndarray:
    values: np.ndarray = tensor.detach().double().flatten().numpy()
    return values


def _draw(models: Sequence[list[Layer]], names: Sequence[str]) -> Figure:
    """Draw a row of panels per layer: weights, activations, gradients of every model."""
    rows = max(map(len, models))
    figure = new_figure(9, 0.9 + 1.7 * rows)
    grid = figure.subplots(rows, len(KINDS), squeeze=False)
    for row, panels in enumerate(grid):
        shown = [layers[row] if row < len(layers) else None for layers in models]
        for kind, axes in zip(KINDS, panels, strict=True):
            _draw_panel(axes, [getattr(layer, kind) if layer else None for layer in shown])
            axes.set_title(kind if row == 0 else "")
        name = next(layer.name for layer in shown if layer)
        panels[0].set_ylabel(f"layer {name}" if name.isdigit() else name)
    colors = [COLORS[index % len(COLORS)] for index in range(len(names))]
    handles = [
        Line2D([], [], color=color, linewidth=2, label=format_label(name))
        for color, name in zip(colors, names, strict=True)
    ]
    columns = 1 if is_narrow() else 3
    figure.legend(handles=handles, loc="outside lower left", ncols=columns)
    return figure


def _draw_panel(axes: Axes, series: Sequence[np.ndarray | None]) -> None:
    """Draw the density of each series over common bins, and state the standard deviations."""
    found = np.concatenate([values for values in series if values is not None])
    edges = np.histogram_bin_edges(found[np.isfinite(found)], NUM_BINS)
    for index, values in enumerate(series):
        if values is None:
            continue
        color = COLORS[index % len(COLORS)]
        density, _ = np.histogram(values, edges, density=True)
        axes.stairs(density, edges, fill=True, fc=to_rgba(color, 0.25), ec=color, lw=1.2)
        axes.text(
            0.98, 0.94 - 0.13 * index, f"std {values.std():.2g}", color=color, fontsize="small",
            ha="right", va="top", transform=axes.transAxes,
        )  # fmt: skip
    axes.set_yticks([])
    axes.locator_params(axis="x", nbins=2 if is_narrow() else 4)
