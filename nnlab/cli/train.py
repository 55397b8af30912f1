"""nnlab train, nnlab resume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab import api, console
from nnlab.cli.findings import print_warnings
from nnlab.errors import ConfigError, RunError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnlab.storage.run_dir import RunDir


def train(
    config: str | None,
    overrides: Sequence[str],
    *,
    seeds: int | None,
    device: str | None,
    data_dir: str | None,
    data_file: Path | None,
    runs_dir: str | None,
    resume_run: str | None,
) -> None:
    """Train an experiment, or go on with a run, and print the results and the run directory."""
    if resume_run is not None:
        if config is not None:
            _check_same_experiment(config, overrides, resume_run, runs_dir)
        resume(resume_run, data_dir=data_dir, data_file=data_file, runs_dir=runs_dir)
        return
    if config is None:
        msg = "which experiment? give a config file or one of 'nnlab list configs'"
        raise ConfigError(msg)
    print_warnings(api.as_config(config, overrides, seeds=seeds, device=device), config)
    run = api.train(
        config,
        overrides,
        seeds=seeds,
        device=device,
        data_dir=data_dir,
        runs_dir=runs_dir,
        watch=console.watch,
    )
    print_results(run)


def resume(
    reference: str, *, data_dir: str | None, data_file: Path | None, runs_dir: str | None
) -> None:
    """Go on with an interrupted run and print the results and the run directory."""
    before = api.load_run(reference, runs_dir=runs_dir)
    if before.status == "finished":
        console.print_note(f"run {before.id} is finished; there is nothing to go on with")
    run = api.resume(before, data_dir=data_dir, data_file=data_file, watch=console.watch)
    print_results(run)


def _check_same_experiment(
    config: str, overrides: Sequence[str], reference: str, runs_dir: str | None
) -> None:
    run = api.load_run(reference, runs_dir=runs_dir)
    if api.as_config(config, overrides).training_fields() != run.config.training_fields():
        msg = (
            f"run {run.id} is another experiment than {config} with these overrides; "
            f"'nnlab resume {run.id}' goes on with it as it is"
        )
        raise RunError(msg)


def print_results(run: RunDir) -> None:
    """Print the metrics of a finished run; its directory is the last line."""
    summary = run.summary
    parts = [part for part in ("test", "val", "train") if part in summary]
    metrics = list(summary[parts[0]])
    rows = [
        [
            metric,
            *(
                console.format_metric(metric, summary[part][metric], summary[f"{part}_std"][metric])
                for part in parts
            ),
        ]
        for metric in metrics
    ]
    sizes = [f"{part} ({summary['num_evaluated'][part]:,})" for part in parts]
    console.print_table(["", *sizes], rows, optional=sizes[:0:-1])
    num_seeds = len(summary["per_seed"])
    spread = f"mean +- standard deviation of {num_seeds} seeds, " if num_seeds > 1 else ""
    console.print_line(
        f"{spread}{summary['checkpoint']} weights, {summary['epochs']} epochs in "
        f"{summary['train_seconds']:.1f} s"
    )
    console.print_line(str(run.path))
