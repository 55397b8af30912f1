"""nnlab train, nnlab resume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnlab import console
from nnlab.cli.options import DataDir, DataFile, Device, On, OnPage, Overrides, Run, RunsDir, Seeds
from nnlab.errors import ConfigError, RunError

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.api.sweeping import Sweep
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.runs.execute import Watcher
    from nnlab.storage.run_dir import RunDir


def train(
    config: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIG", help="Experiment file, or a bundled experiment (nnlab list configs)."
        ),
    ] = None,
    overrides: Overrides = None,
    seeds: Seeds = None,
    device: Device = None,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
    resume_run: Annotated[
        str | None,
        typer.Option("--resume", metavar="RUN", help="Resume this run instead of starting one."),
    ] = None,
    ui: OnPage = False,
) -> None:
    """Train an experiment.

    Prints the metrics; the last line on stdout is the run folder. An interrupted run can be
    resumed from its last checkpoint.

    Example: nnlab train spiral_mlp optimizer.lr=0.01 --seeds 5
    """
    from nnlab import api
    from nnlab.cli.progress import print_warnings
    from nnlab.cli.results import print_results

    if resume_run is not None:
        _check_kept(config, seeds, device)
        epochs = _epochs_of_same(config, overrides or [], seeds, resume_run, runs_dir)
        resume(resume_run, epochs, None, data_dir, data_file, runs_dir, ui)
        return
    config = _new(config, data_file)
    experiment = api.read_experiment(config, overrides or [], seeds=seeds, device=device)
    print_warnings(experiment.config, config)
    run = api.train(
        experiment,
        data_dir=data_dir,
        runs_dir=runs_dir,
        watch=_watcher(ui, runs_dir, data_dir),
        on_warning=console.print_note,
    )
    print_results(run)


def resume(
    run: Run,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Train to N epochs in total, also if the run has finished."
        ),
    ] = None,
    on: On = None,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
    ui: OnPage = False,
) -> None:
    """Resume a run or sweep, or train for more epochs.

    Continues from the last checkpoint and ends with the same bytes as a run that was never
    interrupted, or that was asked for all epochs at first.

    Example: nnlab resume latest --epochs 20
    """
    from nnlab import api
    from nnlab.cli.results import print_results

    if (found := api.load_sweep(run, runs_dir=runs_dir)) is not None:
        if ui:
            msg = f"--ui: {found.id} is a sweep; leave it out, and open its page with: nnlab ui"
            raise ConfigError(msg)
        _resume_sweep(found, epochs, on, data_dir)
        return
    if on is not None:
        msg = f"--on {on}: a run is trained in this process; leave it out"
        raise ConfigError(msg)
    interrupted = api.load_run(run, runs_dir=runs_dir)
    if interrupted.status == "finished" and epochs in {None, interrupted.config.train.epochs}:
        console.print_note(f"run {interrupted.id} has finished; nothing to resume")
    places = {"data_dir": data_dir, "data_file": data_file}
    watch = _watcher(ui, runs_dir, data_dir)
    print_results(api.resume(interrupted, epochs=epochs, watch=watch, **places))


def _watcher(ui: bool, runs_dir: str | None, data_dir: str | None) -> Watcher:
    """Return what shows a training on the terminal, and on the page of its run if asked."""
    from nnlab.cli.progress import watch

    if not ui:
        return watch
    from nnlab.cli.ui import on_page
    from nnlab.storage.folders import Folders

    return on_page(watch, Folders.choose(runs_dir, data_dir))


def _resume_sweep(sweep: Sweep, epochs: int | None, on: str | None, data_dir: str | None) -> None:
    from nnlab import api
    from nnlab.cli.sweep import print_sweep, say_done, say_start

    if epochs is not None:
        msg = f"--epochs: {sweep.id} is a sweep, whose plan says how long it trains; leave it out"
        raise ConfigError(msg)
    if sweep.status == "finished":
        console.print_note(f"sweep {sweep.id} has finished; nothing to resume")
    print_sweep(
        api.resume_sweep(sweep, data_dir=data_dir, on=on, on_start=say_start, on_done=say_done)
    )


def _new(config: str | None, data_file: Path | None) -> str:
    """Return the experiment of a new run.

    Raises:
        ConfigError: If there is none, or an option is for runs that are resumed.
    """
    if data_file is not None:
        msg = f"--data-file is for --resume; to train on another table: dataset.path={data_file}"
        raise ConfigError(msg)
    if config is None:
        msg = "which experiment? give a config file or one of 'nnlab list configs'"
        raise ConfigError(msg)
    return config


def _check_kept(config: str | None, seeds: int | None, device: str | None) -> None:
    """Refuse what a run that is resumed cannot change.

    Raises:
        ConfigError: Naming the option.
    """
    if device is not None or (seeds is not None and config is None):
        option = "--seeds" if device is None else "--device"
        msg = f"{option}: a run keeps the seeds and the device that it began with; leave it out"
        raise ConfigError(msg)


def _epochs_of_same(
    config: str | None,
    overrides: list[str],
    seeds: int | None,
    reference: str,
    runs_dir: str | None,
) -> int | None:
    """Return the epochs of an experiment that is the run's, but maybe for more epochs.

    None if there is no experiment.

    Raises:
        RunError: If it is another experiment.
    """
    from nnlab import api

    if config is None:
        return None
    run: RunDir = api.load_run(reference, runs_dir=runs_dir)
    wanted = api.as_config(config, overrides, seeds=seeds)
    if _with_epochs(wanted, 1) != _with_epochs(run.config, 1):
        msg = (
            f"run {run.id} does not belong to {config} with these settings; "
            f"to resume it unchanged: nnlab resume {run.id}"
        )
        raise RunError(msg)
    return wanted.train.epochs


def _with_epochs(config: ExperimentConfig, epochs: int) -> dict[str, Any]:
    """Return what training depends on, for this number of epochs."""
    fields = config.training_fields()
    return {**fields, "train": {**fields["train"], "epochs": epochs}}
