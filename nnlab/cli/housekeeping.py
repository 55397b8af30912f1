"""The command line of runs, configs and data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from nnlab.cli.options import AsJson, Config, DataDir, Overrides, Run, RunsDir, split_words
from nnlab.storage import folders

runs_app = typer.Typer(help="List, show, compare, remove and name runs.", no_args_is_help=True)
config_app = typer.Typer(help="Check, show and begin experiment files.", no_args_is_help=True)
data_app = typer.Typer(help="Fetch, check and import data sets.", no_args_is_help=True)


@runs_app.command("list")
def runs_list(runs_dir: RunsDir = None, json: AsJson = False) -> None:
    """Print every run, oldest first."""
    from nnlab.cli.runs import list_runs

    list_runs(folders.runs_dir(runs_dir), as_json=json)


@runs_app.command("show")
def runs_show(run: Run, runs_dir: RunsDir = None, json: AsJson = False) -> None:
    """Print what is known of a run."""
    from nnlab.cli.runs import show

    show(run, folders.runs_dir(runs_dir), as_json=json)


@runs_app.command("diff")
def runs_diff(first: Run, second: Run, runs_dir: RunsDir = None, json: AsJson = False) -> None:
    """Print where two runs' experiments and test metrics differ."""
    from nnlab.cli.runs import diff

    diff(first, second, folders.runs_dir(runs_dir), as_json=json)


@runs_app.command("rm")
def runs_rm(
    runs: Annotated[list[str], typer.Argument(help="Paths, ids, unique prefixes or tags.")],
    runs_dir: RunsDir = None,
) -> None:
    """Move runs to the trash."""
    from nnlab.cli.runs import remove

    remove(runs, folders.runs_dir(runs_dir))


@runs_app.command("restore")
def runs_restore(run: Run, runs_dir: RunsDir = None) -> None:
    """Move a run back from the trash."""
    from nnlab.cli.runs import restore

    restore(run, folders.runs_dir(runs_dir))


@runs_app.command("tag")
def runs_tag(
    run: Run,
    tag: Annotated[str, typer.Argument(help="The name.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the name away.")] = False,
    runs_dir: RunsDir = None,
) -> None:
    """Give a run a name that stands for it."""
    from nnlab.cli.runs import tag as tag_run

    tag_run(run, tag, folders.runs_dir(runs_dir), remove_it=remove)


@config_app.command("validate")
def config_validate(
    files: Annotated[list[str], typer.Argument(help="Experiment files; then key.path=value.")],
) -> None:
    """Check experiment files and tell every problem."""
    from nnlab.cli.config import validate

    validate(*split_words(files))


@config_app.command("show")
def config_show(config: Config, overrides: Overrides = None, json: AsJson = False) -> None:
    """Print an experiment with every default written out."""
    from nnlab.cli.config import show

    show(config, overrides or [], as_json=json)


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of experiment files, for editors."""
    from nnlab.cli.config import schema

    schema()


@config_app.command("init")
def config_init(
    name: Annotated[str, typer.Argument(help="A bundled experiment.")] = "spiral_mlp",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Its new file.")] = None,
) -> None:
    """Write a copy of a bundled experiment to begin with."""
    from nnlab.cli.config import init

    init(name, output)


@data_app.command("fetch")
def data_fetch(
    names: Annotated[list[str], typer.Argument(help="mnist, fashion_mnist.")],
    force: Annotated[bool, typer.Option("--force", help="Fetch even if installed.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Download data sets, check every byte and install them."""
    from nnlab.cli.data import fetch

    fetch(names, folders.data_dir(data_dir), force=force)


@data_app.command("verify")
def data_verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="Default: all that are installed.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Check every byte of installed data sets."""
    from nnlab.cli.data import verify

    verify(names or [], folders.data_dir(data_dir))


@data_app.command("import")
def data_import(
    folder: Annotated[Path, typer.Argument(help="Where the official files are, at any depth.")],
    data_dir: DataDir = None,
) -> None:
    """Install data sets from a folder of archives: no network is needed."""
    from nnlab.cli.data import import_folder

    import_folder(folder, folders.data_dir(data_dir))


def list_components(
    kind: Annotated[
        Literal["datasets", "models", "optimizers", "configs"], typer.Argument(help="Of what.")
    ],
    json: AsJson = False,
) -> None:
    """Print the names that an experiment may use."""
    from nnlab.cli.config import list_components as list_names

    list_names(kind, as_json=json)
