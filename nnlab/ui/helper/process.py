"""The helper of a server: ``python -m nnlab.ui.helper.process RUNS DATA``.

It answers a JSON object a line, ``{"do": NAME, ...}``, by another, and ends with its input. It imports
torch, which the server does not, once a question takes it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.errors import ConfigError, NnlabError
from nnlab.storage.folders import Folders
from nnlab.ui.worker.protocol import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = Callable[[dict[str, Any], Folders], dict[str, Any]]


def _sample(order: dict[str, Any], folders: Folders) -> dict[str, Any]:
    """Answer some of the data of the experiment ``yaml``."""
    from nnlab.ui.experiment import read
    from nnlab.ui.helper.sample import sample_of

    return sample_of(read(order["yaml"]).config, folders.data)


def _answers(order: dict[str, Any], folders: Folders) -> dict[str, Any]:
    """Answer what each seed of the ``run`` says to ``rows``."""
    from nnlab.ui.helper.networks import answers

    return answers(order, folders)


def _predict(order: dict[str, Any], folders: Folders) -> dict[str, Any]:
    """Answer what each seed of the ``run`` says of a ``picture``."""
    from nnlab.ui import digits
    from nnlab.ui.helper.networks import opened

    return digits.answer(*opened(order["run"], folders), digits.pixels_of(order["picture"]))


def _first_images(order: dict[str, Any], folders: Folders) -> dict[str, Any]:
    """Answer the first layer of the ``run`` as images."""
    from nnlab.ui.helper.networks import first_images

    return first_images(order, folders)


def _mistakes(order: dict[str, Any], folders: Folders) -> dict[str, Any]:
    """Answer what the seeds of the ``run`` get wrong."""
    from nnlab.ui.helper.results import mistakes

    return mistakes(order, folders)


ANSWERS: dict[str, Answer] = {
    "sample": _sample,
    "answers": _answers,
    "predict": _predict,
    "first_images": _first_images,
    "mistakes": _mistakes,
}


def answer(order: dict[str, Any], folders: Folders) -> dict[str, Any]:
    """Return the answer to a question, or its ``error``."""
    try:
        return ANSWERS[order["do"]](order, folders)
    except (NnlabError, OSError) as error:
        return {"error": str(error), "is_wrong": isinstance(error, ConfigError)}


def main(runs: str, data: str) -> None:
    """Answer every line of standard input."""
    if hasattr(os, "nice"):
        os.nice(5)  # a training beside it comes first
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print is no answer
    folders = Folders(Path(runs), Path(data))
    _import_all()
    for line in sys.stdin.buffer:
        order = decode(line)
        if order is not None:
            output.write(encode(answer(order, folders)))


def _import_all() -> None:
    """Import what the first question takes, before it comes; not torch."""
    import nnlab.ui.experiment
    import nnlab.ui.helper.sample  # noqa: F401 - imported so that they are there


if __name__ == "__main__":
    main(*sys.argv[1:3])
