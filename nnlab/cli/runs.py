"""nnlab runs list|show|diff|rm|restore|tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlab import console
from nnlab.errors import RunError
from nnlab.formatting import flatten
from nnlab.storage import registry, versions

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.storage.run_dir import RunDir

HEADLINE_METRICS = ("accuracy", "r2")


def list_runs(folder: Path, *, as_json: bool) -> None:
    """Print every run, oldest first."""
    rows = [_overview(run) for run in registry.list_runs(folder)]
    if as_json:
        console.say_json({"schema_version": versions.OUTPUT, "runs": rows})
        return
    if not rows:
        console.note(f"there are no runs in {folder}; begin with: nnlab train spiral_mlp")
        return
    columns = ["id", "status", "seeds", "test", "seconds", "tags"]
    narrow = ("seconds", "seeds", "tags", "status")
    console.say_table(columns, [_cells(row) for row in rows], left=2, optional=narrow)


def _overview(run: RunDir) -> dict[str, Any]:
    status, meta, summary = run.status, {}, {}
    try:
        meta = run.meta
        if status == "finished" and run.summary_path.is_file():
            summary = run.summary
    except RunError:
        status = "damaged"
    return {
        "id": run.id,
        "name": meta.get("name"),
        "status": status,
        "seeds": meta.get("seeds", []),
        "started_at": meta.get("started_at"),
        "tags": run.tags,
        "test": summary.get("test"),
        "train_seconds": summary.get("train_seconds"),
    }


def _cells(row: dict[str, Any]) -> list[str]:
    test = row["test"] or {}
    name = next((metric for metric in HEADLINE_METRICS if metric in test), None)
    headline = f"{name} {console.shown_metric(name, test[name])}" if name else "-"
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
    run = registry.find_run(reference, folder)
    summary = run.summary if run.summary_path.is_file() else None
    if as_json:
        value = {
            "schema_version": versions.OUTPUT,
            "id": run.id,
            "path": str(run.path),
            "status": run.status,
            "tags": run.tags,
            "meta": run.meta,
            "summary": summary,
        }
        console.say_json(value)
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
    console.say_table([run.id, ""], rows, left=2)
    if summary is not None:
        from nnlab.cli.train import say_results

        say_results(run)


def _shown_seeds(seeds: list[int]) -> str:
    return ", ".join(map(str, seeds[:10])) + (", ..." if len(seeds) > 10 else "")


def _shown_mapping(value: dict[str, Any]) -> str:
    return ", ".join(f"{key} {item}" for key, item in value.items())


def diff(first: str, second: str, folder: Path, *, as_json: bool) -> None:
    """Print where two runs' experiments and test metrics differ."""
    runs = [registry.find_run(reference, folder) for reference in (first, second)]
    configs = [flatten(run.config.model_dump(mode="json")) for run in runs]
    metrics = [
        flatten({"test": run.summary["test"]} if run.summary_path.is_file() else {}) for run in runs
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
        console.say_json({"schema_version": versions.OUTPUT, "runs": ids, **changed})
        return
    rows = [
        [key, *(_shown_value(key, value) for value in values)]
        for section in changed.values()
        for key, values in section.items()
    ]
    if not rows:
        console.say("the two runs have the same experiment and the same test metrics")
        return
    console.say_table(["", *ids], rows)


def _shown_value(key: str, value: Any) -> str:
    if key.startswith("test."):
        return console.shown_metric(key.removeprefix("test."), value)
    return "-" if value is None else str(value)


def remove(references: list[str], folder: Path) -> None:
    """Move runs to the trash."""
    runs = [registry.find_run(reference, folder) for reference in references]
    for run in {run.id: run for run in runs}.values():
        registry.remove_run(run)
        console.note(f"moved {run.id} to the trash; back with: nnlab runs restore {run.id}")


def restore(reference: str, folder: Path) -> None:
    """Move a run back from the trash."""
    console.say(str(registry.restore_run(reference, folder).path))


def tag(reference: str, name: str, folder: Path, *, remove_it: bool) -> None:
    """Give a run a name, or take it away."""
    run = registry.find_run(reference, folder)
    if not remove_it:
        registry.tag_run(run, name, folder)
        return
    if name not in run.tags:
        msg = f"run {run.id} has no tag '{name}'"
        raise RunError(msg)
    run.write_tags([other for other in run.tags if other != name])
