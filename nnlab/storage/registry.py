"""Finding, removing and tagging results; a reference is never used as a path inside the folder."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nnlab.errors import ConfigError, RunError
from nnlab.formatting import shorten
from nnlab.storage.comparison_dir import COMPARISON_FILE, ComparisonDir
from nnlab.storage.result_dir import MAX_JSON_BYTES
from nnlab.storage.run_dir import RunDir
from nnlab.storage.sweep_dir import PLAN_FILE, SweepDir
from nnlab.storage.untrusted import read_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
TRASH = ".trash"
LATEST = re.compile(r"latest(?:~(\d{1,6}))?")

Result = RunDir | ComparisonDir | SweepDir


class IsComparisonError(RunError):
    """A run was expected, and a comparison given."""


class IsSweepError(RunError):
    """A run was expected, and a sweep given."""


class UnknownResultError(RunError):
    """There is no such result."""


class _Entry(NamedTuple):
    """A result in a folder; entries sort by start time, then by id."""

    started_at: str
    id: str
    path: Path


def list_results(folder: Path) -> list[Result]:
    """Return the runs, sweeps and comparisons in a folder, oldest first; others are ignored."""
    return [_open(entry.path) for entry in _by_start(result_paths(folder))]


def list_runs(folder: Path) -> list[RunDir]:
    """Return the runs in a folder, oldest first."""
    return [result for result in list_results(folder) if isinstance(result, RunDir)]


def result_paths(folder: Path) -> list[Path]:
    """Return the folders of results in a folder, unordered."""
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if _is_result(path)]


def _by_start(paths: list[Path]) -> list[_Entry]:
    return sorted(_Entry(_started_at(path / "meta.json"), path.name, path) for path in paths)


def _is_result(path: Path) -> bool:
    try:
        return bool(RUN_ID.fullmatch(path.name)) and (path / "meta.json").is_file()
    except (OSError, ValueError):  # not a valid file name
        return False


def _started_at(meta_path: Path) -> str:
    """Return the recorded start time of a result; damaged results count as the oldest."""
    try:
        started_at = json.loads(read_plain(meta_path, MAX_JSON_BYTES))["started_at"]
    except (OSError, RunError, ValueError, RecursionError, KeyError, TypeError):
        return ""
    return started_at if isinstance(started_at, str) else ""


def _open(path: Path) -> Result:
    if (path / PLAN_FILE).is_file():
        return SweepDir(path)
    return ComparisonDir(path) if (path / COMPARISON_FILE).is_file() else RunDir(path)


def find_run(reference: str, folder: Path) -> RunDir:
    """Resolve a path, id, tag, unique prefix, ``latest`` or ``latest~N`` to a run.

    Raises:
        IsComparisonError: If it is a comparison.
        IsSweepError: If it is a sweep.
        RunError: If there is none, the prefix is ambiguous, or it is a pack of a sweep.
    """
    result = find_result(reference, folder)
    if isinstance(result, ComparisonDir):
        msg = f"{result.id} is a comparison, not a run; to read it: nnlab report {result.id}"
        raise IsComparisonError(msg)
    if isinstance(result, SweepDir):
        winner = result.winner_path
        unfinished = f"finish it first:\nnnlab resume {result.id}"
        instead = unfinished if winner is None else f"use its winner's run:\n{winner}"
        msg = f"{result.id} is a sweep; {instead}"
        raise IsSweepError(msg)
    if result.replicas_path.is_file():
        sweep = result.path.resolve().parent.parent.name
        msg = (
            f"{reference} is a pack of the sweep {sweep}, whose replicas are its trials; "
            f"its results: nnlab runs show {sweep}"
        )
        raise RunError(msg)
    return result


def find_exact(result_id: str, folder: Path) -> Result:
    """Return the result with this id, which no path, prefix, tag or link can stand for.

    Raises:
        UnknownResultError: If there is none.
    """
    path = folder / result_id
    if RUN_ID.fullmatch(result_id) and not path.is_symlink() and _is_result(path):
        return _open(path)
    msg = f"there is no run '{result_id[:100]}' in {folder}"
    raise UnknownResultError(msg)


def find_result(reference: str, folder: Path) -> Result:
    """Resolve a reference to a result; ``latest`` counts runs and sweeps.

    Raises:
        RunError: If there is none, or the prefix is ambiguous.
    """
    path = Path(reference)
    real = _resolved(path)
    if reference and _is_result(real):
        return _open(path if path.name == real.name else real)
    return _find_listed(reference, folder)


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):  # RuntimeError: a loop of links
        return path


def _find_listed(reference: str, folder: Path) -> Result:
    paths = result_paths(folder)
    if latest := LATEST.fullmatch(reference):
        return _find_latest(paths, int(latest[1] or 0), folder)
    exact = [path for path in paths if reference == path.name or reference in _open(path).tags]
    fitting = exact or [path for path in paths if reference and path.name.startswith(reference)]
    if len(fitting) == 1:
        return _open(fitting[0])
    if fitting:
        names = shorten(sorted(path.name for path in fitting), 5)
        msg = f"'{reference}' matches {len(fitting)} runs: {names}"
        raise RunError(msg)
    msg = f"there is no run '{reference}' in {folder}; 'nnlab runs list' shows them"
    raise RunError(msg)


def _find_latest(paths: list[Path], back: int, folder: Path) -> RunDir | SweepDir:
    num_runs = 0
    for run in _newest_runs(paths):
        if num_runs == back:
            return run
        num_runs += 1
    msg = (
        f"there are {num_runs} runs in {folder}, so there is no latest{f'~{back}' if back else ''}"
    )
    raise RunError(msg)


def _newest_runs(paths: list[Path]) -> Iterator[RunDir | SweepDir]:
    for entry in reversed(_by_start(paths)):
        result = _open(entry.path)
        if not isinstance(result, ComparisonDir):
            yield result


def remove_run(result: Result) -> Path:
    """Move a run or comparison to the trash in the same folder, where it can be restored from.

    Raises:
        RunError: If it is being trained.
    """
    if result.is_locked():
        msg = f"run {result.id} is being trained by process {result.meta.get('pid')}"
        raise RunError(msg)
    trash = trash_of(result.path.parent)
    trash.mkdir(exist_ok=True)
    return result.path.rename(trash / result.id)


def trash_of(folder: Path) -> Path:
    """Return the folder that removed results are moved to."""
    return folder / TRASH


def restore_run(reference: str, folder: Path) -> Result:
    """Move a run or comparison back from the trash.

    Raises:
        RunError: If it is not in the trash, or its id is taken.
    """
    result = _find_listed(reference, trash_of(folder))
    target = folder / result.id
    if target.exists():
        msg = f"there is already a run {result.id} in {folder}"
        raise RunError(msg)
    return _open(result.path.rename(target))


def tag_run(result: Result, tag: str, folder: Path) -> None:
    """Give a run or comparison a tag, and take it from the result that had it.

    Raises:
        ConfigError: If the tag could be mistaken for another reference.
    """
    if not RUN_ID.fullmatch(tag) or LATEST.fullmatch(tag):
        msg = f"'{tag}' is not a valid tag: use letters, digits, '.', '_' and '-', and not 'latest'"
        raise ConfigError(msg)
    results = [_open(path) for path in result_paths(folder)]
    if any(other.id == tag for other in results):
        msg = f"'{tag}' is not a valid tag: it is the id of a run"
        raise ConfigError(msg)
    for other in results:
        if tag in other.tags and other.id != result.id:
            other.write_tags([t for t in other.tags if t != tag])
    result.write_tags([*result.tags, tag])
