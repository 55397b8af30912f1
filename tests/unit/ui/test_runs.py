"""The list of results and one run, as the page asks for them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnlab.storage.result_dir import ResultDir
from nnlab.ui.routes import series
from nnlab.ui.routes.series import OVERLAID
from tests.helpers.ui import Browser, browse, make_run, record_line


def test_the_list_shows_runs_newest_first_with_the_interval_over_seeds(tmp_path: Path) -> None:
    make_run(tmp_path, "a-old", started_at="2026-01-01T00:00:00+00:00")
    make_run(tmp_path, "b-new")

    found = browse(tmp_path).get("/api/runs")

    assert (found["total"], found["matched"]) == (2, 2)
    assert [row["id"] for row in found["rows"]] == ["b-new", "a-old"]
    row = found["rows"][0]
    assert (row["metric"], row["model"], row["dataset"]) == ("val.accuracy", "mlp", "spiral")
    assert row["values"] == [0.9, 0.91, 0.92]
    assert row["mean"] == pytest.approx(0.91)
    # 0.91 +- t(0.975, 2) * 0.01 / sqrt(3)
    assert [row["low"], row["high"]] == pytest.approx([0.88516, 0.93484], abs=1e-5)


def test_rows_of_different_numbers_of_seeds_have_their_own_intervals(tmp_path: Path) -> None:
    make_run(tmp_path, "a", seeds=1, started_at="2026-01-01T00:00:00+00:00")
    make_run(tmp_path, "b", seeds=3)
    make_run(tmp_path, "c", status="running", started_at="2025-01-01T00:00:00+00:00")

    rows = browse(tmp_path).get("/api/runs")["rows"]

    assert [len(row["values"]) for row in rows] == [3, 1, 0]
    assert [row["low"] for row in rows] == [pytest.approx(0.88516, abs=1e-5), None, None]
    assert [row["high"] for row in rows] == [pytest.approx(0.93484, abs=1e-5), None, None]


def test_a_value_that_was_not_finite_is_null_and_marked(tmp_path: Path) -> None:
    metrics = make_run(tmp_path, "a", epochs=1, seeds=2) / "metrics.jsonl"
    with metrics.open("a") as file:
        file.write(record_line(2, 0).replace('{"loss": 0.5}', '{"loss": null}'))

    [found] = browse(tmp_path).get("/api/series?run=a&metric=train.loss")["runs"]

    assert (found["mean"], found["nonfinite"]) == ([0.75, None], [[2, 0]])
    assert (found["low"][1], found["high"][1]) == (None, None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["b", "a"]),
        ("query=model:mlp+dataset:spiral", ["b", "a"]),
        ("query=tag:best", ["b"]),
        ("tag=best", ["b"]),
        ("query=lr=0.5", ["b"]),
        ("query=optimizer.lr=0.01", ["a"]),
        ("query=status:failed", []),
        ("query=spiral", ["b", "a"]),
        ("query=mnist", []),
        ("kind=sweep", []),
        ("sort=created&order=asc", ["a", "b"]),
        ("limit=1&offset=1", ["a"]),
    ],
)
def test_the_list_is_searched_sorted_and_cut(
    query: str, expected: list[str], tmp_path: Path
) -> None:
    make_run(tmp_path, "a", started_at="2026-01-01T00:00:00+00:00")
    make_run(tmp_path, "b", tags=["best"], lr=0.5)

    found = browse(tmp_path).get(f"/api/runs?{query}")

    assert [row["id"] for row in found["rows"]] == expected


def test_a_change_of_a_run_changes_the_revision_and_the_row(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    browser = browse(tmp_path)
    before = browser.get("/api/runs")

    (run / "tags.json").write_text('{"tags": ["best"]}')
    after = browser.get("/api/runs")

    assert before["revision"] == browser.get("/api/runs")["revision"] - 1
    assert after["rows"][0]["tags"] == ["best"]


def test_the_list_says_how_far_a_run_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ResultDir, "status_of", lambda *_: "running")
    metrics = make_run(tmp_path, "a", epochs=7, status="running") / "metrics.jsonl"
    browser = browse(tmp_path)
    first = browser.get("/api/runs")

    with metrics.open("a") as file:
        file.write(record_line(8, 0) + "damaged\n" + record_line(9, 0)[:-1])
    early = browser.get("/api/runs")
    monkeypatch.setattr("nnlab.ui.index.PROGRESS_SECONDS", 0.0)
    late = browser.get("/api/runs")

    assert [found["rows"][0]["epochs_done"] for found in (first, early, late)] == [7, 7, 8]
    assert first["revision"] == early["revision"] == late["revision"] - 1


@pytest.mark.parametrize("content", ["", "damaged\n", None])
def test_how_far_a_run_is_may_be_unknown(content: str | None, tmp_path: Path) -> None:
    metrics = make_run(tmp_path, "a") / "metrics.jsonl"
    metrics.unlink() if content is None else metrics.write_text(content)

    assert browse(tmp_path).get("/api/runs")["rows"][0]["epochs_done"] is None


def spark_of(browser: Browser, wanted: object) -> None:
    """Wait until the list shows a curve with this last epoch; None for no curve."""
    deadline = time.monotonic() + 60.0
    while True:
        spark = browser.get("/api/runs")["rows"][0]["spark"]
        if (spark and spark["epochs"][-1]) == wanted:
            return
        assert time.monotonic() < deadline, spark
        time.sleep(0.05)


def test_the_small_curve_of_a_run_grows_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = make_run(tmp_path, "a", epochs=3, seeds=2) / "metrics.jsonl"
    browser = browse(tmp_path)
    sparks = browser.gate.inner.state.lab.sparks
    spark_of(browser, 3)
    with metrics.open("a") as file:
        file.write(record_line(4, 0) + record_line(4, 1))

    assert sparks.get(metrics, None, is_live=True)["epochs"] == [1, 2, 3]
    spark_of(browser, 4)
    metrics.rename(metrics.with_name("old"))
    metrics.write_text(record_line(1, 0))
    assert sparks.get(metrics, None, is_live=True) is None
    monkeypatch.setattr("nnlab.ui.sparks.RENEWAL_SECONDS", 0.0)
    spark_of(browser, 1)


@pytest.mark.parametrize(
    ("query", "name"), [("limit=0", "limit"), ("limit=x", "limit"), ("sort=salary", "sort")]
)
def test_a_wrong_question_is_answered_with_what_is_expected(
    query: str, name: str, tmp_path: Path
) -> None:
    answer = browse(tmp_path).ask(f"/api/runs?{query}")

    assert answer.status == 422
    assert answer.json["error"]["text"].startswith(f"{name}=")
    assert "is expected" in answer.json["error"]["text"]


def test_a_run_has_its_experiment_its_metrics_and_its_cursor(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", epochs=4, seeds=2)

    found = browse(tmp_path).get("/api/runs/a")

    assert found["status"] == "finished"
    assert found["config"]["optimizer.lr"] == 0.01
    assert found["yaml"] == (run / "resolved.yaml").read_text()
    assert found["seeds"] == [0, 1]
    assert {"train.loss", "val.accuracy", "lr"} <= {*found["metrics"]}
    assert found["cursor"] == (run / "metrics.jsonl").stat().st_size
    assert found["summary"]["epochs"] == 4
    assert (found["study"], found["pictures"]) == ("waiting", [])


def test_a_series_grows_with_the_file(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", epochs=3, seeds=2, status="running")
    browser = browse(tmp_path)

    before = browser.get("/api/runs/a/series?metric=train.loss")
    with (run / "metrics.jsonl").open("a") as file:
        file.write(record_line(4, 0, loss=8.0) + record_line(4, 1, loss=4.0))
    after = browser.get("/api/runs/a/series?metric=train.loss")

    assert before["epochs"] == [1, 2, 3]
    assert after["epochs"] == [1, 2, 3, 4]
    assert (after["mean"][-1], after["smallest"][-1], after["largest"][-1]) == (6.0, 4.0, 8.0)
    assert [line["seed"] for line in after["seeds"]] == [0, 1]


def test_several_series_come_in_the_order_asked(tmp_path: Path) -> None:
    make_run(tmp_path, "a")

    found = browse(tmp_path).get("/api/runs/a/series?metric=val.loss&metric=train.loss&buckets=2")

    assert [one["metric"] for one in found["series"]] == ["val.loss", "train.loss"]
    assert [one["epochs_per_bucket"] for one in found["series"]] == [3, 3]


def test_several_runs_are_overlaid_by_a_metric_that_all_have(tmp_path: Path) -> None:
    make_run(tmp_path, "a", epochs=4, seeds=2)
    (make_run(tmp_path, "b", epochs=4, seeds=2) / "metrics.jsonl").write_text(
        '{"epoch": 1, "step": 1, "seed": 0, "train": {"loss": 2.0}, "val": {"loss": 3.0}}\n'
    )
    browser = browse(tmp_path)

    found = browser.get("/api/series?run=b&run=a&buckets=2")

    assert (found["metric"], found["metrics"]) == ("val.loss", ["train.loss", "val.loss"])
    assert [(run["id"], run["name"]) for run in found["runs"]] == [
        ("b", "spiral_mlp"),
        ("a", "spiral_mlp"),
    ]
    assert (found["runs"][0]["epochs"], found["runs"][0]["mean"]) == ([1.0], [3.0])
    alone = browser.get("/api/runs/a/series?metric=val.loss&buckets=2")
    assert found["runs"][1] == {
        "id": "a",
        "name": "spiral_mlp",
        **{key: alone[key] for key in OVERLAID},
    }


def test_of_many_runs_no_more_points_are_sent_than_a_chart_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "MAX_OVERLAID_POINTS", 12)
    for name in ("a", "b"):
        make_run(tmp_path, name, epochs=8)

    found = browse(tmp_path).get("/api/series?run=a&run=b&metric=train.loss")

    assert [len(run["mean"]) for run in found["runs"]] == [2, 2]


def test_runs_without_metrics_have_none_in_common(tmp_path: Path) -> None:
    (make_run(tmp_path, "a", status="running") / "metrics.jsonl").unlink()

    found = browse(tmp_path).get("/api/series?run=a")

    assert found == {"metric": None, "metrics": [], "runs": [{"id": "a", "name": "spiral_mlp"}]}


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("", 422, "run: from 1 to 50 runs are expected, and 0 were given"),
        ("&".join(f"run=r{n}" for n in range(51)), 422, "and 51 were given"),
        ("run=a&run=../a", 404, "there is no run '../a'"),
        ("run=a&metric=x", 404, "run a has no metric x yet"),
    ],
)
def test_a_wrong_question_about_several_runs_is_refused(
    query: str, status: int, text: str, tmp_path: Path
) -> None:
    make_run(tmp_path, "a")

    answer = browse(tmp_path).ask(f"/api/series?{query}")

    assert answer.status == status
    assert text in answer.json["error"]["text"]


def test_an_unknown_metric_is_named(tmp_path: Path) -> None:
    make_run(tmp_path, "a")

    answer = browse(tmp_path).ask("/api/runs/a/series?metric=val.accurac")

    assert answer.status == 404
    assert answer.json["error"]["text"] == (
        "run a has no metric val.accurac (did you mean 'val.accuracy'?) yet"
    )


@pytest.mark.parametrize("run_id", ["b", "latest", "a~1", "A", "a-"])
def test_only_the_whole_id_finds_a_run(run_id: str, tmp_path: Path) -> None:
    make_run(tmp_path, "a-run")

    answer = browse(tmp_path).ask(f"/api/runs/{run_id}")

    assert answer.status == 404
    assert "there is no run" in answer.json["error"]["text"]


def test_a_link_to_a_run_is_not_followed(tmp_path: Path) -> None:
    make_run(tmp_path / "elsewhere", "a")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "b").symlink_to(tmp_path / "elsewhere" / "runs" / "a")

    assert browse(tmp_path).ask("/api/runs/b").status == 404


PROGRAM = """
import sys
import time
from pathlib import Path
from tests.helpers.ui import browse
browser = browse(Path(sys.argv[1]))
for target in sys.argv[2:]:
    print(target, browser.ask(target).status)
print("torch" in sys.modules)
browser.gate.inner.state.lab.close()
"""


def test_no_route_that_reads_imports_torch(tmp_path: Path) -> None:
    make_run(tmp_path, "a")
    targets = ["/", "/api/state", "/api/runs", "/api/runs/a", "/api/runs/a/series?metric=lr"]
    targets += ["/api/series?run=a"]

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), *targets],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == [*(f"{target} 200" for target in targets), "False"]
