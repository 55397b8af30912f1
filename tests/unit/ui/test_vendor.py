"""The files of other projects that the page ships are those that their authors published."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tools import vendor

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "nnlab/ui/static"
SHIPPED = sorted(path for path in STATIC.rglob("*") if path.suffix in {".js", ".css", ".html"})
# Names of XML languages, which are never fetched, and the address in a notice of copyright.
NAMES = re.compile(r"https?://(www\.w3\.org/|github\.com/leeoniya/uPlot\b)")


def packages() -> list[tuple[Path, vendor.Package]]:
    return [(folder, pack) for folder in vendor.FOLDERS for pack in vendor.read_manifest(folder)]


@pytest.mark.parametrize(
    ("folder", "package"), packages(), ids=lambda value: getattr(value, "name", "")
)
def test_every_file_has_its_pinned_digest(folder: Path, package: vendor.Package) -> None:
    contents = {name: (folder / package.folder / name).read_bytes() for name in package.files}

    assert {name: vendor.digest(content) for name, content in contents.items()} == package.sha256
    assert "LICENSE" in contents


@pytest.mark.parametrize("folder", vendor.FOLDERS, ids=["shipped", "tests"])
def test_nothing_else_lies_in_the_folder(folder: Path) -> None:
    pinned = {
        folder / pack.folder / name for pack in vendor.read_manifest(folder) for name in pack.files
    }

    assert {path for path in folder.rglob("*") if path.is_file()} == {
        *pinned,
        folder / vendor.MANIFEST,
    }


def test_a_changed_archive_and_a_changed_file_are_refused() -> None:
    package = vendor.read_manifest(vendor.FOLDERS[0])[0]

    with pytest.raises(vendor.VendorError, match=r"npm delivers sha512-.*, not sha512-"):
        vendor.check(package, b"another archive", {})
    honest = vendor.Package(
        **{
            **{name: getattr(package, name) for name in package.__slots__},
            "integrity": vendor.integrity(b"archive"),
        }
    )
    with pytest.raises(vendor.VendorError, match=r"uPlot\.min\.css: its digest is "):
        vendor.check(honest, b"archive", {"uPlot.min.css": b"changed"})


@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm")
@pytest.mark.parametrize(
    ("folder", "package"), packages(), ids=lambda value: getattr(value, "name", "")
)
def test_npm_delivers_the_same_bytes(folder: Path, package: vendor.Package) -> None:
    try:
        archive = vendor.pack(package)
    except vendor.VendorError as error:
        pytest.skip(f"the registry does not answer: {error}")

    files = vendor.unpack(package, archive)

    vendor.check(package, archive, files)
    assert files == {name: (folder / package.folder / name).read_bytes() for name in package.files}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_no_shipped_file_names_another_host_or_a_source_map(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert "sourceMappingURL" not in text
    assert re.findall(r"https?://[^\s\"'`)]+", NAMES.sub("", text)) == []
    assert not re.search(r"""(from|import|src=|href=|url)\s*[("']+//""", text)


def test_the_wheel_has_every_file_and_names_every_licence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, env={"NNLAB_NATIVE": "0"}, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        facts = Parser().parsestr(wheel.read(metadata).decode())

    static = {path.relative_to(ROOT).as_posix() for path in STATIC.rglob("*") if path.is_file()}
    assert static <= names
    assert facts["License-Expression"] == "MIT AND BSD-3-Clause"
    licences = {f"nnlab/ui/static/vendor/{package.folder}/LICENSE" for package in _shipped()}
    assert {"LICENSE", *licences} == set(facts.get_all("License-File"))
    assert {f"{Path(metadata).parent}/licenses/{name}" for name in licences} <= names


def _shipped() -> list[vendor.Package]:
    return vendor.read_manifest(vendor.FOLDERS[0])
