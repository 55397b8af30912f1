"""An audit hook that ends the process when it does what no reading of a run should do."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

import nnlab

VIOLATION = "VIOLATION"
EXIT_CODE = 99
# What hostile files are full of: text with this in it is never code.
CANARY = "nnlab_canary"

PYTHON = [sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(nnlab.__file__).parent.parent)]
PYTHON += [sys.pycache_prefix] if sys.pycache_prefix else []
SYSTEM = [
    "/proc",
    "/sys",
    "/dev/null",
    "/dev/urandom",
    "/usr/share",
    "/usr/lib",
    "/lib",
    "/etc/ld.so",
]
NEVER = {
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn", "pickle.find_class"),
    *("socket.connect", "socket.getaddrinfo", "socket.bind", "urllib.Request", "ftplib.connect"),
}
CHANGES = {"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.link"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def watch(folders: list[str]) -> None:
    """From now on let this process touch these folders, the temporary one and Python's own only."""
    sys.dont_write_bytecode = True  # of what it imports; Python's own are not to be changed
    ours = [os.path.realpath(folder) for folder in [*folders, os.environ["MPLCONFIGDIR"]]]
    writable = [
        *ours,
        str(Path(tempfile.gettempdir()) / "nnlab-verify-"),
        "/dev/null",
        f"/proc/{os.getpid()}/clear_refs",
    ]
    readable = [*writable, *map(os.path.realpath, [*PYTHON, *SYSTEM])]
    sys.addaudithook(lambda event, args: _judge(event, args, readable, writable))


def _judge(event: str, args: tuple, readable: list[str], writable: list[str]) -> None:
    is_wrong = event in NEVER
    if event == "open" and not isinstance(args[0], int):
        is_wrong = not _is_in(args[0], writable if args[2] & WRITES else readable)
    elif event in CHANGES:
        is_wrong = not all(_is_below(place, writable) for place in _places(event, args))
    elif event == "subprocess.Popen":  # which commit this is
        is_wrong = list(args[1][:2]) != ["git", "describe"]
    elif event == "ctypes.dlopen":
        is_wrong = args[0] is not None and not _is_in(args[0], readable)
    elif event == "compile":
        is_wrong = CANARY in str(args[0])
    elif event == "exec":
        is_wrong = _is_in(args[0].co_filename, writable)
    if is_wrong:
        _end(f"{VIOLATION}: {event} {args!r:.300}")


def _places(event: str, args: tuple) -> list[str]:
    """Return the names that an event changes; a link itself is changed, not what it leads to."""
    paths = [os.fsdecode(path) for path in args[: 2 if event in {"os.rename", "os.link"} else 1]]
    handle = args[-1] if event in {"os.remove", "os.rmdir"} else -1
    folder = Path.cwd() if handle == -1 else Path(f"/proc/self/fd/{handle}").readlink()
    return [str(Path(os.path.realpath((folder / path).parent), Path(path).name)) for path in paths]


def _is_in(path: object, roots: list[str]) -> bool:
    if path is None or isinstance(path, int):
        return True
    return _is_below(os.path.realpath(os.fsdecode(path)), roots)


def _is_below(real: str, roots: list[str]) -> bool:
    return any(real == root or real.startswith((root + os.sep, root)) for root in roots)


def _end(text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, text.encode(errors="backslashreplace") + b"\n")
    os._exit(EXIT_CODE)
