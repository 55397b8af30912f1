"""Fair comparisons from Python: every contender is given the same search before it is judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.api.arguments import Overrides, as_arguments
from nnlab.api.sweeping import conduct_sweep, start_sweep
from nnlab.config.files import read_text
from nnlab.config.messages import SourceText
from nnlab.config.own_anchoring import mapping_of
from nnlab.config.sweep_file import read_sweep
from nnlab.config.yaml12 import parse
from nnlab.errors import ConfigError
from nnlab.storage.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnlab.api.sweeping import OnStart, Sweep
    from nnlab.comparison.contenders import Contender, Reference
    from nnlab.comparison.result import Comparison
    from nnlab.config.sweep_file import SweepFile
    from nnlab.sweep.conduct import OnDone


def compare_tuned(
    contenders: Sequence[Reference],
    space: str | Path | Mapping[str, Any],
    overrides: Overrides = (),
    *,
    dataset: str | None = None,
    seeds: int | None = None,
    device: str | None = None,
    data_dir: str | Path | None = None,
    runs_dir: str | Path | None = None,
    on: str | None = None,
    on_start: OnStart | None = None,
    on_done: OnDone | None = None,
) -> Comparison:
    """Search for each contender with the same space and budget, and compare the winners.

    The winners are compared on the fresh seeds of their confirmation, which are the same, and on
    test examples that no search has seen.

    Args:
        contenders: See ``compare``; finished runs cannot be tuned.
        space: A sweep file without ``base``, or its content.
        overrides: See ``train``; for every contender.
        dataset: Data of model words; see ``compare``.
        seeds: Fresh seeds of each winner; default: ``confirm.seeds`` of the space.
        device: ``auto``, ``cpu`` or ``cuda``.
        data_dir: Folder of installed data.
        runs_dir: Folder of runs; the sweeps and the comparison are stored there.
        on: See ``sweep``.
        on_start: See ``sweep``.
        on_done: See ``sweep``.

    Raises:
        ConfigError: If a contender cannot be tuned in the space, before anything trains.
    """
    from nnlab.comparison.contenders import find_contenders

    folders = Folders.choose(runs_dir, data_dir)
    found = find_contenders(contenders, dataset, as_arguments(overrides), folders)
    content = {**_content(space)}
    if seeds is not None:
        content["confirm"] = {**content.get("confirm", {}), "seeds": seeds}
    files = [_file_of(contender, content, device) for contender in found]
    sweeps = []
    for file in files:
        started = start_sweep(file, folders)
        sweeps.append(conduct_sweep(started, folders, on, on_start, on_done))
    return _compare(dict(zip([c.name for c in found], sweeps, strict=True)), folders)


def _content(space: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a space.

    Raises:
        ConfigError: If it is none, or names an experiment of its own.
    """
    name, content = "the space", space
    if isinstance(space, str | Path):
        name = str(space)
        content = parse(text := read_text(Path(space)), SourceText(name, text)).value
    if not isinstance(content, dict) or "space" not in content:
        msg = (
            f"{name} has no 'space': which keys to try, such as optimizer.lr: {{log: [1e-4, 1e-1]}}"
        )
        raise ConfigError(msg)
    if "base" in content:
        msg = f"{name}: each contender is the base of its search; leave out base: {content['base']}"
        raise ConfigError(msg)
    return content


def _file_of(contender: Contender, content: Mapping[str, Any], device: str | None) -> SweepFile:
    if contender.run is not None:
        msg = f"{contender.name} is a finished run, which cannot be tuned; give its experiment"
        raise ConfigError(msg)
    from nnlab.sweep.planning import plan_of

    base = mapping_of(contender.config, only_set=True)
    arguments = [f"train.device={device}"] if device is not None else []
    try:
        file = read_sweep({**content, "base": base}, arguments)
        plan_of(file)
    except ConfigError as error:
        msg = f"{contender.name} cannot be tuned so:\n{error}"
        raise ConfigError(msg) from error
    return file


def _compare(sweeps: Mapping[str, Sweep], folders: Folders) -> Comparison:
    from nnlab.comparison.store import store
    from nnlab.report.comparison_page import write_picture
    from nnlab.sweep.fair import compare_winners

    comparison, folder = store(compare_winners(sweeps, folders.data), folders.runs)
    write_picture(comparison, folder.picture_path)
    return comparison
