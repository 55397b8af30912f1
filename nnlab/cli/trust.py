"""nnlab trust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab import console
from nnlab.cli.options import AsJson, Run, RunsDir
from nnlab.formatting import clean

if TYPE_CHECKING:
    from nnlab.config.own_code import Source


def trust(run: Run, runs_dir: RunsDir = None, as_json: AsJson = False) -> None:
    """Show the code in a run, and allow it.

    A run that was trained with someone's own model, data, loss or optimizer contains that code.
    nnlab runs it only if you trained it here, your own file is the same, or you allow it by this
    command. It may then do whatever you may do: read it first. Nothing is run now.

    Example: nnlab trust latest
    """
    from nnlab import api
    from nnlab.storage import versions

    sources = api.code_of(run, runs_dir=runs_dir)
    if as_json:
        files = {name: digest for source in sources for name, digest in source.digests.items()}
        console.print_json({"schema_version": versions.OUTPUT, "sha256": files, "trusted": True})
    else:
        for source in sources:
            _show(source)
    api.trust(run, runs_dir=runs_dir)
    if not as_json:
        console.print_line("allowed from now on, in this run and in others with the same code")


def _show(source: Source) -> None:
    for name, digest in source.digests.items():
        lines = source.files[name].decode("utf-8", "replace").splitlines()
        console.print_line(f"{name}, {len(lines):,} lines, SHA-256 {digest}")
        for number, line in enumerate(lines, start=1):
            console.print_line(f"{number:5} | {clean(line)}")
        console.print_line()
