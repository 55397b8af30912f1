"""A server's application, asked without a socket; and folders of runs made without training."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nnlab.runs.differences import without_measured
from nnlab.storage.folders import Folders
from nnlab.storage.run_dir import RunDir
from nnlab.ui.app import application
from nnlab.ui.gate import Gate
from nnlab.ui.lab import Lab

PORT = 7117
TOKEN = "t" * 43
HOST = f"127.0.0.1:{PORT}"
OWN_PAGE = {
    "host": HOST,
    "cookie": f"nnlab-{PORT}={TOKEN}",
    "sec-fetch-site": "same-origin",
}


class Answer(NamedTuple):
    """What the server has answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return next((value for known, value in self.headers if known == name), None)


# A fixture of the folder's tests closes them.
OPEN_LABS: list[Lab] = []


def make_lab(folder: Path) -> Lab:
    lab = Lab(Folders(folder / "runs", folder / "data"), PORT, TOKEN)
    OPEN_LABS.append(lab)
    return lab


class Browser:
    """Asks an application as a browser does that has the page open."""

    def __init__(self, gate: Gate, headers: Mapping[str, str] = OWN_PAGE) -> None:
        self.gate = gate
        self.headers = [*headers.items()]

    def ask(
        self,
        target: str,
        method: str = "GET",
        headers: list[tuple[str, str]] | None = None,
        body: bytes = b"",
        **more: object,
    ) -> Answer:
        """Send a request exactly as given; ``headers`` replace those of the page."""
        path, _, query = target.partition("?")
        sent = self.headers if headers is None else headers
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode("latin-1", "replace"),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(n.encode("latin-1"), v.encode("latin-1")) for n, v in sent],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", PORT),
            **more,
        }
        return asyncio.run(exchange(self.gate, scope, [body]))

    def get(self, target: str) -> Any:
        """Return the JSON answer to a request of the page, which must succeed."""
        answer = self.ask(target)
        assert answer.status == 200, answer
        return answer.json

    def post(self, target: str, value: object) -> Answer:
        """Send JSON as the page does."""
        body = json.dumps(value).encode()
        headers = [*self.headers, ("content-type", "application/json")]
        return self.ask(target, "POST", headers, body)


def browse(folder: Path) -> Browser:
    return Browser(application(make_lab(folder)))


async def exchange(gate: Gate, scope: dict[str, Any], chunks: list[bytes]) -> Answer:
    """Return the answer of an application to one request."""
    waiting = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, start=1)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await gate(scope, receive, send)
    start = sent[0]
    headers = [(n.decode(), v.decode()) for n, v in start.get("headers", [])]
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(start.get("status", 0), headers, body)


def check_same(one: RunDir, other: RunDir) -> None:
    """Check that two runs have the same weights, records and results."""
    name = max(path.name for path in other.checkpoints_dir.glob("*.safetensors"))
    assert (one.checkpoints_dir / name).read_bytes() == (other.checkpoints_dir / name).read_bytes()
    assert without_measured(one.metrics) == without_measured(other.metrics)
    assert without_measured(one.summary) == without_measured(other.summary)


def make_run(
    folder: Path,
    name: str = "20261127-090000-spiral_mlp-0001",
    *,
    seeds: int = 3,
    epochs: int = 5,
    status: str = "finished",
    tags: list[str] | None = None,
    lr: float = 0.01,
    started_at: str = "2026-11-27T09:00:00+00:00",
) -> Path:
    """Write the folder of a run that looks as if it had been trained, without weights."""
    path = folder / "runs" / name
    path.mkdir(parents=True)
    meta = {
        "schema_version": 1,
        "name": "spiral_mlp",
        "status": status,
        "seeds": [*range(seeds)],
        "started_at": started_at,
        "num_examples": {"train": 100, "val": 20, "test": 20},
    }
    (path / "meta.json").write_text(json.dumps(meta))
    (path / "resolved.yaml").write_text(resolved(lr, epochs, seeds))
    lines = [record_line(epoch, seed) for epoch in range(1, epochs + 1) for seed in range(seeds)]
    (path / "metrics.jsonl").write_text("".join(lines))
    if tags is not None:
        (path / "tags.json").write_text(json.dumps({"tags": tags}))
    if status == "finished":
        (path / "summary.json").write_text(json.dumps(summary(seeds, epochs)))
    return path


def record_line(epoch: int, seed: int, loss: float | None = None) -> str:
    """Return a line of metrics.jsonl."""
    shown = 1.0 / (epoch + seed) if loss is None else loss
    scores = {"loss": shown * 1.1, "accuracy": 1 - shown / 2, "f1": 1 - shown / 2}
    record = {
        "epoch": epoch,
        "step": epoch,
        "seed": seed,
        "train": {"loss": shown},
        "val": scores,
        "lr": 0.01,
        "seconds": epoch * 0.01,
    }
    return json.dumps(record) + "\n"


def resolved(lr: float, epochs: int, seeds: int) -> str:
    """Return a stored experiment."""
    from nnlab.config.load import config_from_mapping, dump_config

    value = {
        "name": "spiral_mlp",
        "dataset": {"name": "spiral"},
        "model": {"name": "mlp"},
        "optimizer": {"name": "adam", "lr": lr},
        "train": {"epochs": epochs, "seeds": seeds},
    }
    return dump_config(config_from_mapping(value))


def summary(seeds: int, epochs: int) -> dict[str, Any]:
    """Return what summary.json holds."""
    from nnlab.storage.schemas import SPLITS

    def scores(seed: int) -> dict[str, Any]:
        value = 0.9 + 0.01 * seed
        scalars = dict.fromkeys(("accuracy", "precision", "recall", "f1"), value)
        of_class = {"precision": value, "recall": value, "f1": value, "support": 10}
        classes = {"c1": of_class, "c2": of_class}
        return {"loss": 0.1, **scalars, "per_class": classes, "confusion": [[9, 1], [1, 9]]}

    names = ("loss", "accuracy", "precision", "recall", "f1")
    means = {
        split: {name: sum(scores(s)[name] for s in range(seeds)) / seeds for name in names}
        for split in SPLITS
    }
    return {
        "schema_version": 1,
        "checkpoint": "last",
        "num_evaluated": {"train": 100, "val": 20, "test": 20},
        "epochs": epochs,
        "steps": epochs,
        **means,
        **{f"{split}_std": dict.fromkeys(names, 0.01 if seeds > 1 else None) for split in SPLITS},
        "per_seed": [
            {"seed": s, "best_epoch": None, "stopped_epoch": None, **{n: scores(s) for n in SPLITS}}
            for s in range(seeds)
        ],
        "num_parameters": 603,
        "train_seconds": 1.5,
    }
