"""Copy the files of other projects that nnlab ships, from npm, and check that they are what was pinned.

``python tools/vendor.py`` downloads every package of the ``vendor.json`` files with ``npm pack``, compares the archive
with its pinned integrity and each file with its pinned digest, and writes the files to ``NAME-VERSION/``. After a
change of a version or of the list of files, ``--pin`` records what npm delivers now.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import re
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FOLDERS = (ROOT / "nnlab/ui/static/vendor", ROOT / "tests/ui/vendor")
MANIFEST = "vendor.json"
SOURCE_MAP = re.compile(rb"\n//# sourceMappingURL=\S+\s*\Z")


class VendorError(Exception):
    """A package or a file of it is not what was pinned."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package of npm.

    Attributes:
        name: Its name in the registry.
        version: The exact version.
        integrity: The digest of its archive as npm writes it, ``sha512-`` and base64.
        license: Its SPDX identifier.
        files: For each file here, where it is in the archive.
        sha256: For each file here, its digest [hexadecimal].
    """

    name: str
    version: str
    integrity: str
    license: str
    files: dict[str, str]
    sha256: dict[str, str]

    @property
    def folder(self) -> str:
        """The name of the folder of its files."""
        return f"{self.name}-{self.version}"


def read_manifest(folder: Path) -> list[Package]:
    """Return the packages that a folder's ``vendor.json`` names."""
    facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return [Package(**package) for package in facts["packages"]]


def pack(package: Package) -> bytes:
    """Return the archive of a package as npm's registry delivers it.

    Raises:
        VendorError: If npm fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
        finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        archives = list(Path(folder).glob("*.tgz"))
        if finished.returncode or len(archives) != 1:
            msg = f"npm could not deliver {package.folder}: {finished.stderr.strip()}"
            raise VendorError(msg)
        return archives[0].read_bytes()


def integrity(archive: bytes) -> str:
    """Return the digest of an archive as npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()


def unpack(package: Package, archive: bytes) -> dict[str, bytes]:
    """Return the files of a package by their names here.

    A reference to a source map is cut off: the map is not shipped.
    """
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = {name: tar.extractfile(member) for name, member in package.files.items()}
        return {
            name: SOURCE_MAP.sub(b"\n", member.read()) for name, member in members.items() if member
        }


def check(package: Package, archive: bytes, files: dict[str, bytes]) -> None:
    """Compare what npm delivered with what was pinned.

    Raises:
        VendorError: If the archive or a file differs.
    """
    if integrity(archive) != package.integrity:
        msg = f"{package.folder}: npm delivers {integrity(archive)}, not {package.integrity}"
        raise VendorError(msg)
    for name, content in files.items():
        if digest(content) != package.sha256.get(name):
            msg = f"{package.folder}/{name}: its digest is {digest(content)}, not the pinned one"
            raise VendorError(msg)


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file [hexadecimal]."""
    return hashlib.sha256(content).hexdigest()


def renew(folder: Path, *, is_pinning: bool) -> None:
    """Write the files of every package that a folder's manifest names.

    Args:
        folder: Holds ``vendor.json``.
        is_pinning: Whether integrity and digests are recorded instead of compared.
    """
    packages = []
    for package in read_manifest(folder):
        archive = pack(package)
        files = unpack(package, archive)
        if not is_pinning:
            check(package, archive, files)
        for name, content in files.items():
            path = folder / package.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        packages.append(_pinned(package, archive, files))
    text = json.dumps({"packages": packages}, indent=1, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def _pinned(package: Package, archive: bytes, files: dict[str, bytes]) -> dict[str, Any]:
    """Return a package's entry in the manifest for what npm delivered."""
    return {
        "name": package.name,
        "version": package.version,
        "integrity": integrity(archive),
        "license": package.license,
        "files": package.files,
        "sha256": {name: digest(content) for name, content in files.items()},
    }


def main() -> None:
    """Renew the files of all folders."""
    parser = argparse.ArgumentParser(description="Copy the files of other projects from npm.")
    parser.add_argument("--pin", action="store_true", help="record what npm delivers now")
    is_pinning = parser.parse_args().pin
    for folder in FOLDERS:
        renew(folder, is_pinning=is_pinning)


if __name__ == "__main__":
    main()
