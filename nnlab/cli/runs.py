"""nnlab runs list|show|diff|rm|restore|tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from nnlab import console
from nnlab.cli.help import add_commands, make_app
from nnlab.cli.options import AsJson, Run, RunsDir
from nnlab.formatting import Column, flatten, format_metric, shorten
from nnlab.metrics import HEADLINES
from nnlab.storage import versions
from nnlab.storage.comparison_dir import ComparisonDir
from nnlab.storage.folders import Folders
from nnlab.storage.sweep_dir import SweepDir

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nnlab.storage.overview import Overview
    from nnlab.storage.registry import Result


def list_runs(
    test: Annotated[bool, typer.Option("--test", help="Show test metrics, too.")] = False,
    runs_dir: RunsDir = None,
    as_json: AsJson = False,
) -> None:
    """List all runs, oldest first.

    Shows validation metrics: a run chosen by its test metric looks better than it is. Of a sweep, that
    of its winner on fresh seeds.

    Example: nnlab runs list --test
    """
    from nnlab.storage.overview import overviews

    folder = Folders.choose(runs_dir).runs
    rows = overviews(folder)
    if as_json:
        console.print_json({"schema_version": versions.OUTPUT, "runs": rows})
        return
    if not rows:
        console.print_note(_why_empty(folder))
        return
    splits: list[Literal["val", "test"]] = ["val", "test"] if test else ["val"]
    columns = [Column("id"), Column("status", 4), Column("seeds", 2), *map(Column, splits)]
    columns += [Column("seconds", 1), Column("tags", 3)]
    console.print_table(columns, [_cells(row, splits) for row in rows], left=2)
    for row in rows:
        if row["contradiction"]:
            console.print_note(f"(!) {row['id']}: {row['contradiction']}")
    if not test:
        console.print_note("test metrics: nnlab runs list --test")


def _why_empty(folder: Path) -> str:
    from nnlab.storage.submissions import find_submissions

    if folder.is_dir() and find_submissions([str(folder)], folder):
        return f"no runs directly in {folder}; those in the folders below: nnlab eval {folder}"
    return f"no runs in {folder}; start with: nnlab train spiral_mlp"


def show(run: Run, runs_dir: RunsDir = None, as_json: AsJson = False) -> None:
    """Show the details of a run.

    Status, tags, seeds, versions, device and metrics; of a sweep, what it has found.

    Example: nnlab runs show latest
    """
    from nnlab.storage import registry
    from nnlab.storage.run_dir import RunDir

    result = registry.find_result(run, Folders.choose(runs_dir).runs)
    is_finished = isinstance(result, RunDir) and result.summary_path.is_file()
    if as_json:
        value: dict[str, Any] = {
            "schema_version": versions.OUTPUT,
            "id": result.id,
            "path": str(result.path),
            "status": result.status,
            "tags": result.tags,
            "meta": result.meta,
            "summary": result.summary if isinstance(result, RunDir) and is_finished else None,
        }
        if isinstance(result, SweepDir) and result.status == "finished":
            from nnlab.api.sweeping import Sweep

            value["result"] = Sweep(result.path).result
        console.print_json(value)
        return
    console.print_table(["", ""], _details(result), left=2, title=result.id)
    if isinstance(result, RunDir) and is_finished:
        from nnlab.cli.results import print_results

        print_results(result, everything=True)
    if isinstance(result, ComparisonDir):
        _print_verdicts(result)
    if isinstance(result, SweepDir):
        _print_found(result)


def _print_verdicts(folder: ComparisonDir) -> None:
    from nnlab.comparison.store import load
    from nnlab.comparison.words import verdict

    comparison = load(folder)
    for pair in comparison.pairs:
        console.print_line(verdict(comparison, pair))
    console.print_line(f"more: nnlab report {folder.id}")


def _print_found(folder: SweepDir) -> None:
    """Print what a sweep has found, or how to go on with it."""
    if folder.status != "finished":
        console.print_line(f"to finish it: nnlab resume {folder.id}")
        return
    from nnlab.api.sweeping import Sweep

    for sentence in Sweep(folder.path).sentences:
        console.print_line(sentence)
    console.print_line(f"its winner's run: {folder.winner_path}")
    console.print_line(f"more: nnlab report {folder.id}")


def diff(first: Run, second: Run, runs_dir: RunsDir = None, as_json: AsJson = False) -> None:
    """Show how two runs differ.

    Compares their experiments, with all defaults, and their test metrics.

    Example: nnlab runs diff latest~1 latest
    """
    from nnlab.storage import registry

    folder = Folders.choose(runs_dir).runs
    runs = [registry.find_run(reference, folder) for reference in (first, second)]
    configs = [flatten(run.config.model_dump(mode="json")) for run in runs]
    metrics = [
        flatten({"test": run.summary["test"]} if run.summary_path.is_file() else {}) for run in runs
    ]
    differences = {"config": _differences(*configs), "metrics": _differences(*metrics)}
    ids = [run.id for run in runs]
    if as_json:
        console.print_json({"schema_version": versions.OUTPUT, "runs": ids, **differences})
        return
    rows = [
        [key, *(_format_value(key, value) for value in values)]
        for section in differences.values()
        for key, values in section.items()
    ]
    if not rows:
        console.print_line("the two runs have the same experiment and the same test metrics")
        return
    console.print_table(["", *ids], rows)


def remove(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN", help="Runs: paths, ids, unique prefixes or tags.")
    ],
    runs_dir: RunsDir = None,
) -> None:
    """Move runs to the trash.

    Nothing is deleted: nnlab runs restore brings them back.

    Example: nnlab runs rm latest
    """
    from nnlab.storage import registry

    folder = Folders.choose(runs_dir).runs
    results = [registry.find_result(reference, folder) for reference in runs]
    for run in {result.id: result for result in results}.values():
        registry.remove_run(run)
        console.print_note(f"moved {run.id} to the trash; undo: nnlab runs restore {run.id}")


def restore(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run in the trash.")],
    runs_dir: RunsDir = None,
) -> None:
    """Move a run back from the trash.

    Example: nnlab runs restore 20261120-171254-mnist_mlp-3f9a
    """
    from nnlab.storage import registry

    console.print_exact(str(registry.restore_run(run, Folders.choose(runs_dir).runs).path))


def tag(
    run: Run,
    name: Annotated[str, typer.Argument(metavar="TAG", help="Tag to add.")],
    remove: Annotated[bool, typer.Option("--remove", help="Remove the tag instead.")] = False,
    runs_dir: RunsDir = None,
) -> None:
    """Add a tag to a run, or remove one.

    Every command that takes a run accepts its tags too.

    Example: nnlab runs tag latest baseline
    """
    from nnlab.api import labelling
    from nnlab.storage import registry

    folder = Folders.choose(runs_dir).runs
    result = registry.find_result(run, folder)
    if not remove:
        registry.tag_run(result, name, folder)
        return
    labelling.untag(result, name)


def _cells(row: Overview, splits: Sequence[Literal["val", "test"]]) -> list[str]:
    seconds = "-" if row["train_seconds"] is None else f"{row['train_seconds']:.1f}"
    return [
        row["id"],
        row["status"] + (" (!)" if row["contradiction"] else ""),
        str(len(row["seeds"])),
        *(_headline(row, split) for split in splits),
        seconds,
        " ".join(row["tags"]),
    ]


def _headline(row: Overview, split: Literal["val", "test"]) -> str:
    """Return the metric that a list shows; of a sweep, the winner's, and from how many trials it is."""
    metrics = row[split] or {}
    if row["num_trials"] is not None and split == "val":
        ((name, value),) = metrics.items()
        return f"best of {row['num_trials']:,}: {format_metric(name, value)}"
    name = next((name for name in HEADLINES if name in metrics), "")
    return f"{name} {format_metric(name, metrics[name])}" if name else "-"


def _details(run: Result) -> list[list[str]]:
    meta = run.meta
    recorded: dict[str, object] = {**meta}
    keys = ["started_at", "device", "threads", "git_commit", "data_sha256"]
    return [
        ["status", run.status],
        ["tags", " ".join(run.tags) or "-"],
        ["seeds", _format_seeds(meta.get("seeds", []))],
        ["examples", _format_mapping(meta.get("num_examples", {})) or "-"],
        *([name.replace("_", " "), str(recorded[name])] for name in keys if recorded.get(name)),
        ["versions", _format_mapping(meta.get("versions", {}))],
    ]


def _format_seeds(seeds: list[int]) -> str:
    return shorten([*map(str, seeds)], 10)


def _format_mapping(value: Mapping[str, object]) -> str:
    return ", ".join(f"{key} {item}" for key, item in value.items())


def _differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {
        key: [first.get(key), second.get(key)]
        for key in {**first, **second}
        if first.get(key) != second.get(key)
    }


def _format_value(key: str, value: Any) -> str:
    if key.startswith("test."):
        return format_metric(key.removeprefix("test."), value)
    return "-" if value is None else str(value)


runs_app = make_app("List, show, compare, tag and remove runs.")
add_commands(
    runs_app,
    {
        "list": list_runs,
        "show": show,
        "diff": diff,
        "tag": tag,
        "rm": remove,
        "restore": restore,
    },
    "Commands",
)
