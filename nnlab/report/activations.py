"""Pictures of activation functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nnlab.models.layers import ACTIVATIONS
from nnlab.report.style import COLORS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnlab.report.run_view import RunView

USUAL = ("sigmoid", "tanh", "relu")


def activations(source: RunView) -> Figure:
    """Draw sigmoid, tanh and ReLU over [-5, 5], and the model's own."""
    own = source.config.model.hidden_activation
    names = [*USUAL, *({own} - set(USUAL) if own else ())]
    z = torch.linspace(-5, 5, 401)
    figure = new_figure(9, 2.6)
    panels = figure.subplots(1, len(names), squeeze=False)[0]
    for axes, name in zip(panels, names, strict=True):
        is_own = name == own
        axes.plot(z, ACTIVATIONS[name]()(z), color=COLORS[1 if is_own else 0], linewidth=2)
        axes.set(title=f"{name} (this model's)" if is_own else name, xlabel="z")
    return figure
