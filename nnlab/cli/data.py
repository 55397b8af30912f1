"""nnlab data show|fetch|verify|import."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated

import typer

from nnlab import console
from nnlab.cli.data_show import show
from nnlab.cli.help import add_commands, make_app
from nnlab.cli.options import DataDir
from nnlab.config.published_names import NAMES
from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean
from nnlab.storage.folders import Folders


def fetch(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME",
            help=f"Data sets: mnist, fashion_mnist, or of torchvision: {', '.join(NAMES)}.",
        ),
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Download even if already installed.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Download data sets.

    Every file is checked against its official checksum before it is installed.

    Example: nnlab data fetch mnist
    """
    from nnlab.data import installed

    root = Folders.choose(data_dir=data_dir).data
    for name in _checked(names, installed.NAMES):
        if installed.is_installed(name, root) and not force:
            console.print_line(f"{name}: installed in {root}")
            continue
        installed.fetch(name, root)
        console.print_line(f"{name}: downloaded to {root}")


def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Data sets (default: all installed ones)."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Check the files of installed data sets.

    Compares the SHA-256 of every file with the official one.

    Example: nnlab data verify
    """
    from nnlab.data import archives

    root = Folders.choose(data_dir=data_dir).data
    present = [name for name in archives.FOLDERS if archives.is_installed(name, root)]
    for name in _checked(names or present, archives.FOLDERS):
        for archive in archives.archives(name):
            archives.map_verified(name, archive, root)
        console.print_line(f"{name}: all four files match the official ones")


def import_folder(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder that holds the files, at any depth.")
    ],
    data_dir: DataDir = None,
) -> None:
    """Install data sets from downloaded archives.

    For machines without a network: finds the official files of known data sets in a folder.

    Example: nnlab data import ~/Downloads
    """
    from nnlab.data import archives

    root = Folders.choose(data_dir=data_dir).data
    for name in archives.import_from(folder, root):
        console.print_line(f"{name}: installed in {root}")


def _checked(names: Sequence[str], known: Collection[str]) -> Sequence[str]:
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            msg = f"unknown data set '{name}'{hint}; available: {', '.join(known)}"
            raise ConfigError(msg)
    return names


data_app = make_app("Look at data; download, verify and import them.")
add_commands(
    data_app,
    {"show": show, "fetch": fetch, "verify": verify, "import": import_folder},
    "Commands",
)
