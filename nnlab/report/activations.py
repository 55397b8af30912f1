"""Pictures of activation functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean
from nnlab.models.layers import ACTIVATIONS
from nnlab.report.style import COLORS, is_narrow, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from nnlab.report.run_view import RunView

USUAL = ("sigmoid", "tanh", "relu")
MAX_COLUMNS = 4


def activations(source: RunView) -> Figure:
    """Draw sigmoid, tanh and ReLU over [-5, 5], and the model's own."""
    own = own_activation(source)
    return draw_functions([*USUAL, *({own} - set(USUAL) if own else ())], own)


def own_activation(source: RunView) -> str | None:
    """Return the activation of the hidden layers; None if there is none."""
    names = {kind: name for name, kind in ACTIVATIONS.items()}
    found = [
        names[type(module)]
        for name, module in source.job.probe.model.named_modules()
        if type(module) in names and name != "output_activation"
    ]
    return found[0] if found else None


def draw_functions(names: Sequence[str], own: str | None = None) -> Figure:
    """Draw activation functions over [-5, 5].

    Args:
        names: The functions.
        own: The one to point out.

    Raises:
        ConfigError: If there is no function of a name.
    """
    for name in names:
        if name not in ACTIVATIONS:
            hint = did_you_mean(name, ACTIVATIONS)
            msg = f"unknown activation '{name}'{hint}; known: {', '.join(ACTIVATIONS)}"
            raise ConfigError(msg)
    columns = min(len(names), 2 if is_narrow() else MAX_COLUMNS)
    rows = -(-len(names) // columns)
    figure = new_figure(9 * max(columns, 2) / MAX_COLUMNS if columns < 3 else 9, 2.6 * rows)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    z = torch.linspace(-5, 5, 101)
    for axes, name in zip(panels, names, strict=False):
        is_own = name == own
        axes.plot(z, ACTIVATIONS[name]()(z), color=COLORS[1 if is_own else 0], linewidth=2)
        axes.set(title=f"{name} (this model's)" if is_own else name, xlabel="z")
    for axes in panels[len(names) :]:
        axes.set_axis_off()
    return figure
