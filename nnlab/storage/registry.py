"""Finding, removing and naming runs. The folder is the truth; nothing is looked up by joining."""

from __future__ import annotations

import re
from pathlib import Path

from nnlab.errors import ConfigError, RunError
from nnlab.storage.run_dir import RUN_ID, RunDir

TRASH = ".trash"
LATEST = re.compile(r"latest(?:~(\d{1,6}))?")


def list_runs(folder: Path) -> list[RunDir]:
    """Return the runs in a folder, oldest first; other folders are passed over."""
    if not folder.is_dir():
        return []
    runs = [RunDir(path) for path in folder.iterdir() if _is_run(path)]
    return sorted(runs, key=lambda run: (_started_at(run), run.id))


def _is_run(path: Path) -> bool:
    try:
        return bool(RUN_ID.fullmatch(path.name)) and (path / "meta.json").is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _started_at(run: RunDir) -> str:
    try:
        return run.meta.get("started_at") or ""
    except RunError:
        return ""


def find_run(reference: str, folder: Path) -> RunDir:
    """Return the run that a path, id, tag, unique prefix, ``latest`` or ``latest~N`` means.

    Raises:
        RunError: If there is none, or a prefix fits several.
    """
    path = Path(reference)
    real = _resolved(path)
    if reference and _is_run(real):
        return RunDir(path if path.name == real.name else real)
    return _find_listed(reference, folder)


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):  # RuntimeError: links that lead in a circle
        return path


def _find_listed(reference: str, folder: Path) -> RunDir:
    runs = list_runs(folder)
    if latest := LATEST.fullmatch(reference):
        back = int(latest[1] or 0)
        trained = [run for run in runs if not run.is_comparison]
        if back < len(trained):
            return trained[-1 - back]
        msg = f"there are {len(trained)} runs in {folder}, so there is no {reference}"
        raise RunError(msg)
    exact = [run for run in runs if reference == run.id or reference in run.tags]
    found = exact or [run for run in runs if reference and run.id.startswith(reference)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(run.id for run in found[:5])
        msg = f"'{reference}' fits {len(found)} runs: {names}{', ...' if len(found) > 5 else ''}"
        raise RunError(msg)
    msg = f"there is no run '{reference}' in {folder}; 'nnlab runs list' shows them"
    raise RunError(msg)


def remove_run(run: RunDir) -> Path:
    """Move a run to the trash beside it, from where it can be restored.

    Raises:
        RunError: If it is being trained.
    """
    if run.is_locked():
        msg = f"run {run.id} is being trained by process {run.meta.get('pid')}"
        raise RunError(msg)
    trash = run.path.parent / TRASH
    trash.mkdir(exist_ok=True)
    return run.path.rename(trash / run.id)


def restore_run(reference: str, folder: Path) -> RunDir:
    """Move a run back from the trash.

    Raises:
        RunError: If it is not there, or its id is taken.
    """
    run = _find_listed(reference, folder / TRASH)
    target = folder / run.id
    if target.exists():
        msg = f"there is a run {run.id} in {folder} already"
        raise RunError(msg)
    return RunDir(run.path.rename(target))


def tag_run(run: RunDir, tag: str, folder: Path) -> None:
    """Give a run a name; the name leaves the run that had it.

    Raises:
        ConfigError: If the name could be mistaken for something else.
    """
    if not RUN_ID.fullmatch(tag) or LATEST.fullmatch(tag):
        msg = f"'{tag}' is not a tag: letters, digits, '.', '_' and '-', and not 'latest'"
        raise ConfigError(msg)
    runs = list_runs(folder)
    if any(other.id == tag for other in runs):
        msg = f"'{tag}' is not a tag: it is the id of a run"
        raise ConfigError(msg)
    for other in runs:
        if tag in other.tags and other.id != run.id:
            other.write_tags([t for t in other.tags if t != tag])
    run.write_tags([*run.tags, tag])
