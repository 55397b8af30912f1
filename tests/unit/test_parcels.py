"""What a worker sends back is a stranger's: only plain files of a run, each once, and no other code."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from nnlab.errors import RunError
from nnlab.storage.run_dir import RunDir
from nnlab.storage.sweep_dir import SweepDir
from nnlab.sweep import parcels
from nnlab.sweep.attempts import Attempts
from nnlab.sweep.parcels import pack, unpack

CODE = {"my_net.py": b"mine"}


def archive(*members: tuple[str, bytes, bytes]) -> bytes:
    """Return a tar of (name, type, content or target of a link)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            if kind == tarfile.REGTYPE:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            else:
                member.linkname = content.decode()
                tar.addfile(member)
    return buffer.getvalue()


def plain(name: str, content: bytes = b"x") -> tuple[str, bytes, bytes]:
    return name, tarfile.REGTYPE, content


def test_a_run_travels_with_its_files_and_without_its_lock(tmp_path: Path) -> None:
    run, copy = tmp_path / "run", tmp_path / "copy"
    names = ["meta.json", "metrics.jsonl", "checkpoints/manifest.json", "code/my_net.py"]
    names += ["checkpoints/000000012-1.safetensors", "replicas.json", "validation.safetensors"]
    for name in [*names, "lock", ".tmp-1", "checkpoints/.tmp-2"]:
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_bytes(b"mine")
    copy.mkdir()
    unpack(pack(run), copy, CODE)

    found = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
    assert found == set(names)
    assert {path.read_bytes() for path in copy.rglob("*") if path.is_file()} == {b"mine"}
    assert pack(tmp_path / "none") == b""


@pytest.mark.parametrize(
    "members",
    [
        pytest.param([plain("../meta.json")], id="above"),
        pytest.param([plain("/tmp/meta.json")], id="absolute"),
        pytest.param([plain("checkpoints/../../meta.json")], id="dots inside"),
        pytest.param([plain("plan.json")], id="another file"),
        pytest.param([plain("checkpoints/a.pt")], id="a pickle"),
        pytest.param([plain("meta.json"), plain("meta.json")], id="twice"),
        pytest.param([("meta.json", tarfile.SYMTYPE, b"/etc/passwd")], id="link"),
        pytest.param([("meta.json", tarfile.LNKTYPE, b"config.yaml")], id="hard link"),
        pytest.param([("meta.json", tarfile.FIFOTYPE, b"")], id="pipe"),
        pytest.param([("checkpoints", tarfile.DIRTYPE, b"")], id="folder"),
        pytest.param([("meta.json", tarfile.GNUTYPE_SPARSE, b"")], id="sparse"),
        pytest.param([plain("code/my_net.py", b"theirs")], id="changed code"),
        pytest.param([plain("code/other.py")], id="other code"),
        pytest.param([plain("meta.json\n")], id="newline"),
    ],
)
def test_whatever_else_is_refused(tmp_path: Path, members: list) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    with pytest.raises(RunError, match="a worker has sent"):
        unpack(archive(*members), folder, CODE)
    assert not [path for path in tmp_path.iterdir() if path != folder]


def test_damaged_and_large_archives_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = archive(plain("meta.json", b"x" * 5000))
    for content in (b"no tar", whole[:600], whole[:1000], b"\0" * 100):
        with pytest.raises(RunError, match="a worker has sent a damaged archive"):
            unpack(content, tmp_path, CODE)
    monkeypatch.setattr(parcels, "MAX_BYTES", 5000)
    with pytest.raises(RunError, match="at most 5,000 are read"):
        unpack(whole, tmp_path, CODE)


@pytest.fixture
def folder(tmp_path: Path) -> SweepDir:
    return SweepDir(tmp_path)


def text_of(run: RunDir) -> str:
    return run.meta_path.read_text()


def test_a_run_replaces_the_earlier_one(folder: SweepDir) -> None:
    attempts = Attempts(folder.path / "attempts")
    for text in (b"first", b"second"):
        attempt = attempts.open(archive(plain("meta.json", text)), folder.pack(0), CODE)
        attempts.keep(attempt, folder.pack(0))
    assert text_of(folder.pack(0)) == "second"
    assert not list(folder.path.glob("attempts/*/*"))


def test_a_run_that_was_half_replaced_is_put_back(
    folder: SweepDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = Attempts(folder.path / "attempts")
    attempt = attempts.open(archive(plain("meta.json", b"first")), folder.pack(0), CODE)
    attempts.keep(attempt, folder.pack(0))
    attempt = attempts.open(archive(plain("meta.json", b"second")), folder.pack(0), CODE)
    attempt.path.rename(folder.path / "elsewhere")  # so that the second renaming fails
    with pytest.raises(FileNotFoundError):
        attempts.keep(attempt, folder.pack(0))
    assert not folder.pack(0).path.exists()
    Attempts(folder.path / "attempts")

    assert text_of(folder.pack(0)) == "first"
    assert not (folder.path / "attempts").exists()
