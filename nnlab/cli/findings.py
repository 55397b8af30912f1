"""What is said of an experiment's design before it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab import console
from nnlab.check.lint import config_warnings

if TYPE_CHECKING:
    from nnlab.config.experiment import ExperimentConfig


def print_warnings(config: ExperimentConfig, reference: str) -> None:
    """Print the linter's warnings on stderr, one line each; what it says of the data is not read."""
    warnings = config_warnings(config)
    for line in warnings:
        console.print_note(f"warning {line}")
    if warnings:
        console.print_note(f"more: nnlab check {reference}")
