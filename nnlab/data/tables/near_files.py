"""What may be meant by the name of a file that is not there."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from nnlab.data.labels import most_likely, quoted

MAX_FILES = 1000


def hint_about_file(path: str | Path) -> str:
    """Return what may be meant by a path to no file; empty if nothing is known."""
    text = str(path)
    if "://" in text or text.startswith(("http:/", "https:/")):
        return "; nnlab reads no addresses: download the file first"
    forward = text.replace("\\", "/")
    if forward != text:
        return f"; outside Windows a path is written with /: {forward}"
    if "$" in text:
        return "; variables such as $HOME are not replaced in a path (~ is)"
    near = _nearest(Path(text).expanduser())
    if near is None:
        return ""
    name, given = quoted([near, Path(text).name])
    return f"; did you mean {name}{'' if near.isascii() else f', not {given}'}?"


def _nearest(path: Path) -> str | None:
    """Return the file in the same folder whose name is most like that of a path."""
    try:
        names = [file.name for file in islice(path.parent.iterdir(), MAX_FILES) if file.is_file()]
    except OSError:
        return None
    return most_likely([path.name], sorted(names)).get(path.name)
