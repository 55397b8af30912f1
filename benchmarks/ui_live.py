"""What the page costs while something is trained: ``python -m benchmarks.ui_live [--only WORD]``.

Real tabs of a headless chromium, through playwright, on this computer:

- ``watched``: wall and processor time of a training without and with tabs on its run, in turns;
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

LONG = """\
name: long
dataset: {name: spiral, num_samples: 600}
model: {name: mlp, hidden_sizes: [32]}
optimizer: {name: adam, lr: 0.01}
train: {epochs: EPOCHS, batch_size: 32, seeds: 10}
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
    config.write_text(LONG.replace("EPOCHS", str(epochs)))
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


def train(browser: Any, server: UiServer, folder: Path, epochs: int, tabs: int) -> list[float]:
    """Train with tabs on the run; return wall and processor time [s]."""
    started = time.perf_counter()
    process, run = begin(folder, epochs)
    with opened(browser, server, f"/runs/{run}", tabs) as pages:
        while True:
            pid, _, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                return [time.perf_counter() - started, used.ru_utime + used.ru_stime]
            if pages:
                pages[0].wait_for_timeout(50)
            else:
                time.sleep(0.05)


def watched(browser: Any, server: UiServer, folder: Path, options: argparse.Namespace) -> None:
    """Print how much longer a training takes with tabs on its run."""
    found: dict[int, list[list[float]]] = {0: [], options.tabs: []}
    for _ in range(options.rounds):
        for tabs, times in found.items():
            times.append(train(browser, server, folder, options.epochs, tabs))
    for number, name in enumerate(("wall", "processor")):
        without, with_tabs = (
            statistics.median(times[number] for times in found[tabs]) for tabs in found
        )
        change = with_tabs / without - 1
        print(
            f"watched: {name} {without:.2f} s, with {options.tabs} tabs {with_tabs:.2f} s: {change:+.1%}"
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
        "epochs": 3_000,
        "turns": 10,
        "live-tabs": 8,
    }.items():
        parser.add_argument(f"--{name}", type=int, default=default)
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
