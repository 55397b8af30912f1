"""nnlab eval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlab import api, console
from nnlab.errors import CheckFailedError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def evaluate(
    reference: str,
    *,
    split: str,
    checkpoint: str | None,
    device: str,
    minima: Sequence[str],
    data_dir: str | None,
    data_file: Path | None,
    runs_dir: str | None,
    as_json: bool,
) -> None:
    """Print the metrics of a stored run; fail if one is below what was asked for."""
    wanted = [_parse_minimum(text) for text in minima]
    result = api.evaluate(
        reference,
        split,
        checkpoint=checkpoint,
        device=device,
        data_dir=data_dir,
        data_file=data_file,
        runs_dir=runs_dir,
    )
    if as_json:
        console.print_json(result)
    else:
        _say(result)
    _check(result[split], wanted)


def _say(result: dict[str, Any]) -> None:
    split = result["split"]
    rows = [
        [name, console.format_metric(name, value, result[f"{split}_std"][name])]
        for name, value in result[split].items()
    ]
    count = f"{result['num_examples']:,} {split} examples"
    console.print_line(f"{result['run']}: {result['checkpoint']} weights, {count}")
    console.print_table(["", split], rows)
    per_class = result["per_seed"][0][split].get("per_class")
    if per_class:
        seed = result["per_seed"][0]["seed"]
        columns = ["class", "precision", "recall", "f1", "support"]
        cells = [
            [name, *(console.format_metric(c, row[c]) for c in columns[1:4]), str(row["support"])]
            for name, row in per_class.items()
        ]
        console.print_table(columns, cells, title=f"by class, seed {seed}")


def _parse_minimum(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError as error:
        msg = f"--min {text}: should look like accuracy=0.97"
        raise ConfigError(msg) from error


def _check(metrics: dict[str, float], wanted: Sequence[tuple[str, float]]) -> None:
    for name, minimum in wanted:
        if name not in metrics:
            msg = f"--min {name}: unknown metric; this run has {', '.join(metrics)}"
            raise ConfigError(msg)
        if not metrics[name] >= minimum:
            msg = f"{name} is {metrics[name]:.6g}, below the wanted {minimum:g}"
            raise CheckFailedError(msg)
