"""Which files belong to a set, by their names: pictures and labels, to train and to test."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from nnlab.config.bundled import is_there
from nnlab.data.tables.source import DAMAGES
from nnlab.errors import DataError
from nnlab.formatting import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

COMPRESSED = re.compile(r"\.(gz|xz|bz2|zip)$", re.IGNORECASE)
SEPARATORS = re.compile(r"[-_.\s]+")
KIND = re.compile(r"idx\d*|u?byte|short|u?int(8|16|32)?|float(32)?|double")
ROLES: dict[str, Literal["images", "labels"]] = {
    **dict.fromkeys(("images", "image", "imgs", "img", "pictures", "x"), "images"),
    **dict.fromkeys(("labels", "label", "targets", "classes", "y"), "labels"),
}
PARTS: dict[str, Literal["train", "test"]] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing", "t10k"), "test"),
}
MAPPING = ("mapping", "txt")
EXAMPLE = "names such as train-images-idx3-ubyte and train-labels-idx1-ubyte, also .gz"


class Name(NamedTuple):
    """What the name of a file says.

    Attributes:
        set_name: What is left of it: the files of a set have it in common.
        role: Pictures or labels; or the names of the classes.
        part: Training or test.
    """

    set_name: str
    role: Literal["images", "labels", "mapping"]
    part: Literal["train", "test"]


class SetKey(NamedTuple):
    """Where a set is, and what its names have in common; ``inside``: its folder in an archive."""

    folder: str
    set_name: str
    inside: str = ""

    def __str__(self) -> str:
        return str(Path(self.folder) / self.set_name)


class IDXFile(NamedTuple):
    """A file, or one in a zip archive."""

    place: Path
    member: str | None = None

    def __str__(self) -> str:
        return str(self.place) if self.member is None else f"{self.place}/{self.member}"

    @property
    def name(self) -> str:
        """Its name without folders."""
        return self.place.name if self.member is None else self.member.rpartition("/")[2]


Copies = tuple[IDXFile, ...]
Sets = dict[SetKey, list[IDXFile]]


@dataclass(frozen=True)
class IDXFiles:
    """The files of a set; each may be there twice, packed and not.

    Attributes:
        images: Training pictures.
        labels: Their labels.
        test_images: Test pictures; empty if the set has none.
        test_labels: Their labels.
        mapping: What the labels mean; empty if no file says so.
    """

    images: Copies
    labels: Copies
    test_images: Copies = ()
    test_labels: Copies = ()
    mapping: Copies = ()

    @property
    def all(self) -> Copies:
        """Every file."""
        return self.images + self.labels + self.test_images + self.test_labels + self.mapping


def parse_name(name: str) -> Name | None:
    """Return what a file name says; None if it is none of an IDX set."""
    words = _words(COMPRESSED.sub("", name))
    if tuple(words[-2:]) == MAPPING:
        return Name("-".join(words[:-2]), "mapping", "train")
    kinds = [word for word in words if KIND.fullmatch(word)]
    roles = [ROLES[word] for word in words if word in ROLES]
    if not any(word.startswith(("idx", "ubyte")) for word in kinds) or not roles:
        return None
    parts = [PARTS[word] for word in words if word in PARTS]
    return Name(_set_name(words), roles[0], parts[0] if parts else "train")


def _words(text: str) -> list[str]:
    return [word for word in SEPARATORS.split(text.casefold()) if word]


def _set_name(words: Iterable[str]) -> str:
    return "-".join(w for w in words if w not in ROLES and w not in PARTS and not KIND.fullmatch(w))


def find_set(path: str) -> IDXFiles:
    """Return the files of the set at a path.

    Args:
        path: A folder or a zip archive with one set; the beginning that the names of its files have
            in common; or the file of its training pictures.

    Raises:
        DataError: If there is no set, several match, or a file of it is missing.
    """
    place = Path(path)
    try:
        named = parse_name(place.name) if place.is_file() else None
        if place.is_dir() or (place.is_file() and named is None):
            return _only(_sets(_files_in(place)), path)
        files = list(_files_in(place.parent)) if place.parent.exists() else []
    except (OSError, ValueError) as error:
        msg = f"{path!r} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise DataError(msg) from error
    if named is None:
        if chosen := _beginning(files, place.name):
            return _only(chosen, path)
        others = f"; sets there: {_shown(_sets(files))}" if _sets(files) else ""
        msg = f"there is no IDX set at {path} ({EXAMPLE}){others}"
        raise DataError(msg)
    if named.role != "images" or named.part == "test":
        what = "test pictures" if named.role == "images" else "no pictures"
        msg = f"{path}: its name says that it holds {what}; dataset.path is the training pictures"
        raise DataError(msg)
    file = IDXFile(place)
    return _assemble(_sets(files)[_key(file)], path, images=(file,))


def files_at(path: str) -> list[Path]:
    """Return the files of the set at a path.

    Raises:
        DataError: If there is no set.
    """
    return list(dict.fromkeys(file.place for file in find_set(path).all))


def is_set(path: Path) -> bool:
    """Return whether a path names IDX files: a folder, an archive or file of them, or their beginning."""
    if is_there(path.is_dir):
        return True
    if is_there(path.is_file):
        is_archive = path.suffix.lower() == ".zip" and zipfile.is_zipfile(path)
        return bool(parse_name(path.name)) or (is_archive and any(_members(path)))
    return is_there(path.parent.exists) and bool(
        _beginning(list(_files_in(path.parent)), path.name)
    )


def holds_sets(folder: Path) -> bool:
    """Return whether there are IDX files in a folder."""
    return any(True for _ in _files_in(folder))


def _files_in(folder: Path) -> Iterator[IDXFile]:
    """Yield the files of IDX sets in a folder, or else in the folders in it; or in an archive."""
    if folder.is_file():
        yield from _members(folder)
        return
    found = False
    for depth in ("*", "*/*"):
        for file in sorted(folder.glob(depth)):
            if parse_name(file.name) and file.is_file():
                found = True
                yield IDXFile(file)
        if found:
            return


def _members(archive: Path) -> Iterator[IDXFile]:
    if not zipfile.is_zipfile(archive):
        msg = f"{archive}: neither a folder nor a zip archive, nor an IDX file by its name ({EXAMPLE})"
        raise DataError(msg)
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    except (*DAMAGES, NotImplementedError, ValueError) as error:
        msg = f"{archive} is a damaged archive: {error}"
        raise DataError(msg) from error
    for name in sorted(names):
        if parse_name(name.rpartition("/")[2]) and not name.startswith("__MACOSX/"):
            yield IDXFile(archive, name)


def _beginning(files: Sequence[IDXFile], start: str) -> Sets:
    """Return the sets whose names, or those of their training pictures, begin so."""
    words = _words(start)
    wanted, sets = _set_name(words), _sets(files)
    is_plain = not any(word in ROLES or word in PARTS for word in words)
    exact = {key: of_set for key, of_set in sets.items() if key.set_name == wanted}
    if is_plain and exact:
        return exact
    pictures = [file for file in files if _name_of(file)[1:] == ("images", "train")]
    found = {_key(file) for file in pictures if file.name.casefold().startswith(start.casefold())}
    return {
        key: of_set
        for key, of_set in sets.items()
        if key in found or (is_plain and wanted and key.set_name.startswith(wanted))
    }


def _only(sets: Sets, path: str) -> IDXFiles:
    """Return the only set of some."""
    if not sets:
        msg = f"there is no IDX set in {path} ({EXAMPLE})"
        raise DataError(msg)
    if len(sets) > 1:
        choice = next((key for key in sets if key.set_name), min(sets))
        msg = (
            f"{path} has {len(sets)} sets: {_shown(sets)}\n"
            f"choose one by the beginning of its names, such as dataset.path={choice}"
        )
        raise DataError(msg)
    ((_, files),) = sets.items()
    return _assemble(files, path)


def _sets(files: Iterable[IDXFile]) -> Sets:
    """Return the files of each set that has pictures or labels, by its place and name."""
    sets: Sets = {}
    for file in files:
        sets.setdefault(_key(file), []).append(file)
    return {
        key: of_set
        for key, of_set in sorted(sets.items())
        if any(_name_of(file).role != "mapping" for file in of_set)
    }


def _key(file: IDXFile) -> SetKey:
    folder = file.place.parent if file.member is None else file.place
    inside = (file.member or "").rpartition("/")[0]
    return SetKey(str(folder), _name_of(file).set_name, inside)


def _shown(sets: Iterable[SetKey]) -> str:
    return shorten([*map(str, sets)])


def _name_of(file: IDXFile) -> Name:
    name = parse_name(file.name)
    assert name is not None, "only files of sets are listed"
    return name


def _assemble(files: Sequence[IDXFile], path: str, images: Copies = ()) -> IDXFiles:
    """Return a set; each of its files is there once, or in copies, unpacked first."""
    found: defaultdict[tuple[str, str], Copies] = defaultdict(tuple)
    for file in sorted(files, key=lambda file: bool(COMPRESSED.search(file.name))):
        found[_name_of(file)[1:]] += (file,)
    found["images", "train"] = images or found["images", "train"]
    test = found["images", "test"], found["labels", "test"]
    parts = ("train", "test") if any(test) else ("train",)
    wanted = [(role, part) for part in parts for role in ("images", "labels")]
    if missing := [f"{part}-{role}" for role, part in wanted if not found[role, part]]:
        msg = f"{path}: the set has no file of {' and '.join(missing)} ({EXAMPLE})"
        raise DataError(msg)
    train = found["images", "train"], found["labels", "train"]
    return IDXFiles(*train, *test, found["mapping", "train"])
