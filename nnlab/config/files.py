"""Reading and writing the text of an experiment file."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from nnlab.config.bundled import is_there
from nnlab.config.yaml12 import MAX_CHARACTERS
from nnlab.errors import ConfigError

# What a name can have besides letters and digits, but not begin with.
NAME_MARKS = " ._()+-"
MAX_NAME = 64


def read_text(path: Path) -> str:
    """Return the text of an experiment file.

    Raises:
        ConfigError: If it cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            return file.read(MAX_CHARACTERS + 1)  # one past the limit, not all of /dev/zero
    except FileNotFoundError:
        msg = f"there is no file {path}; 'nnlab list configs' shows the bundled experiments"
    except IsADirectoryError:
        msg = f"{path} is a folder, not an experiment file"
    except UnicodeDecodeError as error:
        msg = f"{path} is not UTF-8 text{_encoding(error)}; save it as UTF-8"
    except (OSError, ValueError) as error:
        msg = f"cannot read {path}: {getattr(error, 'strerror', None) or error}"
    raise ConfigError(msg)


def _encoding(error: UnicodeDecodeError) -> str:
    """Return which encoding a text seems to have, or where it stops being UTF-8."""
    if error.object[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return ", but UTF-16"
    return f" at byte {error.start:,} ({error.object[error.start]:#x})"


def check_new(path: Path) -> None:
    """Check that there is no such file yet.

    Raises:
        ConfigError: If there is.
    """
    if is_there(path.exists):
        msg = f"{path} already exists; choose another name with -o"
        raise ConfigError(msg)


def write_new(path: Path, text: str) -> None:
    """Write a file that must not exist.

    Raises:
        ConfigError: If it does.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        check_new(path)
        raise


def name_of(stem: str) -> str:
    """Return the name of an experiment in a file: the file's, without what a name cannot have.

    Args:
        stem: Name of the file without its suffix.
    """
    composed = unicodedata.normalize("NFC", stem)
    allowed = "".join(c if c.isalnum() or c in NAME_MARKS else "_" for c in composed)
    return allowed.lstrip(NAME_MARKS)[:MAX_NAME].rstrip() or "experiment"
