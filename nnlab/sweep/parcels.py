"""What travels to a computer that sees other folders: text, digests and bytes.

Out go the plan of a sweep, the user's code and the folder of a run as far as it has been trained; back comes that
folder, which is read as a stranger's.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nnlab.config.own_code import CODE_FOLDER
from nnlab.errors import RunError
from nnlab.own.trust import check_trusted
from nnlab.runs.own_code import sources_of
from nnlab.storage.folders import Folders
from nnlab.storage.sweep_dir import SweepDir
from nnlab.storage.untrusted import load_json
from nnlab.sweep.places import AnyPlace, Place, RunsPlace, run_of
from nnlab.sweep.units import Unit, unit_from_json
from nnlab.sweep.worker import line_of, train_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BYTES = 2**32
PLAIN_FILE = re.compile(
    r"(config|resolved)\.yaml|(meta|preprocessing|replicas|summary)\.json|(metrics|probe)\.jsonl"
    r"|(predictions|validation)\.safetensors|checkpoints/(manifest\.json|[0-9]+(-[0-9]+)?\.safetensors)"
)


class Parcel(NamedTuple):
    """What a unit needs besides the folder of its run; every unit of a sweep the same.

    Attributes:
        plan: plan.json; empty for a run that is no part of a sweep.
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


def parcel_of(place: AnyPlace, unit: Unit) -> Parcel:
    """Return what a unit needs besides the folder of its run.

    Raises:
        RunError: If it has code that the user has not allowed.
    """
    plan, plan_sha256, code = b"", "", code_in(code_path_of(place, unit))
    if isinstance(place, Place):
        plan, plan_sha256 = place.folder.plan_path.read_bytes(), place.plan.sha256
        configs = [place.plan.base, *(trial.config for trial in place.plan.trials)]
    else:
        configs = [place.run_of(unit).config]
    sources = {source.digest: source for config in configs for source in sources_of(config)}
    for source in sources.values():
        check_trusted(source)
    data = str(place.data.absolute())
    return Parcel(plan, plan_sha256, _batches_of(place), code, [*sources], data, place.num_threads)


def _batches_of(place: AnyPlace) -> dict[int, bytes]:
    if not isinstance(place, Place):
        return {}
    numbers = range(1, len(place.plan.batches) + 1)
    return {number: place.folder.batch_path(number).read_bytes() for number in numbers}


def code_path_of(place: AnyPlace, unit: Unit) -> Path:
    """Return the folder of the user's code that a unit may run."""
    if isinstance(place, Place):
        return place.folder.code_path
    return place.run_of(unit).path / CODE_FOLDER


def code_in(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder of code by their names."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(files)}


def train_parcel(parcel: Parcel, unit: bytes, run: bytes, data_sha256: str) -> tuple[bytes, bytes]:
    """Train a unit in a temporary folder.

    Args:
        parcel: What it needs besides the folder of its run.
        unit: JSON text of the unit.
        run: The folder of its run, packed.
        data_sha256: Digest that its data must have.

    Returns:
        How it has ended, as JSON text of an ``Answer``; and the folder of its run, packed.
    """
    with tempfile.TemporaryDirectory(prefix="nnlab-unit-") as name, _consent(Path(name), parcel):
        place, found = _place_of(parcel, Path(name)), unit_from_json(load_json(unit))
        folder = SweepDir(place.path)
        trained = run_of(folder, found) if parcel.plan else place.run_of(found)
        trained.path.mkdir(parents=True)
        unpack(run, trained.path, parcel.code)
        trained.update_meta(data_sha256=data_sha256)
        if parcel.plan:
            _unfold(parcel, folder)
        answer = train_line(line_of(place, is_sweep=bool(parcel.plan)), unit)
        return json.dumps(answer).encode(), pack(trained.path)


@contextlib.contextmanager
def _consent(home: Path, parcel: Parcel) -> Iterator[None]:
    """Allow the code of a parcel inside the block, and only in this process."""
    trusted = home / "nnlab" / "trusted-code"
    trusted.parent.mkdir()
    trusted.write_text("".join(f"{digest}  sent to be trained\n" for digest in parcel.trusted))
    before = os.environ.get("XDG_CONFIG_HOME")
    os.environ["XDG_CONFIG_HOME"] = str(home)
    try:
        yield
    finally:
        os.environ.pop("XDG_CONFIG_HOME")
        if before is not None:
            os.environ["XDG_CONFIG_HOME"] = before


def _place_of(parcel: Parcel, home: Path) -> RunsPlace:
    """Return a place that does not exist yet, with data as they are found here."""
    here = Path(parcel.data)
    data = here if here.is_dir() else Folders.choose().data
    return RunsPlace(home / ("sweep" if parcel.plan else "runs"), data, parcel.num_threads)


def _unfold(parcel: Parcel, folder: SweepDir) -> None:
    """Write what the folder of a sweep needs to train its units."""
    folder.plan_path.write_bytes(parcel.plan)
    folder.update_meta(plan_sha256=parcel.plan_sha256)
    files = {folder.code_path / name: content for name, content in parcel.code.items()}
    files |= {folder.batch_path(number): content for number, content in parcel.batches.items()}
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


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
