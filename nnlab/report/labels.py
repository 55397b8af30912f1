"""What runs that are shown together are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.runs.load import StoredRun


def headings(runs: Sequence[StoredRun]) -> list[str]:
    """Return the name of each run, with its tag, else its id, where several have that name."""
    names = [run.config.name for run in runs]
    tags = [run.folder.tags[:1] for run in runs]
    with_tags = [
        f"{name} ({tag[0]})" if tag and names.count(name) > 1 else name
        for name, tag in zip(names, tags, strict=True)
    ]
    return [
        f"{run.config.name} ({run.id})" if with_tags.count(heading) > 1 else heading
        for run, heading in zip(runs, with_tags, strict=True)
    ]
