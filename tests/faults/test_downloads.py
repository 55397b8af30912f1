"""A server that fails in every way: exit code 3, and nothing under the name of a data set."""

from __future__ import annotations

import gc
import http.server
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torchvision

from nnlab.data import downloading, vision
from nnlab.data.archives import is_installed
from nnlab.errors import DataError

PAGE = b"<html><body>Please log in to the network.</body></html>"


class FaultyHandler(http.server.BaseHTTPRequestHandler):
    """Answers as the last part of the path's first folder says."""

    def do_GET(self) -> None:
        getattr(self, self.path.split("/")[1])()

    def closed(self) -> None:
        self._begin(200, length=100_000)
        self.wfile.write(b"x" * 1000)

    def stalled(self) -> None:
        self._begin(200, length=100_000)
        self.wfile.write(b"x")
        self.wfile.flush()
        time.sleep(2)

    def missing(self) -> None:
        self.send_error(404)

    def broken(self) -> None:
        self.send_error(500)

    def page(self) -> None:
        self._begin(200, length=len(PAGE))
        self.wfile.write(PAGE)

    def longer(self) -> None:
        self._begin(200, length=10)
        self.wfile.write(PAGE)

    def loop(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.path)
        self.end_headers()

    def nonsense(self) -> None:
        self.wfile.write(b"\xff\xfe nonsense\r\n\r\n")

    def silent(self) -> None:
        self.close_connection = True

    def _begin(self, code: int, length: int) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), FaultyHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(
    "fault",
    ["closed", "stalled", "missing", "broken", "page", "longer", "loop", "nonsense", "silent"],
)
def test_a_faulty_server_installs_nothing(
    fault: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NNLAB_OFFLINE")
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [f"{address}/{fault}/"])
    monkeypatch.setattr(downloading, "TIMEOUT_SECONDS", 0.5)
    with pytest.raises(DataError, match="could not be downloaded"):
        vision.fetch("mnist", tmp_path)
    gc.collect()  # urllib leaves sockets in circles of errors: not to the next test
    assert not is_installed("mnist", tmp_path)
    assert list(tmp_path.iterdir()) == []
