"""Experiments with the user's own code, in a folder."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

NET = """
    from torch import nn

    from layers.blocks import residual


    class MyNet(nn.Module):
        \"\"\"Residual layers with dropout.\"\"\"

        def __init__(
            self, num_inputs: int, num_outputs: int, width: int = 8, dropout: float = 0.1,
            rates: tuple[float, ...] = (0.5, 1), skip: bool = True,
        ):
            super().__init__()
            self.first = nn.Linear(num_inputs, width)
            self.hidden = nn.Linear(width, width)
            self.drop = nn.Dropout(dropout)
            self.last = nn.Linear(width, num_outputs)

        def forward(self, inputs):
            hidden = self.first(inputs.flatten(1)).tanh()
            return self.last(residual(hidden, self.drop(self.hidden(hidden).relu())))
    """
BLOCKS = """
    def residual(inputs, change):
        return inputs + change
    """
LOSSES = """
    import torch.nn.functional as F


    def focal(logits, targets, gamma: float = 2.0):
        losses = F.cross_entropy(logits, targets, reduction="none")
        return (1 - (-losses).exp()) ** gamma * losses
    """
OPTIMIZERS = """
    import torch


    class Plain(torch.optim.Optimizer):
        def __init__(self, params, lr: float, scale: float = 1.0):
            super().__init__(params, {"lr": lr, "scale": scale})

        @torch.no_grad()
        def step(self, closure):
            with torch.enable_grad():
                loss = closure()
            for group in self.param_groups:
                for parameter in group["params"]:
                    parameter -= group["lr"] * group["scale"] * parameter.grad
            return loss
    """
DATA = """
    from pathlib import Path

    import numpy as np


    def rings(num: int = 120, noise: float = 0.1):
        generator = np.random.default_rng(0)
        targets = np.arange(num) % 2
        radius = 1 + targets + generator.normal(0, noise, num)
        angle = generator.uniform(0, 6.28, num)
        inputs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
        return inputs, targets, ["inner", "outer"]


    def archive(path: Path):
        arrays = np.load(path)
        return arrays["X"], arrays["y"]
    """
EXPERIMENT = """
    dataset: {name: "my_data.py:rings"}
    model: {name: "my_net.py:MyNet", width: 6}
    loss: {name: "my_losses.py:focal", gamma: 1.0}
    optimizer: {name: "my_optimizers.py:Plain", lr: 0.1}
    train: {epochs: 3, batch_size: 32, seeds: 2, threads: 1}
    """
FILES = {
    "my_net.py": NET,
    "layers/blocks.py": BLOCKS,
    "my_losses.py": LOSSES,
    "my_optimizers.py": OPTIMIZERS,
    "my_data.py": DATA,
    "mine.yaml": EXPERIMENT,
}


def write_project(folder: Path, **changed: str) -> Path:
    """Write an experiment whose every component is own code, and return its path.

    Args:
        folder: Where.
        changed: Other contents, by the stem of the file.
    """
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(changed.get(path.stem, text)).lstrip())
    return folder / "mine.yaml"
