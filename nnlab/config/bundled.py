"""The experiments bundled with nnlab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PACKAGE_DIR = Path(__file__).parent.parent
ESTIMATORS = ("random_forest", "gradient_boosting", "knn", "svm", "dummy")
WORDS = ("logistic", "linear", "mlp", "cnn", *ESTIMATORS)
# The folders, and the title of each in ``nnlab list configs``.
FOLDERS = {
    "": "General experiments",
    "course": "Course: the results of five teaching documents",
    "tiny": "Tiny: smoke tests, about a second each, no download",
}
SWEEPS = "sweeps"


def configs_dir() -> Path:
    """Return the folder of the bundled experiments: in a wheel, or next to the package."""
    installed = PACKAGE_DIR / "configs"
    return installed if installed.is_dir() else PACKAGE_DIR.parent / "configs"


def configs_in(folder: str) -> list[Path]:
    """Return the bundled experiments of a folder of ``FOLDERS``."""
    return sorted((configs_dir() / folder).glob("*.yaml"))


def bundled_configs() -> dict[str, Path]:
    """Return the bundled experiments by name, folder by folder."""
    return {path.stem: path for folder in FOLDERS for path in configs_in(folder)}


def bundled_sweeps() -> dict[str, Path]:
    """Return the bundled sweeps by name."""
    return {path.stem: path for path in configs_in(SWEEPS)}


def is_bundled(path: Path) -> bool:
    """Return whether a file is one of the bundled experiments."""
    return path.resolve() in {bundled.resolve() for bundled in bundled_configs().values()}


def find_bundled(reference: str) -> Path | None:
    """Return the bundled experiment that a reference names, or None.

    Args:
        reference: Its name or path, such as ``c4_mnist_quadratic``,
            ``course/c4_mnist_quadratic`` or ``configs/course/c4_mnist_quadratic.yaml``.
    """
    return _named(reference, bundled_configs())


def _named(reference: str, bundled: Mapping[str, Path]) -> Path | None:
    path = Path(reference)
    config = bundled.get(path.stem)
    if config is None or path.suffix not in {"", ".yaml"}:
        return None
    folder = config.parent.relative_to(configs_dir())
    parents = {Path(), Path("configs"), folder, "configs" / folder}
    return config if path.parent in parents else None


def find_config(reference: str) -> Path:
    """Return the file at a path, or else the bundled experiment with that name.

    Raises:
        ConfigError: If there is neither.
    """
    path = Path(reference)
    if is_there(path.is_file):
        return path
    if bundled := find_bundled(reference):
        return bundled
    if is_there(path.exists):
        return path
    if _named(reference, bundled_sweeps()):
        msg = f"{reference} is a sweep: nnlab sweep {reference}"
        raise ConfigError(msg)
    hint = did_you_mean(path.stem, bundled_configs())
    msg = f"there is no file {reference}{hint}; 'nnlab list configs' shows the bundled experiments"
    raise ConfigError(msg)


def find_sweep(reference: str) -> Path:
    """Return the file at a path, or else the bundled sweep or experiment with that name.

    Raises:
        ConfigError: If there is none.
    """
    bundled = _named(reference, bundled_sweeps())
    is_file = is_there(Path(reference).is_file)
    return bundled if bundled and not is_file else find_config(reference)


def is_there(exists: Callable[[], bool]) -> bool:
    """Return whether a path exists; invalid names count as missing."""
    try:
        return exists()
    except (OSError, ValueError):
        return False
