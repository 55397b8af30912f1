"""A process that trains units of a sweep: ``python -m nnlab.sweep.worker``.

It speaks JSON lines: first it reads the place, then a unit at a time, and answers each. What training
prints goes to stderr. When its input ends, it saves the step that it is at and ends.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING

from nnlab.storage.sweep_dir import SweepDir
from nnlab.storage.untrusted import load_json
from nnlab.sweep.executors.answers import DONE, answer_of
from nnlab.sweep.places import AnyPlace, Place, RunsPlace
from nnlab.sweep.stored import read_plan
from nnlab.sweep.training import train_unit
from nnlab.sweep.units import unit_from_json

if TYPE_CHECKING:
    from nnlab.sweep.executors.answers import Answer


def main() -> None:
    """Train what stdin asks for until it ends."""
    questions, answers = _own_streams()
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(questions, lines), daemon=True).start()
    place = lines.get()
    with contextlib.suppress(BrokenPipeError):  # nobody is there to hear how it has ended
        while line := lines.get():
            answers.write(json.dumps(train_line(place, line)).encode() + b"\n")
            answers.flush()


def _own_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Return what were stdin and stdout; from now on, nothing else reads or writes them."""
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return questions, answers


def _listen(questions: IO[bytes], lines: queue.Queue[bytes]) -> None:
    """Pass lines on; at the end of them, stop this process, which saves what it trains."""
    for line in questions:
        lines.put(line)
    lines.put(b"")
    os.kill(os.getpid(), signal.SIGTERM)


def place_to_json(place: AnyPlace) -> bytes:
    """Return the text from which a process that sees the same folders makes a place."""
    runs = RunsPlace(place.path, place.data, place.num_threads, place.share)
    return line_of(runs, is_sweep=isinstance(place, Place))


def line_of(place: RunsPlace, *, is_sweep: bool) -> bytes:
    """Return the text from which a process makes a place.

    Args:
        place: Where.
        is_sweep: Whether its path is the folder of a sweep, whose plan that process reads.
    """
    value = {
        **place._asdict(),
        "path": str(place.path.absolute()),
        "data": str(place.data.absolute()),
        "is_sweep": is_sweep,
    }
    return json.dumps(value).encode()


@functools.lru_cache(maxsize=1)
def place_from_json(line: bytes) -> AnyPlace:
    """Return the place that ``place_to_json`` wrote."""
    value = load_json(line)
    path, rest = Path(value["path"]), (Path(value["data"]), value["num_threads"], value["share"])
    if not value["is_sweep"]:
        return RunsPlace(path, *rest)
    folder = SweepDir(path)
    return Place(folder, read_plan(folder), *rest)


def train_line(place: bytes, unit: bytes) -> Answer:
    """Train a unit, and return how it has ended.

    Args:
        place: Line of ``place_to_json``.
        unit: JSON text of ``unit_to_json``.
    """
    try:
        train_unit(place_from_json(place), unit_from_json(load_json(unit)))
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - it travels as text
        return answer_of(error)
    return DONE


if __name__ == "__main__":
    main()
