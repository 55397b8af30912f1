"""The secret of a server: how it is made, handed to a browser, and found by other commands."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
BITS = 256


def new_token() -> str:
    """Return a secret of 256 bits."""
    return secrets.token_urlsafe(BITS // 8)


def cookie_name(port: int) -> str:
    """Return the name of the cookie: browsers share cookies between all ports of a computer."""
    return f"nnlab-{port}"


def cookie(port: int, token: str) -> str:
    """Return the header that hands the token to a browser, which no script can read."""
    return f"{cookie_name(port)}={token}; HttpOnly; SameSite=Strict; Path=/"


def address_of(port: int, token: str, path: str) -> str:
    """Return the address of a page, with the token.

    Args:
        port: Port of the server.
        token: Its secret.
        path: The page, maybe with a query.
    """
    joint = "&" if "?" in path else "?"
    return f"http://{HOST}:{port}{path}{joint}token={token}"


@contextlib.contextmanager
def redirect_file(address: str) -> Iterator[Path]:
    """Write a page that only this user can read, which leads a browser to an address.

    The address holds the token; on the command line of the browser, every user could read it.
    """
    with tempfile.TemporaryDirectory(prefix="nnlab-ui-") as folder:
        path = Path(folder) / "open.html"
        goal = escape(address, quote=True)
        _write_private(path, f'<!doctype html><meta http-equiv="refresh" content="0;url={goal}">')
        yield path


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
