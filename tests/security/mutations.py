"""What strangers may do to the files of a run."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import random
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
import yaml

from nnlab.storage.run_dir import RunDir
from tests.helpers.watchdog import CANARY

FILES = (
    *("meta.json", "summary.json", "preprocessing.json", "metrics.jsonl", "probe.jsonl"),
    *("resolved.yaml", "predictions.safetensors", "tags.json", "lock", "train.log"),
    *("checkpoints/manifest.json", "checkpoints"),
)
JSON_FILES = ("meta.json", "summary.json", "preprocessing.json", "tags.json")
LINE_FILES = ("metrics.jsonl", "probe.jsonl")
NAMES = (
    f"\x1b]0;{CANARY}\x07\x1b[31m",
    f"[bold]{CANARY}[/x][link=file:///etc/passwd]",
    f"<script>{CANARY}()</script><img src=x onerror={CANARY}()>",
    f"\u202e{CANARY}\u2066",
    f"$\\frac{{{CANARY}$",
    f"{{{{ {CANARY}.__class__ }}}}",
    "\x9b31m",
    "\n\r\t\0",
    "../../../../etc/passwd",
    "\N{SNOWMAN}" * 300,
)
VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 2**31, 2**63, 10**30, 10**400, 1e308, -0.5, "", "text", "1", [], {}, [[]]),
    *([None], [-1], ["x"] * 3, {"a": 1}, [[[0] * 9] * 9] * 9, [10**12] * 3, *NAMES),
)
TEXTS = (
    *(b"", b"{", b"[]", b"null", b"\xff\xfe{\0}\0", b"\xef\xbb\xbf{}", b"\0" * 1000),
    *(b"[" * 100_000, b'{"a":' * 50_000, b'{"a": ' + b"9" * 5000 + b"}", b'{"a": NaN}'),
    *(
        b'{"a": 1e999}',
        b'{"status": "\\ud800"}',
        b'{"a": 1, "a": 2}',
        b'{"a": ' + b"[" * 500 + b"]" * 500 + b"}",
    ),
)
PATHS = (
    "/etc/passwd",
    "/dev/zero",
    "../secret.csv",
    "~/.ssh/id_rsa",
    "pipe",
    "/proc/self/mem",
    "\0",
)

Mutation = Callable[[Path, random.Random], None]


def special_file(run: Path, draw: random.Random) -> None:
    """Put something that is no plain file in place of one."""
    path = run / draw.choice(FILES)
    _clear(path)
    kind = draw.choice(["fifo", "socket", "passwd", "loop", "zero", "folder", "dangling"])
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as bound, contextlib.chdir(path.parent):
                bound.bind(path.name)
        case "folder":
            path.mkdir()
        case _:
            targets = {"passwd": "/etc/passwd", "zero": "/dev/zero", "loop": path.name}
            path.symlink_to(targets.get(kind, "/tmp/nowhere/nothing"))


def huge_file(run: Path, draw: random.Random) -> None:
    """Let a file claim 20 GB, none of them on the disk."""
    path = draw.choice([*(run / name for name in FILES[:-1]), *(run / "checkpoints").glob("*")])
    _clear(path)
    with path.open("wb") as file:
        file.truncate(20 * 10**9)


def raw_text(run: Path, draw: random.Random) -> None:
    """Write something that is no JSON of ours."""
    (run / draw.choice([*JSON_FILES, *LINE_FILES, FILES[-2]])).write_bytes(draw.choice(TEXTS))


def json_field(run: Path, draw: random.Random) -> None:
    """Change, remove or add a value somewhere in a JSON file."""
    path = run / draw.choice(JSON_FILES[:3])
    value = json.loads(path.read_bytes())
    _change_somewhere(value, draw)
    path.write_text(json.dumps(value))


def json_line(run: Path, draw: random.Random) -> None:
    """Change a value of a line of metrics, or of what the probe saw."""
    path = run / draw.choice(LINE_FILES)
    lines = path.read_text().splitlines()
    index = draw.randrange(len(lines))
    value = json.loads(lines[index])
    _change_somewhere(value, draw)
    lines[index] = json.dumps(value)
    path.write_text("\n".join(lines) + "\n")


def manifest_field(run: Path, draw: random.Random) -> None:
    """Change a value of the manifest, and make its digest right again."""
    path = run / "checkpoints" / "manifest.json"
    manifest = json.loads(path.read_bytes())
    _change_somewhere(manifest["checkpoints"], draw)
    write_manifest(path, manifest)


def write_manifest(path: Path, manifest: dict) -> None:
    entries = json.dumps(manifest["checkpoints"], sort_keys=True).encode()
    path.write_text(json.dumps({**manifest, "sha256": hashlib.sha256(entries).hexdigest()}))


def change_weights(run: RunDir, change) -> None:
    """Change the weights of every checkpoint, and make every digest right again."""
    path = run.checkpoints_dir / "manifest.json"
    manifest = json.loads(path.read_bytes())
    for entry in manifest["checkpoints"]:
        file = run.checkpoints_dir / entry["file"]
        tensors = safetensors.torch.load(file.read_bytes())
        for name in [name for name in tensors if name.startswith("weights.")]:
            changed = change(tensors.pop(name))
            tensors |= {} if changed is None else {name: changed}
        content = safetensors.torch.save(tensors)
        file.write_bytes(content)
        entry |= {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    write_manifest(path, manifest)


def config_field(run: Path, draw: random.Random) -> None:
    """Change a value of the experiment, to nothing that would train for long."""
    path = run / "resolved.yaml"
    value = yaml.safe_load(path.read_text())
    _change_somewhere(value, draw, (None, True, -1, 0, 1, 3, 0.5, "", "x", [], {}, [3], *NAMES[:3]))
    path.write_text(yaml.safe_dump(value, allow_unicode=True))


def config_table(run: Path, draw: random.Random) -> None:
    """Let the experiment read a table that is none of its business."""
    path = run / "resolved.yaml"
    value = yaml.safe_load(path.read_text())
    split = value["dataset"]["split"]
    value["dataset"] = {"name": "csv", "path": draw.choice(PATHS), "target": "x", "split": split}
    path.write_text(yaml.safe_dump(value))


def tensors(run: Path, draw: random.Random) -> None:
    """Give tensors of a checkpoint other shapes, types or values, with the right digest."""
    folder = run / "checkpoints"
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for entry in manifest["checkpoints"]:
        path = folder / entry["file"]
        content = _changed_tensors(path.read_bytes(), draw)
        path.write_bytes(content)
        entry |= {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    write_manifest(folder / "manifest.json", manifest)


def outputs(run: Path, draw: random.Random) -> None:
    """Give the stored outputs other shapes, types or values."""
    path = run / "predictions.safetensors"
    path.write_bytes(_changed_tensors(path.read_bytes(), draw))


MUTATIONS: tuple[Mutation, ...] = (
    *(special_file, huge_file, raw_text, json_field, json_field, json_line, manifest_field),
    *(config_field, config_table, tensors, outputs),
)


class _Evil:
    def __reduce__(self) -> tuple:
        return os.system, (f"echo {CANARY}",)


def _changed_tensors(content: bytes, draw: random.Random) -> bytes:
    stored = safetensors.torch.load(content)
    name = draw.choice(sorted(stored))
    tensor = stored[name]
    huge = json.dumps(
        {name: {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}
    ).encode()
    kind = draw.choice(["shape", "type", "nan", "scalar", "missing", "extra", "large", "bytes"])
    match kind:
        case "shape":
            stored[name] = tensor.reshape(-1, *tensor.shape).contiguous()
        case "type":
            stored[name] = tensor.to(
                draw.choice([torch.float16, torch.int8, torch.bool, torch.float64])
            )
        case "nan":
            stored[name] = torch.full_like(
                tensor.float(), draw.choice([float("nan"), float("inf")])
            )
        case "large":
            stored[name] = torch.full_like(tensor.float(), 3e38)
        case "scalar":
            stored[name] = torch.tensor(1.0)
        case "missing":
            del stored[name]
        case "extra":
            stored[draw.choice(["weights.x", "frame.x.y", "state.9", "best.x", *NAMES[:2]])] = (
                tensor.clone()
            )
        case _:
            bad = (
                b"",
                pickle.dumps(_Evil()),
                struct.pack("<Q", 2**60),
                struct.pack("<Q", len(huge)) + huge,
            )
            return draw.choice(bad)
    return safetensors.torch.save(stored)


def _change_somewhere(value: Any, draw: random.Random, values: tuple[Any, ...] = VALUES) -> None:
    holder, key = draw.choice(list(_places(value)))
    match draw.randrange(10):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[draw.choice(NAMES)] = holder.pop(key)
        case _:
            holder[key] = draw.choice(values)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in list(keys):
        yield value, key
        yield from _places(value[key])


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for inner in path.iterdir():
            inner.unlink()
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
