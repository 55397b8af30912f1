"""Every attack that the gate must refuse; and that each of its checks is needed for one of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest
from starlette.routing import Route

from nnlab.ui.app import TABLE, application
from nnlab.ui.gate import HEADERS, MAX_BODY_BYTES, OF_DATA, Gate
from tests.helpers.ui import (
    HOST,
    OWN_PAGE,
    PORT,
    TOKEN,
    Answer,
    Browser,
    exchange,
    make_lab,
    make_run,
)

JSON = ("content-type", "application/json")
BEARER = ("authorization", f"Bearer {TOKEN}")


class Attack(NamedTuple):
    """A request that must be refused, with this status, by this check."""

    status: int
    check: str
    target: str = "/api/state"
    method: str = "GET"
    change: Mapping[str, str | None] = MappingProxyType({})
    more: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    version: str = "1.1"

    def headers(self) -> list[tuple[str, str]]:
        kept = {**OWN_PAGE, **self.change}
        return [*((n, v) for n, v in kept.items() if v is not None), *self.more]


def host(value: str | None) -> Attack:
    return Attack(421, "check_host", change={"host": value})


def origin(value: str) -> Attack:
    return Attack(403, "check_origin", more=[("origin", value)])


def path(value: str) -> Attack:
    return Attack(400, "check_target", target=value)


def key(**change: str | None) -> Attack:
    return Attack(401, "check_token", change=dict(change))


def site(value: str | None) -> Attack:
    return Attack(403, "check_site", change={"sec-fetch-site": value})


def post(kind: str | None, body: bytes = b"{}") -> Attack:
    more = [] if kind is None else [("content-type", kind)]
    return Attack(415, "check_content", method="POST", more=more, body=body)


ATTACKS = {
    "another name": host("evil.example"),
    "another name with the port": host(f"evil.example:{PORT}"),
    "a name that begins like ours": host("127.0.0.1.evil.example"),
    "a name that ends like ours": host(f"evil.example#127.0.0.1:{PORT}"),
    "another port": host("localhost:7118"),
    "no port": host("127.0.0.1"),
    "all addresses": host(f"0.0.0.0:{PORT}"),
    "a decimal address": host(f"2130706433:{PORT}"),
    "an octal address": host(f"0177.0.0.1:{PORT}"),
    "a short address": host(f"127.1:{PORT}"),
    "IPv6 without a port": host("[::1]"),
    "no host": host(None),
    "an empty host": host(""),
    "a host with a path": host(f"127.0.0.1:{PORT}/a/../"),
    "a host with a query": host(f"{HOST}?"),
    "a host with a user": host(f"evil@{HOST}"),
    "a host with a dot": host(f"localhost.:{PORT}"),
    "two hosts": Attack(421, "check_host", more=[("host", "evil.example")]),
    "two equal hosts": Attack(421, "check_host", more=[("host", HOST)]),
    "HTTP/1.0": Attack(400, "check_version", version="1.0"),
    "HTTP/2": Attack(400, "check_version", version="2"),
    "a WebSocket": Attack(400, "check_version", more=[("upgrade", "websocket")]),
    "a header of 64 KB": Attack(431, "check_size", more=[("x-filler", "a" * 65_536)]),
    "an absolute address": path(f"http://{HOST}/api/state"),
    "another absolute address": path("http://evil.example/api/state"),
    "up": path("/api/../api/state"),
    "up, encoded": path("/api/%2e%2e/api/state"),
    "up, encoded twice": path("/api/%252e%252e/state"),
    "up by backslashes": path("/api\\..\\state"),
    "two slashes": path("//etc/passwd"),
    "two slashes inside": path("/api//state"),
    "here": path("/api/./state"),
    "a slash at the end": path("/api/state/"),
    "nul": path("/api/state%00"),
    "a raw nul": path("/api/state\0"),
    "a drive": path("/api/runs/C:"),
    "an asterisk": path("*"),
    "no path": path(""),
    "letters of other alphabets": path("/api/runs/\xe0"),
    "a very long path": path("/api/" + "a" * 9_000),
    "a very long query": path("/api/state?" + "a" * 9_000),
    **{
        name: Attack(405, "check_method", method=name)
        for name in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "BREW")
    },
    "a preflight": Attack(
        405,
        "check_method",
        method="OPTIONS",
        more=[("origin", f"http://{HOST}"), ("access-control-request-method", "POST")],
    ),
    "a post to a page": Attack(405, "check_method", target="/runs", method="POST", more=[JSON]),
    "a hidden method": Attack(400, "check_method", more=[("x-http-method-override", "DELETE")]),
    "another site": origin("https://evil.example"),
    "no origin to speak of": origin("null"),
    "a file": origin("file://"),
    "another port of this computer": origin("http://127.0.0.1:8888"),
    "its twin by https": origin(f"https://{HOST}"),
    "a mixed name": origin(f"http://localhost:{PORT}"),
    "capital letters": origin(f"HTTP://{HOST}"),
    "a dot at the end": origin(f"http://{HOST}."),
    "a path": origin(f"http://{HOST}/"),
    "an empty origin": origin(""),
    "two origins": Attack(
        400, "check_origin", more=[("origin", f"http://{HOST}"), ("origin", "https://evil.example")]
    ),
    "no key": key(cookie=None),
    "a wrong key": key(cookie=f"nnlab-{PORT}={'u' * 43}"),
    "the beginning of the key": key(cookie=f"nnlab-{PORT}={TOKEN[:-1]}"),
    "more than the key": key(cookie=f"nnlab-{PORT}={TOKEN}t"),
    "an empty key": key(cookie=f"nnlab-{PORT}="),
    "the cookie of another server": key(cookie=f"nnlab-7118={TOKEN}"),
    "the key in capitals": key(cookie=f"nnlab-{PORT}={TOKEN.upper()}"),
    "the key under another name": key(cookie=f"token={TOKEN}"),
    "the key in the address": Attack(
        401, "check_token", target=f"/api/state?token={TOKEN}", change={"cookie": None}
    ),
    "a wrong bearer": Attack(401, "check_token", more=[("authorization", "Bearer x")]),
    "the key by another scheme": Attack(
        401, "check_token", change={"cookie": None}, more=[("authorization", f"Basic {TOKEN}")]
    ),
    "two keys": Attack(400, "check_token", change={"cookie": None}, more=[BEARER, BEARER]),
    "cross-site": site("cross-site"),
    "same-site": site("same-site"),
    "typed into the address bar": site("none"),
    "no site": site(None),
    "no site, with an origin": Attack(
        403,
        "check_site",
        change={"sec-fetch-site": None},
        more=[("origin", f"http://{HOST}")],
    ),
    "two sites": Attack(400, "check_site", more=[("sec-fetch-site", "cross-site")]),
    "cross-site with a bearer": Attack(
        403, "check_site", change={"sec-fetch-site": "cross-site"}, more=[BEARER]
    ),
    "a form": post("application/x-www-form-urlencoded", b"a=b"),
    "a form with files": post("multipart/form-data; boundary=x"),
    "text": post("text/plain"),
    "JSON in disguise": post("text/plain; application/json"),
    "JSON in another alphabet": post("application/json; charset=utf-7"),
    "no type": post(None),
    "a length said twice": Attack(
        400, "check_length", more=[("content-length", "2"), ("transfer-encoding", "chunked")]
    ),
    "a large length": Attack(
        413,
        "check_length",
        method="POST",
        more=[JSON, ("content-length", str(MAX_BODY_BYTES + 1))],
        body=b"{}",
    ),
    "a length in words": Attack(400, "check_length", more=[("content-length", "many")]),
    "a huge length": Attack(413, "check_length", more=[("content-length", "1" * 4_400)]),
}


class Witness:
    """An application that counts what reaches it."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self, scope: object, receive: object, send: Callable) -> None:
        self.count += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"secret"})


def attempt(attack: Attack) -> tuple[Answer, int]:
    """Return the answer to an attack, and how often the application was reached."""
    witness = Witness()
    browser = Browser(Gate(witness, PORT, TOKEN))
    answer = browser.ask(
        attack.target, attack.method, attack.headers(), attack.body, http_version=attack.version
    )
    return answer, witness.count


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_with_one_line_in_the_log(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)

    answer, count = attempt(ATTACKS[name])

    assert (answer.status, count) == (ATTACKS[name].status, 0)
    assert b"secret" not in answer.body
    assert [record.getMessage() for record in caplog.records] == [
        f"refused with {answer.status}: {answer.json['error']['text']}"
    ]
    assert TOKEN not in caplog.text
    assert not [name for name, _ in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("check", sorted({attack.check for attack in ATTACKS.values()}))
def test_without_its_check_an_attack_succeeds(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gate, check, lambda self, head: None)

    reached = [
        name for name, attack in ATTACKS.items() if attack.check == check and attempt(attack)[1]
    ]

    assert reached, f"nothing but {check} refuses an attack of its own"


def test_every_check_has_attacks() -> None:
    checks = {name for name in vars(Gate) if name.startswith("check_")}
    assert checks == {attack.check for attack in ATTACKS.values()}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"host": f"localhost:{PORT}"},
        {"host": f"[::1]:{PORT}"},
        {"cookie": f"theme=dark; nnlab-7118=x; nnlab-{PORT}={TOKEN}; a=b"},
        {"origin": f"http://{HOST}"},
        {"cookie": None, "sec-fetch-site": None, "authorization": f"Bearer {TOKEN}"},
    ],
)
def test_the_page_itself_is_let_in(change: dict[str, str | None]) -> None:
    answer, count = attempt(Attack(200, "", change=change))

    assert (answer.status, answer.body, count) == (200, b"secret", 1)


def test_every_answer_has_the_headers_that_protect_it() -> None:
    for target, expected in (("/", HEADERS), ("/api/state", HEADERS | OF_DATA)):
        answer, _ = attempt(Attack(200, "", target=target))
        for name, value in expected.items():
            assert answer.header(name) == value
        assert answer.header("cache-control") == "no-store"
    refused, _ = attempt(ATTACKS["no key"])
    assert (HEADERS | OF_DATA).items() <= dict(refused.headers).items()


def test_data_run_nothing_if_they_are_opened_by_their_address() -> None:
    answer, _ = attempt(Attack(200, "", target="/api/runs/a/pictures/b.svg"))
    policy = str(answer.header("content-security-policy"))
    assert {"sandbox", "default-src 'none'"} <= {part.strip() for part in policy.split(";")}
    assert "script" not in policy


def test_a_person_who_opens_a_strange_address_gets_a_page() -> None:
    headers = [("sec-fetch-dest", "document")]
    page, asked = attempt(Attack(400, "", target="/runs/<b>", more=headers))
    assert (page.status, page.header("content-type"), asked) == (400, "text/html; charset=utf-8", 0)
    assert "the address is not one of this server" in page.body.decode()
    assert HEADERS.items() <= dict(page.headers).items()
    data, _ = attempt(Attack(400, "", target="/api/<b>", more=headers))
    assert data.header("content-type") == "application/json"


def test_without_the_key_nothing_is_looked_up_so_no_time_tells_what_exists() -> None:
    answers = [
        attempt(Attack(401, "", target=f"/api/runs/{name}", change={"cookie": None}))
        for name in ("there", "absent")
    ]
    assert answers[0] == answers[1]
    assert answers[0][1] == 0


@pytest.mark.parametrize("kind", ["websocket", "webtransport", "ftp"])
def test_a_scope_that_is_no_http_is_closed(kind: str) -> None:
    witness = Witness()
    sent = []

    async def send(message: dict) -> None:
        sent.append(message)

    async def receive() -> dict:
        return {"type": "websocket.connect"}

    scope = {"type": kind, "path": "/api/state", "headers": []}
    asyncio.run(Gate(witness, PORT, TOKEN)(scope, receive, send))

    assert witness.count == 0
    assert sent == [{"type": "websocket.close", "code": 1008}]


def send_body(chunks: list[bytes], method: str = "POST") -> tuple[Answer, int]:
    witness = Witness()
    attack = Attack(0, "", method=method, more=[JSON] if method == "POST" else [])
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": "/api/state",
        "raw_path": b"/api/state",
        "query_string": b"",
        "headers": [(n.encode(), v.encode()) for n, v in attack.headers()],
    }
    return asyncio.run(exchange(Gate(witness, PORT, TOKEN), scope, chunks)), witness.count


def test_a_body_may_be_as_large_as_is_said_and_no_larger() -> None:
    half = b" " * (MAX_BODY_BYTES // 2)

    assert send_body([half, half])[0].status == 200
    answer, count = send_body([half, half, b" "])
    assert (answer.status, count) == (413, 0)


def test_a_body_that_is_broken_off_is_refused() -> None:
    assert send_body([])[0].status == 400


def test_a_request_to_read_has_no_body() -> None:
    answer, count = send_body([b"{}"], "GET")
    assert (answer.status, count) == (400, 0)


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.ui.gate.MAX_BODY_SECONDS", 0.01)
    sent = []

    async def send(message: dict) -> None:
        sent.append(message)

    async def never() -> dict:
        await asyncio.sleep(60)
        return {}

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", HOST.encode())],
    }
    asyncio.run(Gate(Witness(), PORT, TOKEN)(scope, never, send))

    assert sent[0]["status"] == 408


def concrete(route: Route) -> str:
    """Return an address that a route answers."""
    return (
        route.path.replace("{path:path}", "app.css")
        .replace("{id}", "a")
        .replace("{name}", "b")
        .replace("{picture}", "c")
    )


@pytest.mark.parametrize("route", TABLE, ids=lambda route: route.path)
def test_every_route_with_data_refuses_without_the_cookie(route: Route, tmp_path: Path) -> None:
    make_run(tmp_path, "a")
    browser = Browser(application(make_lab(tmp_path)))
    method = "POST" if "POST" in (route.methods or ()) else "GET"
    headers = [(n, v) for n, v in OWN_PAGE.items() if n != "cookie"]

    answer = browser.ask(concrete(route), method, [*headers, JSON], b"{}" * (method == "POST"))

    assert (answer.status == 401) == route.path.startswith("/api/")
    assert set(route.methods or ()) <= {"GET", "HEAD", "POST"}


def test_pages_and_files_hold_no_data(tmp_path: Path) -> None:
    """They are answered to anybody, from a closed list, and are the same for every folder."""
    headers = [("host", HOST), ("sec-fetch-site", "cross-site")]
    make_run(tmp_path / "first", "a")
    found = []
    for folder in ("first", "second"):
        browser = Browser(application(make_lab(tmp_path / folder)))
        pages = [browser.ask(concrete(r), headers=headers) for r in TABLE if "/api" not in r.path]
        found.append([page.body for page in pages])

    assert found[0] == found[1]


def test_the_token_is_exchanged_for_a_cookie_and_leaves_the_address(tmp_path: Path) -> None:
    browser = Browser(application(make_lab(tmp_path)))
    headers = [("host", HOST), ("sec-fetch-site", "cross-site")]

    answer = browser.ask(f"/runs/a?metric=val.loss&token={TOKEN}", headers=headers)

    assert answer.status == 303
    assert answer.header("location") == "/runs/a?metric=val.loss"
    assert answer.header("set-cookie") == (
        f"nnlab-{PORT}={TOKEN}; HttpOnly; SameSite=Strict; Path=/"
    )


@pytest.mark.parametrize("given", ["", "x", TOKEN[:-1], TOKEN + "t", "%C3%A9"])
def test_a_wrong_token_gets_no_cookie(given: str, tmp_path: Path) -> None:
    browser = Browser(application(make_lab(tmp_path)))

    answer = browser.ask(f"/?token={given}", headers=[("host", HOST)])

    assert answer.status == 403
    assert answer.header("set-cookie") is None
