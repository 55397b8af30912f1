"""Units trained as tasks of Ray, on a cluster if one runs here, else on this computer.

Ray restarts what a lost node has trained; nnlab neither schedules nor leases anything. Ray pickles the
arguments of its tasks; nnlab gives it text, digests and bytes only, and reads what comes back as a
stranger's.
"""

from __future__ import annotations

import json
import logging
import os
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nnlab.errors import ConfigError, RunError
from nnlab.sweep.attempts import Attempts
from nnlab.sweep.executors.answers import answer_from_json, raise_error
from nnlab.sweep.executors.stopping import Stopping
from nnlab.sweep.parcels import pack, parcel_of, train_parcel
from nnlab.sweep.places import Place
from nnlab.sweep.training import is_trained
from nnlab.sweep.units import StoredUnit, experiment_of, unit_to_json
from nnlab.training.runtime import num_processors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnlab.storage.run_dir import RunDir
    from nnlab.sweep.executors.answers import Answer
    from nnlab.sweep.places import AnyPlace
    from nnlab.sweep.units import Unit

MAX_RETRIES = 3  # of a unit whose node is lost
MAX_UNITS = 1024
SECONDS_BETWEEN_LOOKS = 0.5
logger = logging.getLogger(__name__)


class RayExecutor:
    """Trains each unit in a task.

    Args:
        place: The sweep, and where its data are.

    Raises:
        ConfigError: If Ray is not installed.
    """

    def __init__(self, place: AnyPlace) -> None:
        try:
            import ray
        except ImportError as error:
            msg = '--on ray needs Ray: pip install "nnlab[ray]"'
            raise ConfigError(msg) from error
        self.ray: Any = ray
        self.place = place
        self._threads = ThreadPoolExecutor(MAX_UNITS)
        self._stopping = Stopping(lambda: None, place.on_stop)
        self._is_over = False
        self._cluster: _Cluster | None = None
        self._parcels: list[tuple[Any, Mapping[str, bytes]]] = []
        self._digests: dict[bool, str] = {}
        self._computers: set[str] = set()

    @property
    def capacity(self) -> int:
        """How many units it trains at once: a processor each, of all nodes that are there now."""
        self._connect()
        return min(MAX_UNITS, max(1, int(self.ray.cluster_resources().get("CPU", 0))))

    def _connect(self) -> None:
        if self._cluster is None:
            self._cluster = _Cluster(self.ray)

    @cached_property
    def _attempts(self) -> Attempts:
        return Attempts(self.place.scratch / "attempts")

    @cached_property
    def _task(self) -> Any:
        return self.ray.remote(num_cpus=1, max_retries=MAX_RETRIES)(train_parcel)

    def _parcel(self, unit: Unit) -> tuple[Any, Mapping[str, bytes]]:
        """Return what a unit needs, as Ray knows it, and its code; once for all units of a sweep."""
        if not self._parcels or not isinstance(self.place, Place):
            parcel = parcel_of(self.place, unit)
            self._parcels = [(self.ray.put(parcel), parcel.code)]
        return self._parcels[0]

    def _bring_up_to(self, unit: Unit) -> None:
        """Send the plan again if a unit is of a batch that it did not have."""
        place = self.place.up_to(unit)
        if place is not self.place:
            self.place = place
            self._parcels = []

    def submit(self, unit: Unit) -> Future[None]:
        """Start a unit; see ``Executor``."""
        self._connect()  # first: Ray sets signal handlers, too
        self._bring_up_to(unit)
        self._stopping.begin()
        return self._threads.submit(
            self._train, unit, *self._parcel(unit), self._data_sha256(unit), self._attempts
        )

    def cancel(self) -> None:
        """Stop the tasks: what they have trained since their unit began is lost."""
        self._is_over = True
        self._threads.shutdown(cancel_futures=True)
        self._stopping.close()
        self._attempts.remove()
        if self._cluster is not None:
            self._cluster.leave()

    def _data_sha256(self, unit: Unit) -> str:
        """Return the digest of a unit's data as they are here."""
        from nnlab.config.resolve import load_examples

        if not isinstance(self.place, Place) or isinstance(unit, StoredUnit):
            return self.place.run_of(unit).meta["data_sha256"] or ""
        config = experiment_of(self.place.plan, unit)
        is_withheld = config.dataset.split.withhold_test
        if is_withheld not in self._digests:
            examples = load_examples(config.dataset, self.place.data)
            self._digests[is_withheld] = examples.sha256
        return self._digests[is_withheld]

    def _train(
        self, unit: Unit, parcel: Any, code: Mapping[str, bytes], digest: str, attempts: Attempts
    ) -> None:
        target, text = self.place.run_of(unit), json.dumps(unit_to_json(unit)).encode()
        for retry in range(1 + MAX_RETRIES):
            reference = self._task.remote(parcel, text, pack(target.path), digest)
            answer, content = self._result(reference, target)
            is_stopped = answer["error"] == "InterruptedRun"  # with its node, not by us
            if not is_stopped or retry == MAX_RETRIES:
                raise_error(answer, self._stopping.message)
            attempt = attempts.open(content, target, code)
            self._check(attempt, unit, answer, digest)
            attempts.keep(attempt, target)
            if not is_stopped:
                return

    def _result(self, reference: Any, target: RunDir) -> tuple[Answer, bytes]:
        while not self.ray.wait([reference], timeout=SECONDS_BETWEEN_LOOKS)[0]:
            if self._is_over or self._stopping.signal is not None:
                self.ray.cancel(reference)
                self._stopping.check()
                raise CancelledError
        try:
            answer, content = self.ray.get(reference)
        except self.ray.exceptions.RayError as error:
            msg = f"{target.path}: Ray has lost it {1 + MAX_RETRIES} times, or could not start it: {error}"
            raise RunError(msg) from error
        return answer_from_json(answer), content

    def _check(self, attempt: RunDir, unit: Unit, answer: Answer, digest: str) -> None:
        """Check that a run which has come back is what was asked for."""
        meta = attempt.meta
        if meta.get("data_sha256") != digest:
            msg = (
                f"{attempt.path} was trained on other data: {meta.get('data_sha256')}, not {digest}"
            )
            raise RunError(msg)
        if answer["error"] is None and not is_trained(attempt, unit):
            msg = f"{attempt.path} was said to be done, and is not"
            raise RunError(msg)
        computer = json.dumps([meta.get("versions"), meta.get("hardware")])
        self._computers.add(computer)
        if len(self._computers) == 2:
            found = "\n".join(sorted(self._computers))
            logger.warning(
                "units were trained on different computers; bytes may differ:\n%s", found
            )


class _Cluster:
    """A connection to a cluster that runs here, or else to one that is started for this sweep."""

    def __init__(self, ray: Any) -> None:
        self.ray = ray
        self.is_ours = not ray.is_initialized()
        if not self.is_ours:
            return
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        # Else tasks that ask for no graphics card would see none, and Ray says that this will change.
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        options = {"log_to_driver": False, "logging_level": logging.ERROR}
        try:
            ray.init(address="auto", **options)
        except ConnectionError:
            ray.init(num_cpus=num_processors(), include_dashboard=False, **options)
        else:
            warn_of_open_ports(ray.nodes())

    def leave(self) -> None:
        """Disconnect; a cluster that was started for this sweep ends."""
        if self.is_ours:
            self.ray.shutdown()


def warn_of_open_ports(nodes: list[dict[str, Any]]) -> None:
    """Warn if several computers form a cluster that asks nobody for a token.

    Args:
        nodes: What ``ray.nodes()`` returns.
    """
    addresses = {node["NodeManagerAddress"] for node in nodes if node["Alive"]}
    if len(addresses) > 1 and os.environ.get("RAY_AUTH_MODE") != "token":
        logger.warning(
            "this Ray cluster of %d computers lets anyone in its network run code: "
            "start it, and this sweep, with RAY_AUTH_MODE=token",
            len(addresses),
        )
