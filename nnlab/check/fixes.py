"""Fixing an experiment file: scalars are replaced in place, everything else is preserved."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnlab.config.editing import put
from nnlab.config.load import parse_document, validate
from nnlab.config.messages import SourceText
from nnlab.errors import ConfigError
from nnlab.storage.atomic import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from nnlab.check.lint import LintFinding
    from nnlab.check.rule import Edit
    from nnlab.config.messages import KeyPath, Location
    from nnlab.config.yaml12 import Document


class Change(NamedTuple):
    """A scalar and its replacement."""

    path: KeyPath
    before: str
    after: str
    location: Location

    @property
    def key(self) -> str:
        """The key as people write it."""
        return ".".join(map(str, self.path))


def fix_file(
    path: Path, document: Document, findings: Iterable[LintFinding], overrides: Sequence[str]
) -> list[Change]:
    """Apply the edits that findings offer to an experiment file, atomically.

    Args:
        path: The file.
        document: Its content and locations, with the overrides applied.
        findings: Findings of the linter.
        overrides: ``key.path=value`` arguments used with the file; they are not edited.

    Returns:
        The changes, in file order.

    Raises:
        ConfigError: If the fixes would make the file invalid; it is then left unchanged.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:  # preserve line endings
        text = file.read()
    edits = {edit for finding in findings for edit in finding.flaw.edits}
    changes = sorted(_changes(edits, text, document), key=_position)
    if not changes:
        return []
    after = text
    for change in changes:
        after = put(after, change.path, change.after)
    try:
        validate(parse_document(SourceText(str(path), after), path.stem, overrides))
    except ConfigError as error:
        msg = f"{path} is left unchanged: the fixes would make it invalid\n{error}"
        raise ConfigError(msg) from error
    write_atomic(path, after.encode())
    return changes


def _changes(edits: Iterable[Edit], text: str, document: Document) -> Iterable[Change]:
    lines = text.split("\n")
    for path, after in edits:
        at = document.values.get(path)
        if at is not None and not at.source.is_argument:
            before = lines[at.line][at.column : at.column + at.length]
            yield Change(path, before, after, at)


def _position(change: Change) -> tuple[int, int]:
    return change.location.line, change.location.column
