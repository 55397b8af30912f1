"""Tags, notes and the trash: what is changed about results, never in them; results go by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.errors import RunError
from nnlab.storage import registry

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.storage.registry import Result


def tag(result: Result, name: str) -> None:
    """Give a result a tag, and take it from the result that had it.

    Raises:
        ConfigError: If the tag could be mistaken for another reference.
    """
    registry.tag_run(result, name, result.path.parent)


def untag(result: Result, name: str) -> None:
    """Take a tag from a result.

    Raises:
        RunError: If it has no such tag.
    """
    if name not in result.tags:
        msg = f"run {result.id} has no tag '{name}'"
        raise RunError(msg)
    result.write_tags([other for other in result.tags if other != name])


def remove(result: Result) -> None:
    """Move a result to the trash of its folder.

    Raises:
        RunError: If it is being trained.
    """
    registry.remove_run(result)


def removed(runs_dir: Path) -> list[Result]:
    """Return the results in the trash, unordered; a link is none."""
    trash = registry.trash_of(runs_dir)
    found = [path.name for path in registry.result_paths(trash) if not path.is_symlink()]
    return [registry.find_exact(name, trash) for name in found]


def restore(result_id: str, runs_dir: Path) -> None:
    """Move a result back from the trash.

    Raises:
        UnknownResultError: If it is not there.
        RunError: If its id is taken.
    """
    registry.find_exact(result_id, registry.trash_of(runs_dir))
    registry.restore_run(result_id, runs_dir)
