"""Build hook: compiles the native engine at installation, where there is a compiler."""

from __future__ import annotations

import importlib.util
import os
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NATIVE = Path("nnlab", "native")


class NativeBuildHook(BuildHookInterface):
    """Adds the built libraries to a wheel; without a compiler, the wheel is pure Python.

    ``NNLAB_NATIVE=0`` builds none; with ``NNLAB_NATIVE=1``, a failure to build ends the installation.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the libraries into the source tree, from which wheels and editable installs take them."""
        del version
        wish = os.environ.get("NNLAB_NATIVE", "auto")
        if self.target_name != "wheel" or wish == "0":
            return
        builder = _load_builder(Path(self.root))
        try:
            built = builder.build()
        except (builder.BuildError, OSError) as error:
            if wish == "1":
                raise
            self.app.display_warning(f"the native engine is left out: {error}")
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
        build_data["artifacts"] += [f"/{NATIVE.as_posix()}/{path.name}" for path in built]


def _load_builder(root: Path) -> Any:
    """Import ``nnlab/native/build.py`` alone: what nnlab depends on is not installed yet."""
    spec = importlib.util.spec_from_file_location("nnlab_native_build", root / NATIVE / "build.py")
    assert spec is not None, "the file is part of the sources"
    assert spec.loader is not None, "a Python file has a loader"
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
