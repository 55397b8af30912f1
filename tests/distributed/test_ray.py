"""A sweep on a Ray cluster: the same bytes on nodes that come and go."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.sweeps import (
    conducted_here,
    conducted_on,
    in_batches,
    several_packs,
    with_own_code,
)

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'nnlab[ray]'")
from ray.cluster_utils import Cluster  # noqa: E402 - it needs Ray

from nnlab.sweep.executors.ray import RayExecutor, warn_of_open_ports  # noqa: E402 - as above

pytestmark = [
    pytest.mark.ray,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Ray leaves files open
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A head that trains nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": 10**8}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        patch.setenv("RAY_ADDRESS", cluster.address)
        yield cluster
        ray.shutdown()
        cluster.shutdown()


def with_node(cluster: Cluster, folder: Path) -> object:
    """Add a node of one processor, which trains in a folder."""
    folder.mkdir()
    environment = {"TMPDIR": str(folder), "NNLAB_RUNS": str(folder)}
    return cluster.add_node(num_cpus=1, object_store_memory=10**8, env_vars=environment)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return conducted_here(several_packs(tmp_path_factory.mktemp("here")))


def test_nodes_that_are_killed_and_added_change_nothing(
    cluster: Cluster, expected: dict, tmp_path: Path
) -> None:
    nodes = [with_node(cluster, tmp_path / f"node{i}") for i in range(2)]
    place = several_packs(tmp_path / "runs")
    seen: list[Path] = []

    def kill_node() -> None:
        while not (saved := list(tmp_path.glob("node0/*/sweep/packs/*/checkpoints/manifest.json"))):
            time.sleep(0.01)
        cluster.remove_node(nodes[0], allow_graceful=False)  # SIGKILL
        seen.extend(saved)

    def add_node(*_: object) -> None:
        if len(nodes) == 2:
            nodes.append(with_node(cluster, tmp_path / "node2"))

    thread = threading.Thread(target=kill_node)
    thread.start()
    found = conducted_on(RayExecutor(place), place, add_node)
    thread.join()

    assert len(seen) == 1, "a pack was being trained on the node that was killed"
    assert found == expected
    assert not list(place.folder.path.glob("attempts/*/*"))


@pytest.mark.slow
def test_own_code_travels(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_node(cluster, tmp_path / "own")
    expected = conducted_here(with_own_code(tmp_path, monkeypatch))
    place = with_own_code(tmp_path, monkeypatch)

    assert conducted_on(RayExecutor(place), place) == expected


def test_open_ports_are_warned_of(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [{"NodeManagerAddress": f"192.0.2.{n}", "Alive": n < 3} for n in range(4)]
    warn_of_open_ports(nodes[:1])
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    warn_of_open_ports(nodes)
    assert not caplog.text
    monkeypatch.delenv("RAY_AUTH_MODE")
    warn_of_open_ports(nodes)
    assert "cluster of 3 computers lets anyone" in caplog.text


@pytest.mark.slow
def test_nodes_are_sent_the_batches_that_were_proposed(cluster: Cluster, tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    node = with_node(cluster, tmp_path / "node")
    place = in_batches(tmp_path / "runs")
    found = conducted_on(RayExecutor(place), place)
    cluster.remove_node(node)

    assert found == conducted_here(in_batches(tmp_path / "here"))
