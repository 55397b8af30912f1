"""What the page costs while something is trained: ``python -m benchmarks.ui_live [--only WORD]``.

Real tabs of a headless chromium, through playwright, on this computer:

- ``watched``: how fast a training goes without and with tabs on its run, in turns;
- ``release``: from the release of a slider to the first picture of ten seeds on a spiral;
- ``live``: tabs on a training for minutes: their heaps after a collection, their longest silence, Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.ui.browser import CHROMIUM, FLAGS, UiServer, Watched, until

SEEDS = 10
# After tabs are opened or closed.
SETTLING_SECONDS = 4.0
LONG = """\
name: long
dataset: {name: spiral, num_samples: 600}
model: {name: mlp, hidden_sizes: [32]}
optimizer: {name: adam, lr: 0.01}
train: {epochs: EPOCHS, batch_size: 32, seeds: SEEDS}
"""
SHOWN = """async (share) => {
  const frame = () => new Promise((go) => requestAnimationFrame(go));
  const head = () => document.querySelector(".stage-head")?.textContent ?? "";
  const go = document.querySelector("button.go"), text = document.querySelector("textarea");
  const slider = document.querySelector("#set-optimizer-lr-slider"), before = text.value;
  slider.value = share;
  slider.dispatchEvent(new Event("input", {bubbles: true}));
  const began = performance.now();
  while (text.value === before || go.disabled) await frame();
  const edited = performance.now();
  go.click();
  while (/Epoch \\d/.test(head())) await frame();
  while (!/Epoch \\d/.test(head()) || !document.querySelector("nn-plane canvas")) await frame();
  return [edited - began, performance.now() - began];
}"""


def begin(folder: Path, epochs: int) -> tuple[subprocess.Popen[bytes], str]:
    """Begin to train in a process of its own; return it and its run once there are metrics."""
    config = folder / "long.yaml"
    config.write_text(LONG.replace("EPOCHS", str(epochs)).replace("SEEDS", str(SEEDS)))
    known = set((folder / "runs").glob("*"))
    command = [sys.executable, "-m", "nnlab", "train", str(config)]
    process = subprocess.Popen(
        [*command, "--runs-dir", str(folder / "runs")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while True:
        for path in set((folder / "runs").glob("*")) - known:
            if (path / "metrics.jsonl").exists():
                return process, path.name
        time.sleep(0.05)


@contextlib.contextmanager
def opened(browser: Any, server: UiServer, path: str, num_tabs: int) -> Iterator[list[Any]]:
    """Open tabs of a page."""
    tabs = [Watched(browser, server) for _ in range(num_tabs)]
    try:
        yield [tab.open(path) for tab in tabs]
    finally:
        for tab in tabs:
            tab.context.close()


def rate(process: subprocess.Popen[bytes], metrics: Path, seconds: float) -> list[float]:
    """Return how long a training takes for a thousand epochs now: wall and processor time [s]."""
    before = [time.perf_counter(), used(process.pid), num_lines(metrics)]
    time.sleep(seconds)
    after = [time.perf_counter(), used(process.pid), num_lines(metrics)]
    wall, processor, lines = (new - old for new, old in zip(after, before, strict=True))
    return [1_000 * SEEDS * value / lines for value in (wall, processor)]


def used(pid: int) -> float:
    """Return the processor time of a process [s]."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def num_lines(path: Path) -> int:
    """Return the number of whole lines."""
    return path.read_bytes().count(b"\n")


def watched(browser: Any, server: UiServer, folder: Path, options: argparse.Namespace) -> None:
    """Print how much slower a training is while tabs are open on its run, in turns."""
    process, run = begin(folder, 10**8)
    metrics = folder / "runs" / run / "metrics.jsonl"
    found: dict[int, list[list[float]]] = {0: [], options.tabs: []}
    for _ in range(options.rounds):
        for tabs, times in found.items():
            with opened(browser, server, f"/runs/{run}", tabs):
                time.sleep(SETTLING_SECONDS)
                times.append(rate(process, metrics, options.seconds))
    process.kill()
    process.wait()
    for number, name in enumerate(("wall", "processor")):
        without, with_tabs = (
            statistics.median(times[number] for times in found[tabs]) for tabs in found
        )
        print(
            f"watched: {name} time of 1,000 epochs {without:.2f} s, with {options.tabs} tabs "
            f"{with_tabs:.2f} s: {with_tabs / without - 1:+.1%}"
        )


def release(browser: Any, server: UiServer, folder: Path, options: argparse.Namespace) -> None:
    """Print how long it takes from a slider to the first picture."""
    with opened(browser, server, "/play", 1) as (page,):
        page.wait_for_selector("#set-optimizer-lr-slider")
        until(page, "!document.querySelector('button.go').disabled", 60)
        page.wait_for_timeout(10_000)  # the process that trains is warm
        times = []
        for turn in range(options.turns + 1):
            times.append(page.evaluate(SHOWN, str(500 + 10 * turn)))
            until(page, "document.querySelector('button.go').textContent.includes('Train')", 120)
            page.wait_for_timeout(500)
    edits, shown = zip(*times[1:], strict=True)
    print(
        f"release: edited {statistics.median(edits):.0f} ms, first picture {statistics.median(shown):.0f} ms"
    )


def live(browser: Any, server: UiServer, folder: Path, options: argparse.Namespace) -> None:
    """Print whether heaps of tabs grow, the longest silence of a tab, and how long Ctrl-C takes."""
    process, run = begin(folder, 10**8)
    with opened(browser, server, f"/runs/{run}", options.live_tabs) as pages:
        sizes = [heap(page) for page in pages]
        end, slowest = time.monotonic() + 60 * options.minutes, 0.0
        print(f"live: heaps at first {_mb(sizes)}")
        while time.monotonic() < end:
            pages[0].wait_for_timeout(10_000)
            for page in pages:
                asked = time.perf_counter()
                page.evaluate("1")
                slowest = max(slowest, time.perf_counter() - asked)
        print(
            f"live: heaps at last {_mb([heap(page) for page in pages])}; slowest answer {slowest:.2f} s"
        )
        server.process.send_signal(signal.SIGINT)
        asked = time.perf_counter()
        server.process.wait()
        print(f"live: Ctrl-C with {len(pages)} tabs: {time.perf_counter() - asked:.2f} s")
    process.kill()
    process.wait()


def heap(page: Any) -> float:
    """Return the size of a page's heap after a collection [byte]."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize")


def _mb(sizes: list[float]) -> str:
    return f"{statistics.median(sizes) / 1e6:.1f} MB (at most {max(sizes) / 1e6:.1f})"


PARTS = {"watched": watched, "release": release, "live": live}


def main() -> None:
    """Measure what was asked for."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", metavar="WORD", help="parts with this word")
    for name, default in {
        "tabs": 5,
        "rounds": 5,
        "turns": 10,
        "live-tabs": 8,
    }.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name in [name for name in PARTS if options.only in name]:
            folder = Path(scratch) / name
            (folder / "runs").mkdir(parents=True)
            server = UiServer(folder / "runs", folder / "data")
            PARTS[name](browser, server, folder, options)
            server.process.kill()
            server.process.communicate()
        browser.close()


if __name__ == "__main__":
    main()
