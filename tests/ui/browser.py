"""A real browser on a real server; whatever goes wrong in the page fails the test that shows it."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# The shell has no windows, menus and address bars to build: a page costs a third of the processor time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
# A flag of the same name replaces Playwright's own list, so what matters of that one stands here, too. The popups are
# two pages of the address bar, the costliest of every new window; the spare is a process for a page to come.
UNUSED = [
    *(
        "AimEnabled",
        "AvoidUnnecessaryBeforeUnloadCheckSync",
        "DestroyProfileOnBrowserClose",
        "HttpsUpgrades",
    ),
    *(
        "HttpsFirstBalancedModeAutoEnable",
        "LensOverlay",
        "MediaRouter",
        "NetworkTimeServiceQuerying",
    ),
    *("OptimizationHints", "PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning"),
    *(
        "WebUIOmniboxPopup",
        "WebUIOmniboxAimPopup",
        "WebUIOmniboxFullPopup",
        "SpareRendererForSitePerProcess",
    ),
]
FLAGS = [
    f"--disable-features={','.join(UNUSED)}",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
]
AXE = Path(__file__).parent / "vendor/axe-core-4.14.1/axe.min.js"
# Charts are drawn anew, and colours fade, after a change of width or theme.
SETTLING_MS = 400
# A question to the page, and often by it to the server, takes the processor from what is waited for.
POLL_MS = 100
HEIGHTS = {320: 640, 768: 1024, 1280: 900, 1440: 900}


class UiServer:
    """``nnlab ui`` in a process of its own.

    Args:
        runs: The folder of runs.
        data: The folder of data.
        port: The port, if it must be that one.
    """

    def __init__(self, runs: Path, data: Path, port: int | None = None) -> None:
        self.runs = runs
        command = [sys.executable, "-m", "nnlab", "ui", "--no-open", "--runs-dir", str(runs)]
        command += [] if port is None else ["--port", str(port)]
        environment = {**os.environ, "NNLAB_DATA": str(data), "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        assert self.address.startswith("http://127.0.0.1:"), self.address

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    def stop(self) -> None:
        """End the server as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()


def packed(text: str) -> str:
    """Return a text as it stands in the address of the playground."""
    deflate = zlib.compressobj(wbits=-15)
    code = deflate.compress(text.encode()) + deflate.flush()
    return base64.urlsafe_b64encode(code).decode().rstrip("=")


def until(page: Any, script: str, seconds: float = 30.0) -> None:
    """Wait until an expression is true in the page; Playwright's own way is forbidden by the CSP."""
    end = time.monotonic() + seconds
    while not page.evaluate(script):
        assert time.monotonic() < end, f"not true within {seconds} s: {script}"
        page.wait_for_timeout(POLL_MS)


def violations(page: Any) -> list[dict[str, Any]]:
    """Return what axe-core finds wrong in a page, each ``id`` with its first ``nodes``."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    # All that is right is not sent: that is most of the answer.
    return page.evaluate(
        """axe.run(document, {resultTypes: ["violations"]}).then(({ violations }) =>
          violations.map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 3).map(({ html }) => html.slice(0, 200)) })))"""
    )


class Watched:
    """A page, and everything that went wrong in it.

    Attributes:
        page: Playwright's page.
        problems: Errors of the console (reports of the CSP among them), of scripts, and requests to
            other hosts.
    """

    def __init__(self, browser: Any, server: UiServer, **options: Any) -> None:
        self.server = server
        self.problems: list[str] = []
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("request", self._see)

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"console: {message.text} {message.location.get('url', '')}")

    def _see(self, request: Any) -> None:
        if not request.url.startswith((self.server.origin, "blob:", "data:")):
            self.problems.append(f"request to another host: {request.url}")

    def open(self, path: str = "/") -> Any:
        """Open a page of the server, with its key, and wait until it is shown."""
        joint = "&" if "?" in path else "?"
        bare, mark, fragment = path.partition("#")
        token = self.server.address.partition("token=")[2]
        self.page.goto(f"{self.server.origin}{bare}{joint}token={token}{mark}{fragment}")
        self.page.wait_for_selector("main h1", state="attached")
        return self.page

    def sizes(self) -> list[str]:
        """Return the elements that stick out of the page to the right."""
        script = """[...document.querySelectorAll("body *")]
          .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll, pre, .top nav, .starts, .unseen, .skip, .editor"))
          .map((one) => `${one.tagName}.${one.className}`)"""
        is_wide = self.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        return self.page.evaluate(script) if is_wide else []

    def axe(self) -> list[dict[str, Any]]:
        """Return the violations that axe-core finds, each with the first elements to blame."""
        return violations(self.page)

    def flaws(self) -> list[Any]:
        """Return what is not accessible or does not fit, narrow and wide, light and dark."""
        found: list[Any] = []
        for width, theme in itertools.product((320, 1280), ("light", "dark")):
            self.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            self.page.emulate_media(color_scheme=theme)
            self.page.wait_for_timeout(SETTLING_MS)
            where = {"width": width, "theme": theme}
            found += [{**where, **flaw} for flaw in self.axe()]
            found += [{**where, "too wide": element} for element in self.sizes()]
        return found


@contextlib.contextmanager
def watched(browser: Any, server: UiServer, **options: Any) -> Iterator[Watched]:
    """Give a page, and fail if anything went wrong in it."""
    width = options.pop("width", 1280)
    viewport = {"width": width, "height": HEIGHTS[width]}
    page = Watched(browser, server, viewport=viewport, **options)
    try:
        yield page
        assert page.problems == [], json.dumps(page.problems, indent=1)
    finally:
        page.context.close()
