"""nnlab config validate|show|schema|init."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab import console
from nnlab.cli.help import add_commands, make_app
from nnlab.cli.options import AsJson, Config, Overrides, Overwrite, RunsDir, split_words
from nnlab.errors import ConfigError
from nnlab.storage import versions
from nnlab.storage.atomic import write_atomic
from nnlab.storage.outputs import check_output

if TYPE_CHECKING:
    from nnlab.config.experiment import ExperimentConfig

Winner = Annotated[
    bool, typer.Option("--winner", help="CONFIG is a sweep: show the experiment that won it.")
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to this file.")
]


def validate(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="CONFIG",
            help="Experiment files or sweeps; then KEY=VALUE settings for all of them.",
        ),
    ],
) -> None:
    """Report every error in experiment files and sweeps.

    Each error comes with its file, line and column, and often a fix. Exits with 2 on any error.

    Example: nnlab config validate my.yaml
    """
    references, overrides = split_words(files)
    if not references:
        msg = "which experiment? give a config file or one of 'nnlab list configs'"
        raise ConfigError(msg)
    problems = []
    for reference in references:
        try:
            _check(reference, overrides)
            console.print_line(f"{reference}: ok")
        except ConfigError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError("\n".join(problems))


def _check(reference: str, overrides: list[str]) -> None:
    from nnlab.config.bundled import find_sweep
    from nnlab.config.load import load_config
    from nnlab.config.sweep_check import check_sweep
    from nnlab.config.sweep_file import is_sweep_file, read_sweep

    path = find_sweep(reference)
    if is_sweep_file(path):
        check_sweep(read_sweep(path, overrides))
    else:
        load_config(path, overrides)


def show(
    config: Config,
    overrides: Overrides = None,
    winner: Winner = False,
    output: Output = None,
    overwrite: Overwrite = False,
    runs_dir: RunsDir = None,
    as_json: AsJson = False,
) -> None:
    """Print an experiment with all its defaults.

    With --winner, that of the winner of a sweep.

    Example: nnlab config show spiral_mlp train.epochs=5
    """
    from nnlab.config.bundled import find_config
    from nnlab.config.load import as_written, dump_config, load_config

    if output is not None:
        check_output(output, overwrite=overwrite)
    loaded = (
        _winner(config, overrides, runs_dir)
        if winner
        else load_config(find_config(config), overrides or [])
    )
    if output is not None:
        write_atomic(output, as_written(loaded).encode())
        console.print_line(str(output))
    elif as_json:
        console.print_json(
            {"schema_version": versions.OUTPUT, "config": loaded.model_dump(mode="json")}
        )
    else:
        console.print_exact(dump_config(loaded).rstrip())


def _winner(reference: str, overrides: list[str] | None, runs_dir: str | None) -> ExperimentConfig:
    from nnlab import api

    if overrides:
        msg = f"--winner shows what a sweep has found: leave out {overrides[0]}"
        raise ConfigError(msg)
    found = api.load_sweep(reference, runs_dir=runs_dir)
    if found is None:
        msg = f"--winner: {reference} is not a sweep; 'nnlab runs list' shows them"
        raise ConfigError(msg)
    return api.winner_of(found)


def schema() -> None:
    """Print the JSON Schema of experiment files.

    Editors use it to complete and check experiment files while you type.

    Example: nnlab config schema > nnlab.schema.json
    """
    from nnlab.config.experiment import ExperimentConfig

    console.print_json(ExperimentConfig.model_json_schema())


def init(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME|KEY=VALUE",
            help="Bundled experiment or sweep to copy (default: spiral_mlp); with --from, how to read the table.",
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="TABLE",
            help="Write an experiment on this table, arrays (.npz, .npy), a folder of "
            "images, a saved data set (Arrow, Parquet) or IDX files.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column of the table to predict (default: the last)."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Output file (default: NAME.yaml)."),
    ] = None,
) -> None:
    """Copy an experiment, or write one on a table.

    From a table, finds the kinds of its columns and leaves out those that say nothing about new rows;
    comments say why. Prints the path of the new file. An existing file is never overwritten.

    Example: nnlab config init --from flowers.csv --target species
    """
    names, overrides = split_words(words or [])
    if table is not None:
        console.print_exact(str(_draft(table, target, output, names, overrides)))
        return
    if target is not None or overrides or len(names) > 1:
        extra = ["--target"] if target is not None else [*overrides, *names[1:]]
        msg = f"{extra[0]}: only a table (--from) takes that; to set keys, edit the copy"
        raise ConfigError(msg)
    console.print_exact(str(_copy(names[0] if names else "spiral_mlp", output)))


def _draft(
    table: Path, target: str | None, output: Path | None, names: list[str], overrides: list[str]
) -> Path:
    from nnlab import api

    if names:
        msg = f"{names[0]}: give a bundled experiment or --from, not both"
        raise ConfigError(msg)
    return api.draft_config(table, output, target=target, overrides=overrides)


def _copy(name: str, output: Path | None) -> Path:
    from nnlab.config.bundled import find_sweep
    from nnlab.config.files import write_new

    source = find_sweep(name)
    target = output or Path(source.name)
    write_new(target, source.read_text(encoding="utf-8"))
    return target


config_app = make_app("Validate, show and create experiment files.")
add_commands(
    config_app,
    {"init": init, "validate": validate, "show": show, "schema": schema},
    "Commands",
)
