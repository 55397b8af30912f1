"""What the simulation of a cluster needs to know, measured here; and its check on a real Ray cluster.

Nodes are processes of one computer, which would not train more if there were more of them. So in the
check, workers wait in place of training; all else is done as ever: units are packed, sent, unpacked, looked
at, packed, sent back, checked and kept. Four nodes on two processors then take as long as four computers,
once their workers have started.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ray
import torch
from ray.cluster_utils import Cluster as RayCluster

from benchmarks.cluster_simulation import Cluster, Simulation
from benchmarks.peers import hardware
from nnlab.config.sweep_file import read_sweep
from nnlab.storage.folders import Folders
from nnlab.sweep.attempts import Attempts
from nnlab.sweep.conduct import create, place_of, read_plan
from nnlab.sweep.costs import Meter
from nnlab.sweep.executors.protocol import run_all
from nnlab.sweep.executors.ray import MAX_RETRIES, RayExecutor
from nnlab.sweep.parcels import pack, train_parcel
from nnlab.sweep.places import Place, run_of
from nnlab.sweep.planning import plan_of
from nnlab.sweep.training import train_unit
from nnlab.sweep.units import PackUnit, Unit
from nnlab.training.runtime import num_processors

if TYPE_CHECKING:
    from benchmarks.cluster import Network

NODES = (2, 4)
REPLICAS = 48
SECONDS = 4.0  # of each measurement of an epoch
SHAPES = "model.hidden_sizes=choice([8],[12],[16],[20],[24],[28],[32],[36])"
# How long the packs of each rung wait in the check [s].
WAITS = (
    (2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5),
    (4.0, 5.0, 3.0, 6.0, 4.5),
    (6.0, 7.0),
)


def measure(networks: Sequence[Network]) -> dict[str, Any]:
    """Return what the units of networks take."""
    torch.set_num_threads(1)
    load = os.getloadavg()[0]
    found = {network.name: _network(network) for network in networks}
    return {"hardware": hardware(), "processors": num_processors(), "load": load, **found}


def check() -> dict[str, Any]:
    """Return what Ray costs, and how long rungs take on real clusters, as predicted and as it was."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        place = _trained(Path(folder))
        with _ray_nodes(1):
            costs = _overheads(place)
        print(costs, flush=True)
        return {"ray": costs, "checks": [_check(nodes, place, costs) for nodes in NODES]}


def _network(network: Network) -> dict[str, float]:
    """Return what a unit of a network takes, by one processor and by all."""
    meter = Meter(Folders.choose().data)
    arguments = [*network.arguments[1:], "optimizer.lr=log(1e-3,1e-1)"]
    config = read_sweep(network.arguments[0], arguments, {}).base
    one = meter.measure(config, REPLICAS, SECONDS).seconds
    torch.set_num_threads(num_processors())
    here = meter.measure(config, REPLICAS, SECONDS).seconds
    torch.set_num_threads(1)
    arguments += ["train.limit_batches=1", "train.epochs=9"]
    short, long = (_seconds_of_rung(network, arguments, epochs) for epochs in (1, 3))
    per_unit = short - (long - short) / 2
    return {"per_unit": per_unit, "per_replica_epoch": one, "per_replica_epoch_here": here}


def _seconds_of_rung(network: Network, arguments: Sequence[str], epochs: int) -> float:
    """Return how long a pack trains to its first rung [s]."""
    options = {"trials": REPLICAS // 3, "seeds": 3, "prune": {"name": "halving", "first": epochs}}
    with tempfile.TemporaryDirectory() as folder:
        place = _started(network.arguments[0], arguments, options, Path(folder))
        begin = time.perf_counter()
        train_unit(place, PackUnit(0, (place.plan.packs[0],)))
        return time.perf_counter() - begin


def _started(config: str, arguments: Sequence[str], options: dict[str, Any], runs: Path) -> Place:
    file = read_sweep(config, list(arguments), options)
    folder = create(plan_of(file).plan, "measured", file.text, runs)
    return place_of(folder, Folders.choose().data)


def _trained(folder: Path) -> Place:
    """Return a sweep of one rung whose packs are trained, so that only sending them costs something."""
    options = {"trials": 16, "seeds": 3, "prune": "none"}
    place = _started(
        "digits_mlp", [SHAPES, "optimizer.lr=log(1e-3,1e-1)", "train.epochs=1"], options, folder
    )
    for unit in _units(place):
        train_unit(place, unit)
    return place


def _units(place: Place) -> list[Unit]:
    return [PackUnit(number, (trials,)) for number, trials in enumerate(place.plan.packs)]


class _Waiting(RayExecutor):
    """Sends units that are trained already to workers, which wait in place of training.

    Args:
        place: The sweep.
    """

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.waits: Sequence[float] = (0.0,) * len(place.plan.packs)

    @property
    def _task(self) -> Any:
        waits = self.waits

        def wait(parcel: Any, unit: bytes, run: bytes, digest: str) -> tuple[bytes, bytes]:
            time.sleep(waits[json.loads(unit)["pack"]])
            return train_parcel(parcel, unit, run, digest)

        return self.ray.remote(num_cpus=1, max_retries=MAX_RETRIES)(wait)


@contextlib.contextmanager
def _ray_nodes(number: int) -> Iterator[None]:
    """Run a Ray cluster whose nodes have one processor each; the head trains nothing."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": 10**8}
    cluster = RayCluster(initialize_head=True, head_node_args=head)
    os.environ["RAY_ADDRESS"] = cluster.address
    try:
        for _ in range(number):
            cluster.add_node(num_cpus=1, object_store_memory=10**8)
        cluster.wait_for_nodes()
        yield
    finally:
        ray.shutdown()
        cluster.shutdown()
        del os.environ["RAY_ADDRESS"]


def _overheads(place: Place) -> dict[str, float]:
    """Return what Ray and parcels cost a unit that waits for nothing."""
    executor, units, seconds = _Waiting(place), _units(place), []
    assert executor.capacity == 1  # connects
    for unit in units:
        begin = time.perf_counter()
        executor.submit(unit).result()
        seconds.append(time.perf_counter() - begin)
    executor.cancel()
    begin = time.perf_counter()
    read_plan(place.folder)
    per_trial = (time.perf_counter() - begin) / len(place.plan.trials)
    whole, coordinator = statistics.median(seconds[1:]), _coordinator(place, units)
    return {
        "start": seconds[0] - whole,
        "per_unit": whole - coordinator - per_trial * len(place.plan.trials),
        "coordinator": coordinator,
        "per_trial_of_plan": per_trial,
    }


def _coordinator(place: Place, units: Sequence[Unit]) -> float:
    """Return what the coordinator does for a unit: it packs a run, and keeps one that has come [s]."""
    attempts, seconds = Attempts(place.scratch / "attempts"), []
    for unit in units:
        target = run_of(place.folder, unit)
        begin = time.perf_counter()
        attempts.keep(attempts.open(pack(target.path), target, {}), target)
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def _check(nodes: int, place: Place, costs: dict[str, float]) -> dict[str, float]:
    """Let the packs of some rungs wait on a cluster, and predict how long that takes."""
    units = _units(place)
    with _ray_nodes(nodes):
        executor = _Waiting(place)
        assert executor.capacity == nodes  # connects
        executor.waits = (5.0,) * len(units)  # so that each node starts a worker
        run_all(executor, units[:nodes], lambda _: None)
        begin = time.perf_counter()
        for waits in WAITS:
            executor.waits = waits
            run_all(executor, units[: len(waits)], lambda _: None)
        seconds = time.perf_counter() - begin
        executor.cancel()
    cluster = Cluster(
        nodes,
        per_unit=costs["per_unit"] + len(place.plan.trials) * costs["per_trial_of_plan"],
        coordinator=costs["coordinator"],
    )
    predicted = float(Simulation(cluster, 0).run(WAITS).makespan)
    found = {"nodes": nodes, "seconds": seconds, "predicted": predicted, "load": os.getloadavg()[0]}
    print(found, flush=True)
    return found
