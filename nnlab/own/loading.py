"""Running the user's own code, from the bytes that were read with the experiment.

Its modules see each other and installed packages; nothing is read from the disk again, so that what
runs is what is recorded. This is no sandbox: the code may do what the user may do.
"""

from __future__ import annotations

import builtins
import contextlib
import linecache
import sys
import traceback
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nnlab.config.own_code import OwnCodeError, absolute
from nnlab.errors import NnlabError
from nnlab.own.trust import check_trusted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from nnlab.config.own import OwnConfig
    from nnlab.config.own_code import OwnName, Source

PREFIX = "nnlab_own_"


def load(own: OwnName) -> Any:
    """Return the class or function of a name, with the code of its file run.

    Raises:
        OwnCodeError: If the code fails.
        RunError: If a stored run brought the code, and the user has not allowed it.
    """
    if own.source.entry is not None:
        return own.source.entry.load()
    check_trusted(own.source)
    modules = _LOADED.setdefault((own.source.folder, own.source.digest), _Modules(own.source))
    with located():
        module = modules.load(own.source.file)
    return getattr(module, own.attribute)


def call(config: OwnConfig, *passed: object, **given: object) -> Any:
    """Call the class or function of a section.

    Args:
        config: The section, whose keys become keyword arguments.
        passed: Its leading arguments.
        given: Arguments by name that nnlab fills in where the function takes them.
    """
    function = load(config.name)
    with located():
        return function(*passed, **given, **config.arguments)


@contextlib.contextmanager
def located(name: str | None = None, *, hint: str = "") -> Iterator[None]:
    """Replace an error of the user's own code by one that says where it happened.

    Args:
        name: What is called: the place of an error that passes none of its lines, such as that of an
            argument too many; None: such an error is not theirs.
        hint: What else helps to understand an error.

    Raises:
        OwnCodeError: With file, line and what the code said.
    """
    try:
        yield
    except NnlabError:
        raise
    except Exception as error:
        place = place_of(error) or name
        if place is None:
            raise
        msg = f"{place}: {type(error).__name__}: {error}{hint}"
        raise OwnCodeError(msg) from error


def place_of(error: BaseException) -> str | None:
    """Return the last line of the user's code that an error passed, or None if it passed none."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if frame.filename in _SHOWN:
            return f"{_SHOWN[frame.filename]}:{frame.lineno}: in {frame.name}"
    return None


_LOADED: dict[tuple[Path, str], _Modules] = {}
# Files that were run, by the name that tracebacks show.
_SHOWN: dict[str, str] = {}


class _Modules:
    """The modules of a source, each run once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.package = PREFIX + source.digest[:12]
        self.loaded: dict[str, ModuleType] = {}

    def load(self, file: str) -> ModuleType:
        """Return the module of a file; its code runs the first time."""
        if file in self.loaded:
            return self.loaded[file]
        name = f"{self.package}.{file.removesuffix('.py').replace('/', '.')}"
        module = ModuleType(name)
        shown = str(self.source.folder / file)
        data = self.source.files[file]
        module.__file__ = shown
        imports = partial(self._import, file)
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": imports}
        _SHOWN[shown] = file
        lines = data.decode("utf-8", "replace").splitlines(keepends=True)
        linecache.cache[shown] = (len(data), None, lines, shown)
        self.loaded[file] = sys.modules[name] = module
        try:
            exec(compile(data, shown, "exec", dont_inherit=True), module.__dict__)
        except BaseException:
            del self.loaded[file], sys.modules[name]
            raise
        return module

    def _import(
        self,
        file: str,
        name: str,
        namespace: Mapping[str, object] | None = None,
        local: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Import as ``builtins.__import__`` does, the source's own modules first."""
        full = absolute(name, level, file)
        if not level and not self._has(full.partition(".")[0]):
            return builtins.__import__(name, namespace, local, fromlist or (), level)
        module = self._module(full)
        for part in fromlist or ():
            if not hasattr(module, part) and self._has(f"{full}.{part}".strip(".")):
                setattr(module, part, self._module(f"{full}.{part}".strip(".")))
        return module if fromlist else self._module(full.partition(".")[0])

    def _has(self, name: str) -> bool:
        path = name.replace(".", "/")
        return any(f == f"{path}.py" or f.startswith(f"{path}/") for f in self.source.files)

    def _module(self, name: str) -> ModuleType:
        """Return a module or a package by its name in the folder, as an attribute of the one above."""
        path = name.replace(".", "/")
        for file in (f"{path}.py", f"{path}/__init__.py"):
            if file in self.source.files:
                module = self.load(file)
                break
        else:
            if name and not self._has(name):
                msg = f"No module named '{name}'"
                raise ModuleNotFoundError(msg, name=name)
            module = self.loaded.setdefault(path, ModuleType(f"{self.package}.{name}"))
        above, _, last = name.rpartition(".")
        if above:
            setattr(self._module(above), last, module)
        return module
