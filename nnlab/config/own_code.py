"""The user's own code: read as text, never run here.

An experiment names it by file, ``my_net.py:MyNet``. The file lies in the folder of the experiment, or
below it; it and what it imports from there are read once, and these bytes are what is recorded and run.
"""

from __future__ import annotations

import ast
import hashlib
import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from nnlab.config.plain_files import NO_LINKS, NO_WAITING
from nnlab.errors import NnlabError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.metadata import EntryPoint

MARK = ".py:"
CODE_FOLDER = "code"  # in the folder of a run
MAX_BYTES = 1_000_000
MAX_FILES = 100


class OwnCodeError(NnlabError):
    """The user's own code cannot be used; the message says why."""

    exit_code = 2


@dataclass(frozen=True, eq=False)
class Source:
    """A file of the user's code, with what it imports from its folder.

    Attributes:
        folder: Folder of the experiment, or the folder ``code`` of a stored run.
        file: The file, relative to the folder.
        files: The bytes of it and of what it imports from the folder, by relative path.
        is_stored: Whether a run stored it: a stranger may have written it.
        entry: The entry point of an installed package that offers it; None for the user's own file.
    """

    folder: Path
    file: str
    files: Mapping[str, bytes]
    is_stored: bool = False
    entry: EntryPoint | None = None

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each file."""
        return {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}

    @property
    def digest(self) -> str:
        """SHA-256 of the names and digests of all files."""
        lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(self.digests.items()))
        return hashlib.sha256(lines.encode()).hexdigest()

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of the file."""
        return _parse(self.files[self.file], self.file)


class OwnName(str):
    """The name of an own component, ``my_net.py:MyNet``, with its source."""

    __slots__ = ("source",)
    source: Source

    @classmethod
    def of(cls, name: str, source: Source) -> OwnName:
        """Return a name with its source."""
        own = cls(name)
        own.source = source
        return own

    @property
    def attribute(self) -> str:
        """Name of the class or function in the file."""
        entry = self.source.entry
        return self.partition(MARK)[2] if entry is None else entry.attr


def is_own(name: object) -> bool:
    """Return whether a name is of a file of code."""
    return isinstance(name, str) and MARK in name


def read_source(name: str, folder: Path, *, is_stored: bool = False) -> OwnName:
    """Read the code that a name stands for, without running it.

    Args:
        name: Such as ``my_net.py:MyNet``.
        folder: Folder that the file lies in, or below.
        is_stored: Whether the folder belongs to a stored run.

    Raises:
        OwnCodeError: If the file lies elsewhere, is a link, is missing or is not Python, or has no
            such class or function.
    """
    stem, _, attribute = name.partition(MARK)
    file = _inside(f"{stem}.py")
    if not attribute.isidentifier():
        msg = f"'{attribute}' is not the name of a class or function; write {file}:NAME"
        raise OwnCodeError(msg)
    own = OwnName.of(name, read_files(folder, file, is_stored=is_stored))
    definition_of(own)
    return own


def read_files(folder: Path, file: str, *, is_stored: bool = False) -> Source:
    """Read a file of code, and what it imports from its folder; see ``read_source``."""
    files: dict[str, bytes] = {}
    _collect(folder, file, files)
    return Source(folder, file, files, is_stored)


def definition_of(own: OwnName) -> ast.ClassDef | ast.FunctionDef:
    """Return the syntax tree of the class or function of a name.

    Raises:
        OwnCodeError: If the file has none.
    """
    body = own.source.tree.body
    found = [node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    for node in found:
        if node.name == own.attribute:
            return node
    names = ", ".join(node.name for node in found) or "none"
    msg = f"{own.source.file} has no class or function '{own.attribute}'; it has: {names}"
    raise OwnCodeError(msg)


def _inside(file: str) -> str:
    """Return a relative path in plain form.

    Raises:
        OwnCodeError: If it leads out of its folder.
    """
    path = PurePosixPath(file.replace("\\", "/"))
    is_plain = "\0" not in file and ":" not in file and not path.is_absolute()
    if not is_plain or ".." in path.parts:
        msg = f"'{file}' must lie in the folder of the experiment, or below it"
        raise OwnCodeError(msg)
    return str(path)


def _collect(folder: Path, file: str, files: dict[str, bytes]) -> None:
    """Read a file and, again and again, what it imports from the folder."""
    if file in files:
        return
    if len(files) == MAX_FILES:
        msg = f"more than {MAX_FILES} files of own code; install them as a package instead"
        raise OwnCodeError(msg)
    files[file] = _read(folder, file)
    for module in _imports(_parse(files[file], file), file):
        for candidate in (f"{module}.py", f"{module}/__init__.py"):
            if os.path.lexists(folder / candidate):
                _collect(folder, candidate, files)


def _imports(tree: ast.Module, file: str) -> Iterator[str]:
    """Yield the paths, without suffix, that the imports of a file can mean."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node.module or "", node.level, file)
            names = [base, *(f"{base}.{alias.name}".strip(".") for alias in node.names)]
        else:
            continue
        for name in names:
            parts = name.split(".")
            yield from ("/".join(parts[:length]) for length in range(1, len(parts) + 1))


def absolute(module: str, level: int, file: str) -> str:
    """Return the full name of a module that a file imports, from its folder on.

    Args:
        module: The name as written; empty in ``from . import name``.
        level: Number of leading dots.
        file: The file that imports it.
    """
    if not level:
        return module
    package = PurePosixPath(file).parent.parts
    return ".".join([*package[: len(package) - level + 1], *filter(None, [module])])


def _read(folder: Path, file: str) -> bytes:
    _refuse_links(folder, file)
    path = folder / file
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | NO_LINKS | NO_WAITING), "rb") as opened:
            is_plain = stat.S_ISREG(os.fstat(opened.fileno()).st_mode)
            data = opened.read(MAX_BYTES + 1) if is_plain else None
    except FileNotFoundError:
        msg = f"there is no file {path}"
        raise OwnCodeError(msg) from None
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise OwnCodeError(msg) from error
    if data is None or len(data) > MAX_BYTES:
        msg = f"{path} is not a plain file of at most {MAX_BYTES:,} bytes"
        raise OwnCodeError(msg)
    return data


def _refuse_links(folder: Path, file: str) -> None:
    path = folder
    for part in PurePosixPath(file).parts:
        path = path / part
        if path.is_symlink():
            msg = f"{path} is a link; own code is read from plain files only"
            raise OwnCodeError(msg)


def _parse(data: bytes, file: str) -> ast.Module:
    try:
        return ast.parse(data, filename=file)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        place = f"{file}:{line}" if line else file
        msg = f"{place} is not valid Python: {getattr(error, 'msg', None) or error}"
        raise OwnCodeError(msg) from error
