"""How quickly the page's server answers: ``python -m benchmarks.ui [RUNS]``.

Makes a folder of 1,000 finished runs of 10 seeds and 1,000 epochs. They share the file of their metrics
by hard links, so that the folder is made in seconds; the server reads each as a file of its own. Then
starts ``nnlab ui`` on it, and asks it by HTTP on this computer, cold (nothing was kept) and warm.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

SEEDS, EPOCHS = 10, 1_000
NUM_OVERLAID = 50
NUM_LINES = 40
WAIT_SECONDS = 60.0


def make_runs(folder: Path, num_runs: int) -> None:
    """Write runs that look as if they had been trained."""
    from tests.helpers.ui import make_run, record_line, resolved, summary

    first = make_run(folder, "run-0000", seeds=SEEDS, epochs=1)
    lines = [record_line(e, s) for e in range(1, EPOCHS + 1) for s in range(SEEDS)]
    (first / "metrics.jsonl").write_text("".join(lines))
    (first / "summary.json").write_text(json.dumps(summary(SEEDS, EPOCHS)))
    (first / "resolved.yaml").write_text(resolved(0.01, EPOCHS, SEEDS))
    for number in range(1, num_runs):
        path = folder / "runs" / f"run-{number:04d}"
        path.mkdir()
        os.link(first / "metrics.jsonl", path / "metrics.jsonl")
        for name in ("meta.json", "summary.json", "resolved.yaml"):
            shutil.copyfile(first / name, path / name)


class Client:
    """Asks a server as its page does, over one connection."""

    def __init__(self, address: str) -> None:
        place, _, self.token = address.partition("/?token=")
        self.port = int(place.rpartition(":")[2])
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
        self.headers = {
            "Cookie": f"nnlab-{self.port}={self.token}",
            "Sec-Fetch-Site": "same-origin",
        }

    def get(self, target: str) -> bytes:
        """Return the body of an answer that must be 200."""
        self.connection.request("GET", target, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            msg = f"{target}: {answer.status} {body[:200]!r}"
            raise RuntimeError(msg)
        return body

    def stream(self, target: str) -> http.client.HTTPResponse:
        """Return a stream of events, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
        connection.request("GET", target, headers=self.headers)
        return connection.getresponse()


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[tuple[Client, subprocess.Popen[str], float]]:
    """Start a server; yield a client, the process, and the seconds to its first answer."""
    command = [sys.executable, "-m", "nnlab", "ui", "--no-open", "--runs-dir", str(folder / "runs")]
    command += ["--data-dir", str(folder / "data")]
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        client = Client(process.stdout.readline().strip())
        client.get("/")
        client.get("/api/state")
        yield client, process, time.perf_counter() - started
    finally:
        process.kill()
        process.wait()


def timed(action: Callable[[], object]) -> float:
    """Return how long something takes [s]."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def overlaid(client: Client) -> int:
    """Ask for the curves of many runs, as the page of several does; return the bytes."""
    runs = "&".join(f"run=run-{number:04d}" for number in range(NUM_OVERLAID))
    return len(client.get(f"/api/series?{runs}&metric=val.loss&buckets=600"))


def ask(folder: Path, title: str) -> None:
    """Print the times of a server that was just started."""
    actions: dict[str, Callable[[Client], object]] = {
        "list, first 100 rows": lambda c: c.get("/api/runs"),
        "one run": lambda c: (
            c.get("/api/runs/run-0000"),
            c.get("/api/runs/run-0000/series?metric=val.loss&metric=train.loss&buckets=600"),
        ),
        f"{NUM_OVERLAID} runs overlaid": overlaid,
    }
    with serving(folder) as (client, _, seconds):
        print(f"{title}: start to first answer {seconds:.2f} s")
        for name, action in actions.items():
            first = timed(lambda action=action: action(client))
            again = statistics.median(timed(lambda action=action: action(client)) for _ in range(5))
            print(f"{title}: {name}: first {first:.3f} s, again {again:.3f} s")
        print(f"{title}: bytes of {NUM_OVERLAID} runs overlaid: {overlaid(client):,}")


def latency(folder: Path) -> None:
    """Print how long a line takes from the file to a browser, and how long Ctrl-C takes."""
    from tests.helpers.ui import make_run, record_line

    path = make_run(folder, "live", seeds=SEEDS, epochs=1, status="running") / "metrics.jsonl"
    with serving(folder) as (client, process, _):
        client.get("/api/runs")
        streams = [client.stream(f"/api/events?watch=live:{path.stat().st_size}") for _ in range(5)]
        waited = []
        for epoch in range(2, 2 + NUM_LINES):
            time.sleep(0.03 + 0.01 * (epoch % 11))
            lines = "".join(record_line(epoch, seed) for seed in range(SEEDS))
            started = time.perf_counter()
            with path.open("a") as file:
                file.write(lines)
            while f'"epoch": {epoch},'.encode() not in streams[0].readline():
                pass
            waited.append(time.perf_counter() - started)
        ends = statistics.quantiles(waited, n=20)
        print(f"line to event: median {statistics.median(waited):.3f} s, p95 {ends[-1]:.3f} s")
        process.send_signal(signal.SIGINT)
        print(f"Ctrl-C with {len(streams)} streams: {timed(process.wait):.2f} s")


def main(num_runs: int = 1_000) -> None:
    """Make the folder, and print every time."""
    bare = min(
        timed(lambda: subprocess.run([sys.executable, "-c", ""], check=True)) for _ in range(3)
    )
    print(f"load {os.getloadavg()[0]:.1f}; Python alone starts in {bare:.2f} s")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        print(f"{num_runs:,} runs made in {timed(lambda: make_runs(folder, num_runs)):.1f} s")
        ask(folder, "cold")
        ask(folder, "warm")
        latency(folder)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
