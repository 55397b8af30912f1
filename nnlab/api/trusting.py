"""The user's consent to code that a stored run contains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.api.training import load_run
from nnlab.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.own_code import Source
    from nnlab.storage.run_dir import RunDir


def code_of(run: str | Path | RunDir, *, runs_dir: str | Path | None = None) -> list[Source]:
    """Return the user's own code in a run, without running it.

    Raises:
        RunError: If there is no such run, it has no code, or it is not the code it recorded.
    """
    from nnlab.runs.own_code import check_code, sources_of

    folder = load_run(run, runs_dir=runs_dir)
    config = folder.config
    check_code(folder, config, folder.meta)
    sources = sources_of(config)
    if not sources:
        msg = f"run {folder.id} contains no code: its components are nnlab's own"
        raise RunError(msg)
    return sources


def trust(run: str | Path | RunDir, *, runs_dir: str | Path | None = None) -> list[Source]:
    """Allow the code in a run, from now on and in every run that has the same; see ``code_of``."""
    from nnlab.own.trust import allow

    sources = code_of(run, runs_dir=runs_dir)
    for source in sources:
        allow(source)
    return sources
