"""What travels between a sweep and a computer that sees other folders: text, digests and bytes.

Out go the plan, the user's code and the folder of a run as far as it has been trained; back comes that
folder, which is read as a stranger's.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nnlab.config.own_code import CODE_FOLDER
from nnlab.errors import RunError
from nnlab.own.trust import check_trusted
from nnlab.runs.own_code import sources_of
from nnlab.storage.folders import Folders
from nnlab.storage.run_dir import RunDir
from nnlab.storage.sweep_dir import SweepDir
from nnlab.storage.untrusted import load_json
from nnlab.sweep.training import run_of
from nnlab.sweep.units import unit_from_json
from nnlab.sweep.worker import place_to_json, train_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nnlab.sweep.training import Place

MAX_BYTES = 2**32
PLAIN_FILE = re.compile(
    r"(config|resolved)\.yaml|(meta|preprocessing|replicas|summary)\.json|(metrics|probe)\.jsonl"
    r"|(predictions|validation)\.safetensors|checkpoints/(manifest\.json|[0-9]+(-[0-9]+)?\.safetensors)"
)


class SweepParcel(NamedTuple):
    """What every unit of a sweep needs.

    Attributes:
        plan: plan.json.
        plan_sha256: Its digest.
        batches: The files of the batches that the plan has, by number.
        code: The user's own code by file name.
        trusted: Digests of the code that the user has allowed.
        data: Folder of installed data, where it exists; elsewhere data are found as usual.
        num_threads: Threads of torch: bytes may depend on them.
    """

    plan: bytes
    plan_sha256: str
    batches: dict[int, bytes]
    code: dict[str, bytes]
    trusted: list[str]
    data: str
    num_threads: int


def parcel_of(place: Place) -> SweepParcel:
    """Return what every unit of a sweep needs.

    Raises:
        RunError: If the sweep has code that the user has not allowed.
    """
    folder, plan = place.folder, place.plan
    configs = [plan.base, *(trial.config for trial in plan.trials)]
    sources = {source.digest: source for config in configs for source in sources_of(config)}
    for source in sources.values():
        check_trusted(source)
    code = code_in(folder.code_path)
    content, data = folder.plan_path.read_bytes(), str(place.data.absolute())
    numbers = range(1, len(plan.batches) + 1)
    batches = {number: folder.batch_path(number).read_bytes() for number in numbers}
    return SweepParcel(content, plan.sha256, batches, code, [*sources], data, place.num_threads)


def code_in(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder of code by their names."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(files)}


def train_parcel(
    sweep: SweepParcel, unit: bytes, run: bytes, data_sha256: str
) -> tuple[bytes, bytes]:
    """Train a unit in a temporary folder.

    Args:
        sweep: What every unit needs.
        unit: JSON text of the unit.
        run: The folder of its run, packed.
        data_sha256: Digest that its data must have.

    Returns:
        How it has ended, as JSON text of an ``Answer``; and the folder of its run, packed.
    """
    with tempfile.TemporaryDirectory(prefix="nnlab-unit-") as name, _consent(Path(name), sweep):
        folder = _unfold(sweep, Path(name))
        trained = run_of(folder, unit_from_json(load_json(unit)))
        trained.path.mkdir(parents=True)
        unpack(run, trained.path, sweep.code)
        trained.update_meta(data_sha256=data_sha256)
        here = Path(sweep.data)
        data = here if here.is_dir() else Folders.choose().data
        answer = train_line(place_to_json(folder, data, sweep.num_threads), unit)
        return json.dumps(answer).encode(), pack(trained.path)


@contextlib.contextmanager
def _consent(home: Path, sweep: SweepParcel) -> Iterator[None]:
    """Allow the code of a sweep inside the block, and only in this process."""
    trusted = home / "nnlab" / "trusted-code"
    trusted.parent.mkdir()
    trusted.write_text("".join(f"{digest}  sent with a sweep\n" for digest in sweep.trusted))
    before = os.environ.get("XDG_CONFIG_HOME")
    os.environ["XDG_CONFIG_HOME"] = str(home)
    try:
        yield
    finally:
        os.environ.pop("XDG_CONFIG_HOME")
        if before is not None:
            os.environ["XDG_CONFIG_HOME"] = before


def _unfold(sweep: SweepParcel, home: Path) -> SweepDir:
    """Make a folder in which units can be trained."""
    folder = SweepDir(home / "sweep")
    folder.path.mkdir()
    folder.plan_path.write_bytes(sweep.plan)
    folder.update_meta(plan_sha256=sweep.plan_sha256)
    files = {folder.code_path / name: content for name, content in sweep.code.items()}
    files |= {folder.batch_path(number): content for number, content in sweep.batches.items()}
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def pack(folder: Path) -> bytes:
    """Return the files of a run's folder as a tar; empty if there is no such folder."""
    if not folder.is_dir():
        return b""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if PLAIN_FILE.fullmatch(name) or (
                name.startswith(f"{CODE_FOLDER}/") and path.is_file()
            ):
                tar.add(path, name, recursive=False)
    return buffer.getvalue()


def unpack(content: bytes, folder: Path, code: Mapping[str, bytes]) -> None:
    """Write the files of a packed run, whoever packed it.

    Args:
        content: What ``pack`` has returned.
        folder: Where to; it exists and is empty.
        code: The user's code; a run may bring no other.

    Raises:
        RunError: If it holds anything but the plain files of a run, each once.
    """
    if len(content) > MAX_BYTES:
        msg = f"a worker has sent {len(content):,} bytes; at most {MAX_BYTES:,} are read"
        raise RunError(msg)
    if not content:
        return
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar:
            for member in tar:
                _write_member(tar, member, folder, code)
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        msg = f"a worker has sent a damaged archive: {error}"
        raise RunError(msg) from error


def _write_member(
    tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, code: Mapping[str, bytes]
) -> None:
    is_plain = member.type == tarfile.REGTYPE and not member.issparse()
    name = member.name.removeprefix(f"{CODE_FOLDER}/")
    is_code = name != member.name and name in code
    path = folder / member.name
    if not is_plain or not (is_code or PLAIN_FILE.fullmatch(member.name)) or path.exists():
        msg = f"a worker has sent {member.name!r}, which is no file of a run, or came twice; nothing is kept"
        raise RunError(msg)
    file = tar.extractfile(member)
    assert file is not None
    content = file.read()
    if is_code and content != code[name]:
        msg = f"a worker has sent other code than it was given: {member.name!r}; nothing is kept"
        raise RunError(msg)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


class Attempts:
    """Folders of runs that have come back, on their way to their places.

    A run is unpacked beside the others first and renamed when it is whole. What another process has
    left half renamed is put right.

    Args:
        folder: The folder of the sweep.
    """

    def __init__(self, folder: SweepDir) -> None:
        self.root = folder.path / "attempts"
        self.code = code_in(folder.code_path)
        for old in self.root.glob("*/*.old"):
            target = folder.path / old.parent.name / old.stem
            if not target.exists():
                old.rename(target)
        shutil.rmtree(self.root, ignore_errors=True)

    def open(self, content: bytes, target: RunDir) -> RunDir:
        """Unpack a run beside its place, and return it there.

        Raises:
            RunError: If it is not the plain folder of a run.
        """
        folder = self.root / target.path.parent.name / target.id
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        unpack(content, folder, self.code)
        return RunDir(folder)

    def keep(self, attempt: RunDir, target: RunDir) -> None:
        """Put a run in its place; the earlier one there goes when the new one is in place."""
        old = attempt.path.with_name(f"{attempt.id}.old")
        target.path.parent.mkdir(exist_ok=True)
        if target.path.exists():
            target.path.rename(old)
        attempt.path.rename(target.path)
        shutil.rmtree(old, ignore_errors=True)
