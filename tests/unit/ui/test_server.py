"""A real server, asked by raw sockets what no client library would send."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnlab.errors import ConfigError
from nnlab.storage.folders import Folders
from nnlab.ui import connection, serve
from nnlab.ui.serve import PORT, Server, listen
from nnlab.ui.watching import Watch
from tests.helpers.ui import make_run, record_line

LONG = 20.0  # [s] for machines that are busy
LARGE = "vendor/uplot-1.6.32/uPlot.iife.min.js"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server on any free port."""
    with running(tmp_path) as found:
        yield found


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Server]:
    found = Server(Folders(folder / "runs", folder / "data"), free_port())
    thread = threading.Thread(target=found.run)
    thread.start()
    try:
        yield found
    finally:
        found.server.should_exit = True
        thread.join(LONG)
        assert not thread.is_alive()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), LONG)


def send(server: Server, *lines: str, body: bytes = b"") -> bytes:
    """Return everything that the server answers to these lines."""
    with connect(server) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65_536):
            found += chunk
    return found


def own(server: Server) -> list[str]:
    """Return the lines that the page's requests have."""
    return [
        f"Host: 127.0.0.1:{server.port}",
        f"Cookie: nnlab-{server.port}={server.lab.token}",
        "Sec-Fetch-Site: same-origin",
        "Connection: close",
    ]


def open_stream(server: Server, query: str = "") -> socket.socket:
    """Return a connection that a stream of events comes over."""
    stream = connect(server)
    lines = [f"GET /api/events{query} HTTP/1.1", *own(server), "", ""]
    stream.sendall("\r\n".join(lines).encode())
    return stream


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_the_page_gets_its_data(server: Server) -> None:
    answer = send(server, "GET /api/state HTTP/1.1", *own(server))

    assert status(answer) == 200
    assert b'"can_train"' in answer
    assert b"\r\nserver:" not in answer.lower()


def test_a_page_that_is_not_there_says_so_and_data_that_are_not_there_too(server: Server) -> None:
    page = send(server, "GET /nowhere HTTP/1.1", *own(server))
    data = send(server, "GET /api/nowhere HTTP/1.1", *own(server))

    assert (status(page), status(data)) == (404, 404)
    assert b'id="main"' in page
    assert b"there is no such address" in data


def test_the_key_of_another_server_is_answered_by_a_page(server: Server) -> None:
    answer = send(server, "GET /runs?token=wrong HTTP/1.1", *own(server))

    assert status(answer) == 403
    assert b"This key is not of this server" in answer
    assert b"set-cookie" not in answer.lower()


@pytest.mark.parametrize(
    ("first", "more", "expected"),
    [
        ("GET /api/state HTTP/1.1", ["Host: evil.example"], {400, 421}),
        ("GET http://evil.example/api/state HTTP/1.1", [], {400}),
        ("GET //evil.example/api/state HTTP/1.1", [], {400}),
        ("GET /api/state HTTP/1.0", [], {400}),
        ("GET /../../etc/passwd HTTP/1.1", [], {400}),
        ("GET /static/../gate.py HTTP/1.1", [], {400}),
        ("GET /static/%2e%2e/gate.py HTTP/1.1", [], {400}),
        ("GET /static/gate.py HTTP/1.1", [], {404}),
        ("TRACE /api/state HTTP/1.1", [], {405}),
        ("OPTIONS * HTTP/1.1", [], {400}),
        ("GET /api/state HTTP/1.1", ["X-Filler: " + "a" * 65_536], {400, 431}),
        ("GET /api/state HTTP/1.1", ["Upgrade: websocket", "Sec-WebSocket-Version: 13"], {400}),
        ("GET /api/state HTTP/1.1\r\n folded", [], {400}),
        ("GET /api/state HTTP/1.1", ["Origin : https://evil.example"], {400}),
        ("GET /api/state", [], {400}),
        ("\x16\x03\x01", [], {400}),
    ],
)
def test_a_malformed_request_is_refused(
    server: Server, first: str, more: list[str], expected: set[int]
) -> None:
    answer = send(server, first, *own(server), *more)

    assert answer == b"" or status(answer) in expected
    assert b"can_train" not in answer


def test_a_body_with_two_lengths_is_refused(server: Server) -> None:
    lines = ["POST /api/runs/a/tag HTTP/1.1", *own(server), "Content-Type: application/json"]
    answer = send(
        server,
        *lines,
        "Content-Length: 2",
        "Transfer-Encoding: chunked",
        body=b"2\r\n{}\r\n0\r\n\r\n",
    )
    assert status(answer) == 400


def test_a_long_chunked_body_is_refused(server: Server) -> None:
    lines = ["POST /api/runs/a/tag HTTP/1.1", *own(server), "Content-Type: application/json"]
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    answer = send(server, *lines, "Transfer-Encoding: chunked", body=chunk * 3 + b"0\r\n\r\n")
    assert status(answer) == 413


def test_a_request_that_does_not_come_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_HEADER_SECONDS", 0.2)
    with running(tmp_path) as server, connect(server) as slow:
        slow.sendall(b"GET /api/state HTTP/1.1\r\nHost: 127")
        assert read_all(slow) == b""


def test_who_keeps_connections_open_without_a_key_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 20)
    with running(tmp_path) as server, contextlib.ExitStack() as opened:
        for number in range(100):
            idle = opened.enter_context(connect(server))
            if number % 2:
                idle.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        assert status(send(server, "GET /api/state HTTP/1.1", *own(server))) == 200
        assert len(server.server.server_state.connections) <= 20


def test_who_has_the_key_keeps_the_connection_when_others_flood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 20)
    run = make_run(tmp_path, "a", epochs=1, seeds=1, status="running")
    with running(tmp_path) as server, contextlib.ExitStack() as opened:
        stream = opened.enter_context(open_stream(server, "?watch=a:0"))
        read_until(stream, b'"epoch": 1')
        for _ in range(100):
            opened.enter_context(connect(server))
        with (run / "metrics.jsonl").open("a") as file:
            file.write(record_line(2, 0))
        read_until(stream, b'"epoch": 2')


def test_more_connections_than_there_is_room_for_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "MAX_CONNECTIONS", 5)
    with running(tmp_path) as server, contextlib.ExitStack() as opened:
        for _ in range(5):
            opened.enter_context(open_stream(server))
        assert status(send(server, "GET /api/state HTTP/1.1", *own(server))) == 503
        opened.close()
        deadline = time.monotonic() + LONG
        while status(send(server, "GET /api/state HTTP/1.1", *own(server))) != 200:
            assert time.monotonic() < deadline


def test_who_does_not_read_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_STUCK_SECONDS", 0.2)
    with running(tmp_path) as server, connect(server) as stuck:
        asked = f"GET /static/{LARGE} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n"
        stuck.sendall(asked.encode() * 150)
        state = server.server.server_state
        deadline = time.monotonic() + LONG
        while state.connections or not state.total_requests:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert state.total_requests < 150


def test_the_server_listens_on_this_computer_only(server: Server) -> None:
    assert server.socket.getsockname()[0] == "127.0.0.1"


def test_the_key_of_another_server_does_not_fit(server: Server, tmp_path: Path) -> None:
    with running(tmp_path / "other") as other:
        lines = [
            f"Host: 127.0.0.1:{server.port}",
            f"Cookie: nnlab-{other.port}={other.lab.token}; nnlab-{server.port}={other.lab.token}",
            "Sec-Fetch-Site: same-origin",
            "Connection: close",
        ]
        assert status(send(server, "GET /api/state HTTP/1.1", *lines)) == 401


def test_a_port_that_is_asked_for_and_taken_is_an_error(server: Server) -> None:
    with pytest.raises(
        ConfigError, match=rf"--port {server.port}: .*; leave it out for a free one"
    ):
        listen(server.port)


def test_without_a_port_the_usual_one_or_a_free_one_is_taken() -> None:
    with listen(None) as first, listen(None) as second:
        ports = {first.getsockname()[1], second.getsockname()[1]}
    assert len(ports) == 2
    assert PORT in ports or os.environ.get("PYTEST_XDIST_WORKER")


def test_the_command_prints_the_address_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nnlab", "ui", "--no-open", "--port", str(free_port())]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}", address)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=LONG)
    assert process.returncode == 0
    assert "Traceback" not in said
    assert said.splitlines() == ["Ctrl-C ends the server, and no training"]


def test_streams_get_events_and_end_with_the_server(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", epochs=1, seeds=1, status="running")
    with running(tmp_path) as server, contextlib.ExitStack() as opened:
        streams = [opened.enter_context(open_stream(server, "?watch=a:0")) for _ in range(5)]
        for stream in streams:
            assert b"event: records" in read_until(stream, b'"epoch": 1')
        with (run / "metrics.jsonl").open("a") as file:
            file.write(record_line(2, 0))
        for stream in streams:
            read_until(stream, b'"epoch": 2')
        started = time.monotonic()
        server.server.should_exit = True
        for stream in streams:
            read_all(stream)
        assert time.monotonic() - started < 2.0
        assert server.lab.num_streams == 0


def test_each_of_several_streams_looks_five_times_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looks = Watch.look, []
    monkeypatch.setattr(Watch, "look", lambda watch: looks.append(watch) or look(watch))
    with running(tmp_path) as server, contextlib.ExitStack() as opened:
        for _ in range(8):
            read_until(opened.enter_context(open_stream(server)), b"event: runs")
        time.sleep(1)  # the first looked before there were eight
        looks.clear()
        time.sleep(2)
        assert 8 <= len(looks) < 8 * 12


def test_a_server_that_nobody_looks_at_ends_by_itself(tmp_path: Path) -> None:
    server = Server(Folders(tmp_path / "runs", tmp_path / "data"), free_port(), max_idle=0.5)
    thread = threading.Thread(target=server.run)
    thread.start()
    with connect(server) as connection:
        started = time.monotonic()
        while time.monotonic() - started < 1.5:
            assert thread.is_alive()
            time.sleep(0.1)
        connection.close()
    thread.join(LONG)
    assert not thread.is_alive()


def test_a_tab_that_is_closed_ends_its_stream(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        with open_stream(server) as stream:
            read_until(stream, b"event: runs")
        deadline = time.monotonic() + LONG
        while server.lab.num_streams:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def read_until(connection: socket.socket, wanted: bytes) -> bytes:
    found = b""
    while wanted not in found:
        chunk = connection.recv(65_536)
        assert chunk, found
        found += chunk
    return found
