"""Some of the data of the experiments that the page shows, each read once."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.ui.helper.client import Helper

MAX_KNOWN = 20


class Samples:
    """Samples of data sets.

    Args:
        helper: Reads them.
    """

    def __init__(self, helper: Helper) -> None:
        self._helper = helper
        self._known: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, text: str, config: ExperimentConfig) -> dict[str, Any]:
        """Return some of the data of an experiment; see ``nnlab.ui.helper.sample``.

        Args:
            text: The experiment.
            config: The same, read.

        Raises:
            NnlabError: If the data cannot be read.
        """
        key = _key_of(config)
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = self._helper.ask({"do": "sample", "yaml": text})
        with self._lock:
            self._known[key] = known
            self._known.move_to_end(key)
            if len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)
        return known


def _key_of(config: ExperimentConfig) -> str:
    """Return what the data of an experiment depend on: its section, and the state of the user's file."""
    dataset = config.of_first_seed().dataset
    state = None
    if dataset.data_path is not None:
        try:
            found = Path(dataset.data_path).stat()
            state = [found.st_ino, found.st_mtime_ns, found.st_size]
        except OSError:
            pass
    return json.dumps([dataset.model_dump(mode="json"), state], sort_keys=True)
