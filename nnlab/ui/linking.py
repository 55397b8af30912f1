"""The modules of the page as one classic script, for a file that can load nothing else.

A strict content security policy allows an inline script by its digest, but neither an import map with
``data:`` addresses nor ``blob:`` ones, and a browser loads no module from ``file:``. So each module
becomes a function that returns its exports, and an import takes them apart, in the order in which a
browser would have run them. That suffices for modules whose exports never change.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

IMPORT = re.compile(
    r'(?:^|(?<=[;/\n]))import\s*(?:(?P<names>\{[^}]*\})\s*from\s*)?"(?P<path>[^"]+)"\s*;?'
)
EXPORT_FROM = re.compile(
    r'(?:^|(?<=[;}\n]))export\s*(?P<names>\{[^}]*\})\s*from\s*"(?P<path>[^"]+)"\s*;?'
)
EXPORT_LIST = re.compile(r"(?:^|(?<=[;}\n]))export\s*\{(?P<names>[^}]*)\}\s*;?")
EXPORT = re.compile(
    r"^export (?P<rest>(?:async function|function|const|class) (?P<name>\w+))", re.MULTILINE
)


class Linker:
    """Puts modules behind those that they import.

    Args:
        sources: The text of each module there is, by its path.
        instead: Paths of modules, and of those that take their places.
    """

    def __init__(self, sources: Mapping[str, str], instead: Mapping[str, str]) -> None:
        self._sources = sources
        self._instead = instead
        self._names: dict[str, str] = {}
        self._parts: list[str] = []

    def link(self, entry: str) -> str:
        """Return a script that does what a module does.

        Raises:
            KeyError: If a module is imported that is not there.
        """
        self._add(entry)
        return "\n".join(self._parts).replace("</script", r"<\/script")

    def _add(self, path: str) -> str:
        """Add a module after those that it imports, once; return its name in the script."""
        path = self._instead.get(path, path)
        if path not in self._names:
            text, exports = self._rewrite(path)
            name = self._names[path] = f"module{len(self._names)}"
            self._parts.append(
                f'const {name} = (() => {{ "use strict";\n{text}\nreturn {{ {exports} }};\n}})();'
            )
        return self._names[path]

    def _rewrite(self, path: str) -> tuple[str, str]:
        """Return the body of a module, and what it exports as the entries of an object."""
        exports: list[str] = []

        def taken(match: re.Match[str]) -> str:
            name = self._add(posixpath.normpath(posixpath.join(path, "..", match["path"])))
            pattern = (match["names"] or "").replace(" as ", ": ")
            return f"const {pattern} = {name};" if pattern else ""

        def passed_on(match: re.Match[str]) -> str:
            exports.extend(word.split(" as ")[-1] for word in _words(match["names"]))
            return taken(match)

        def listed(match: re.Match[str]) -> str:
            pairs = [word.split(" as ") for word in _words(match["names"])]
            exports.extend(f"{pair[-1]}: {pair[0]}" for pair in pairs)
            return ""

        def declared(match: re.Match[str]) -> str:
            exports.append(match["name"])
            return match["rest"]

        text = EXPORT_FROM.sub(passed_on, self._sources[path])
        text = IMPORT.sub(taken, text)
        text = EXPORT.sub(declared, EXPORT_LIST.sub(listed, text))
        return text, ", ".join(exports)


def _words(names: str) -> list[str]:
    return [word.strip() for word in names.strip("{}").split(",") if word.strip()]
