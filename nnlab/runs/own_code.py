"""The user's own code in a run: recorded, checked, and compared with the user's files."""

from __future__ import annotations

import contextlib
import difflib
import logging
from typing import TYPE_CHECKING

from nnlab.config.installed import distribution_of
from nnlab.config.own import own_sections
from nnlab.config.own_code import CODE_FOLDER, OwnCodeError
from nnlab.errors import RunError
from nnlab.own.trust import allow, own_copy
from nnlab.storage.atomic import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.own_code import Source
    from nnlab.runs.load import StoredRun
    from nnlab.storage.result_dir import ResultDir
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import Meta

logger = logging.getLogger(__name__)


def sources_of(config: ExperimentConfig) -> list[Source]:
    """Return the sources of an experiment's own code, each once."""
    sources = [section.name.source for _, section in own_sections(config)]
    return list({(source.file, source.digest): source for source in sources}.values())


def write_code(run: ResultDir, config: ExperimentConfig) -> dict[str, object]:
    """Copy the user's code into the folder of a result; return what meta.json records about it.

    Whoever trains code allows it: later commands run the copy without asking.
    """
    sources = sources_of(config)
    for source in sources:
        for name, data in source.files.items():
            write_atomic(run.path / CODE_FOLDER / name, data)
        if not source.is_stored and source.entry is None:
            _remember(source)
    if not sources:
        return {}
    own = [source for source in sources if source.entry is None] or sources
    offered = {source.file: source.entry for source in sources if source.entry is not None}
    packages = {file: distribution_of(entry) for file, entry in offered.items()}
    recorded = {"folder": str(own[0].folder.absolute()), "sha256": config.code}
    return {"code": {**recorded, "packages": packages} if packages else recorded}


def _remember(source: Source) -> None:
    try:
        allow(source)
    except OSError as error:
        logger.warning("cannot remember that %s is yours: %s", source.file, error)


def check_code(run: RunDir, config: ExperimentConfig, meta: Meta) -> None:
    """Check that the code in the folder of a run is what the run recorded.

    Raises:
        RunError: If a file has changed, or is not recorded.
    """
    recorded = meta.get("code", {}).get("sha256", {})
    for name, digest in config.code.items():
        if recorded.get(name) != digest:
            package = meta.get("code", {}).get("packages", {}).get(name)
            there = run.path / CODE_FOLDER / name
            what = f"{name} of the installed package, once {package}," if package else there
            msg = f"{what} is not the code that the run recorded"
            raise RunError(msg)


def changed_code(run: StoredRun) -> str | None:
    """Return how the user's files differ from the code of a run, as a diff; None if they do not."""
    texts = [text for source in sources_of(run.config) for text in _diffs(source)]
    return "\n".join(texts) or None


def check_unchanged(run: StoredRun) -> None:
    """Check that the user's files are still the code of a run that is to go on.

    Raises:
        RunError: If not, with the difference.
    """
    if changed := changed_code(run):
        msg = (
            f"the code of run {run.id} has changed since:\n{changed}\n"
            f"undo that to resume the run, or train anew"
        )
        raise RunError(msg)


def _diffs(stored: Source) -> Iterator[str]:
    present = None
    with contextlib.suppress(OwnCodeError):
        present = own_copy(stored)
    for name in sorted(stored.files) if present else ():
        assert present is not None
        before, after = (files.get(name, b"") for files in (stored.files, present.files))
        if before != after:
            old, new = (data.decode("utf-8", "replace").splitlines() for data in (before, after))
            yield "\n".join(difflib.unified_diff(old, new, f"run/{name}", name, lineterm=""))
