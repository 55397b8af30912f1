"""The experiments that come with nnlab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE_DIR = Path(__file__).parent.parent
WORDS = ("logistic", "linear", "mlp", "cnn")


def configs_dir() -> Path:
    """Return the folder of the bundled experiments: in a wheel, or beside the package."""
    installed = PACKAGE_DIR / "configs"
    return installed if installed.is_dir() else PACKAGE_DIR.parent / "configs"


def bundled_configs() -> dict[str, Path]:
    """Return the bundled experiments by name."""
    return {path.stem: path for path in sorted(configs_dir().glob("*.yaml"))}


def find_config(reference: str) -> Path:
    """Return a file as it is given, or else the bundled experiment of that name.

    Raises:
        ConfigError: If there is neither.
    """
    path = Path(reference)
    if is_there(path.is_file):
        return path
    bundled = bundled_configs()
    is_name = path.parent in {Path(), Path("configs")} and path.suffix in {"", ".yaml"}
    if is_name and path.stem in bundled:
        return bundled[path.stem]
    if is_there(path.exists):
        return path
    hint = did_you_mean(path.stem, bundled)
    msg = f"there is no file {reference}{hint}; 'nnlab list configs' shows the bundled experiments"
    raise ConfigError(msg)


def is_there(look: Callable[[], bool]) -> bool:
    """Return what a look at a path says; a name that no file can have is not there."""
    try:
        return look()
    except (OSError, ValueError):
        return False
