"""nnlab runs list|show|diff|rm|restore|tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlab import console
from nnlab.errors import RunError
from nnlab.storage import registry
from nnlab.storage.overview import overviews
from nnlab.storage.run_dir import RunDir

if TYPE_CHECKING:
    from pathlib import Path


HEADLINE_METRICS = ("accuracy", "r2")


def list_runs(folder: Path, *, as_json: bool) -> None:
    """Print every run, oldest first."""
    rows = overviews(folder)
    if as_json:
        console.print_json({"schema_version": 1, "runs": rows})
        return
    if not rows:
        console.print_note(f"there are no runs in {folder}; begin with: nnlab train spiral_mlp")
        return
    columns = ["id", "status", "seeds", "test", "seconds", "tags"]
    narrow = ("seconds", "seeds", "tags", "status")
    console.print_table(columns, [_cells(row) for row in rows], left=2, optional=narrow)


def _cells(row: dict[str, Any]) -> list[str]:
    test = row["test"] or {}
    name = next((metric for metric in HEADLINE_METRICS if metric in test), None)
    headline = f"{name} {console.format_metric(name, test[name])}" if name else "-"
    seconds = "-" if row["train_seconds"] is None else f"{row['train_seconds']:.1f}"
    return [
        str(row["id"]),
        str(row["status"]),
        str(len(row["seeds"])),
        headline,
        seconds,
        " ".join(row["tags"]),
    ]


def show(reference: str, folder: Path, *, as_json: bool) -> None:
    """Print what is known of a run."""
    run = registry.find_result(reference, folder)
    has_summary = isinstance(run, RunDir) and run.summary_path.is_file()
    summary = run.summary if isinstance(run, RunDir) and has_summary else None
    if as_json:
        value = {
            "schema_version": 1,
            "id": run.id,
            "path": str(run.path),
            "status": run.status,
            "tags": run.tags,
            "meta": run.meta,
            "summary": summary,
        }
        console.print_json(value)
        return
    meta = run.meta
    facts = ["started_at", "device", "threads", "git_commit", "data_sha256"]
    rows = [
        ["status", run.status],
        ["tags", " ".join(run.tags) or "-"],
        ["seeds", _shown_seeds(meta.get("seeds", []))],
        ["examples", _shown_mapping(meta.get("num_examples", {}))],
        *([name.replace("_", " "), str(meta[name])] for name in facts if meta.get(name)),
        ["versions", _shown_mapping(meta.get("versions", {}))],
    ]
    console.print_table([run.id, ""], rows, left=2)
    if isinstance(run, RunDir) and has_summary:
        from nnlab.cli.train import print_results

        print_results(run)


def _shown_seeds(seeds: list[int]) -> str:
    return ", ".join(map(str, seeds[:10])) + (", ..." if len(seeds) > 10 else "")


def _shown_mapping(value: dict[str, Any]) -> str:
    return ", ".join(f"{key} {item}" for key, item in value.items())


def diff(first: str, second: str, folder: Path, *, as_json: bool) -> None:
    """Print where two runs' experiments and test metrics differ."""
    runs = [registry.find_run(reference, folder) for reference in (first, second)]
    configs = [_flatten(run.config.model_dump(mode="json")) for run in runs]
    metrics = [
        _flatten({"test": run.summary["test"]} if run.summary_path.is_file() else {})
        for run in runs
    ]
    changed = {
        section: {
            key: [side.get(key) for side in sides]
            for key in dict.fromkeys([*sides[0], *sides[1]])
            if sides[0].get(key) != sides[1].get(key)
        }
        for section, sides in (("config", configs), ("metrics", metrics))
    }
    ids = [run.id for run in runs]
    if as_json:
        console.print_json({"schema_version": 1, "runs": ids, **changed})
        return
    rows = [
        [key, *(_shown_value(key, value) for value in values)]
        for section in changed.values()
        for key, values in section.items()
    ]
    if not rows:
        console.print_line("the two runs have the same experiment and the same test metrics")
        return
    console.print_table(["", *ids], rows)


def _flatten(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in value.items():
        name = f"{prefix}{key}"
        flat |= _flatten(item, f"{name}.") if isinstance(item, dict) else {name: item}
    return flat


def _shown_value(key: str, value: Any) -> str:
    if key.startswith("test."):
        return console.format_metric(key.removeprefix("test."), value)
    return "-" if value is None else str(value)


def remove(references: list[str], folder: Path) -> None:
    """Move runs to the trash."""
    runs = [registry.find_result(reference, folder) for reference in references]
    for run in {run.id: run for run in runs}.values():
        registry.remove_run(run)
        console.print_note(f"moved {run.id} to the trash; back with: nnlab runs restore {run.id}")


def restore(reference: str, folder: Path) -> None:
    """Move a run back from the trash."""
    console.print_line(str(registry.restore_run(reference, folder).path))


def tag(reference: str, name: str, folder: Path, *, remove_it: bool) -> None:
    """Give a run a name, or take it away."""
    run = registry.find_result(reference, folder)
    if not remove_it:
        registry.tag_run(run, name, folder)
        return
    if name not in run.tags:
        msg = f"run {run.id} has no tag '{name}'"
        raise RunError(msg)
    run.write_tags([other for other in run.tags if other != name])
