"""Many runs at once: a folder of submissions is searched for run folders."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nnlab.errors import RunError
from nnlab.storage.comparison_dir import COMPARISON_FILE
from nnlab.storage.registry import IsSweepError, find_run
from nnlab.storage.run_dir import RunDir
from nnlab.storage.sweep_dir import PLAN_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A folder with one of these is a run, or was one before it was damaged.
MARKS = ("meta.json", "resolved.yaml", "summary.json", "metrics.jsonl")
MAX_DEPTH = 10


class Submission(NamedTuple):
    """A run to judge, or why there is none.

    Attributes:
        name: The shortest beginning of its path that no other submission has.
        path: Its folder.
        run: The run, or None.
        problem: Why there is no run, or None.
    """

    name: str
    path: Path
    run: RunDir | None
    problem: str | None = None


def find_submissions(references: Sequence[str], runs_dir: Path) -> list[Submission] | None:
    """Return the runs that references and the folders among them hold.

    Comparisons and sweeps are left out of folders, and runs that were named twice are there once.

    Args:
        references: Runs, or folders with runs at any depth.
        runs_dir: Folder of runs, for ids and tags.

    Returns:
        One entry per run, and per reference or folder without one; None if there is only one
        reference and it is not a folder of runs.
    """
    found = [_resolve(reference, runs_dir) for reference in references]
    if len(found) == 1 and (isinstance(found[0], Submission) or not found[0]):
        return None
    flat: list[Submission] = []
    for entry in found:
        flat += [entry] if isinstance(entry, Submission) else entry
    by_path = {entry.path.resolve(): entry for entry in flat}
    return _named(list(by_path.values()))


def _resolve(reference: str, runs_dir: Path) -> Submission | list[Submission]:
    path = Path(reference)
    try:
        run = find_run(reference, runs_dir)
    except IsSweepError as error:
        return Submission(reference, path, None, str(error).partition(";")[0])
    except RunError as error:
        if not path.is_dir():
            return Submission(reference, path, None, str(error).partition(";")[0])
    else:
        return Submission(reference, run.path, run)
    if _looks_like_run(path):
        return _of_folder(path)
    if (path / COMPARISON_FILE).is_file():
        return []
    return _in_folder(path) or Submission(reference, path, None, "there is no run in this folder")


def _of_folder(path: Path) -> Submission:
    missing = None if (path / "meta.json").is_file() else "it has no meta.json"
    return Submission(str(path), path, None if missing else RunDir(path), missing)


def _in_folder(folder: Path) -> list[Submission]:
    """Return the runs below a folder, and its subfolders that should have had one."""
    found = []
    for child in _subfolders(folder):
        runs = [child] if _looks_like_run(child) else list(_runs_below(child, MAX_DEPTH))
        found.append((child, runs))
    is_of_people = any(path != child for child, runs in found for path in runs)
    submissions = []
    for child, runs in found:
        submissions += [_of_folder(path) for path in runs]
        if not runs and is_of_people:
            submissions.append(Submission("", child, None, "there is no run in this folder"))
    return submissions


def _runs_below(folder: Path, levels_left: int) -> Iterator[Path]:
    for child in _subfolders(folder) if levels_left else ():
        if _looks_like_run(child):
            yield child
        else:
            yield from _runs_below(child, levels_left - 1)


def _subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder; links are not followed, hidden ones and results that are no runs left out."""
    with os.scandir(folder) as entries:
        names = sorted(
            entry.name
            for entry in entries
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
        )
    return [folder / name for name in names if not _is_other(folder / name)]


def _looks_like_run(path: Path) -> bool:
    return not _is_other(path) and any((path / mark).is_file() for mark in MARKS)


def _is_other(path: Path) -> bool:
    """Return whether a folder is a comparison or a sweep."""
    return any((path / name).is_file() for name in (COMPARISON_FILE, PLAN_FILE))


def _named(submissions: list[Submission]) -> list[Submission]:
    """Return submissions with the shortest names that tell them apart."""
    paths = [entry.path.parts for entry in submissions]
    columns = zip(*(path[:-1] for path in paths), strict=False)
    common = len([*itertools.takewhile(lambda column: len(set(column)) == 1, columns)])
    parts = [path[common:] for path in paths]
    beginnings = [part[:length] for part in parts for length in range(1, len(part) + 1)]
    names = []
    for part in parts:
        lengths = range(1, len(part) + 1)
        unique = next((n for n in lengths if beginnings.count(part[:n]) == 1), len(part))
        names.append(str(Path(*part[:unique])))
    return [entry._replace(name=name) for entry, name in zip(submissions, names, strict=True)]
