"""compare and plan, from words on the command line to a verdict and what is stored of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import nnlab
from nnlab.comparison.portions import find_portions
from nnlab.comparison.store import to_json
from nnlab.comparison.words import verdict
from nnlab.config.bundled import find_config
from nnlab.errors import ConfigError, RunError
from nnlab.report.pareto import pareto
from nnlab.storage.registry import list_runs
from tests.helpers.command import Command

QUICK = ["train.epochs=30", "train.eval_every=30"]
RECOMPUTE = Path(__file__).parents[1] / "reference" / "recompute_comparison.py"


def runs_folder() -> Path:
    return nnlab.load_run("latest").path.parent


def trained() -> list[str]:
    return [run.id for run in list_runs(runs_folder())]


def test_a_clear_difference_is_a_verdict_with_its_evidence() -> None:
    result = nnlab.compare(["logistic", "mlp"], ["train.epochs=60"], dataset="spiral")
    assert [row.name for row in result.rows] == ["mlp", "logistic"]
    (pair,) = result.pairs
    assert pair.is_decided
    assert re.fullmatch(
        r"mlp beats logistic by \d\d\.\d\d points of test accuracy \(95 % interval \d\d\.\d\d to "
        r"\d\d\.\d\d; 5 seeds; sign-flip p = 0\.062: 5 seeds cannot give p < 0\.05, the interval "
        r"decides\)",
        verdict(result, pair),
    )


def test_six_seeds_need_no_caveat_about_their_p_value() -> None:
    result = nnlab.compare(["spiral_linear", "spiral_mlp"], QUICK, seeds=6)
    assert "sign-flip p = 0.031)" in verdict(result, result.pairs[0])


def test_no_difference_is_reported_with_its_limit_and_the_seeds_to_show_one() -> None:
    halves = ["spiral_mlp", "e3_spiral_mlp"]
    result = nnlab.compare(halves, [*QUICK, "dataset.split.seed=0", "model.hidden_sizes=[20]"])
    (pair,) = result.pairs
    assert not pair.is_decided
    text = verdict(result, pair)
    assert text == (
        "spiral_mlp vs e3_spiral_mlp: no verdict: they do not differ on any of 225 test examples; a true "
        "difference of up to 1.32 points would go unseen"
    )


def test_the_seeds_needed_to_see_a_difference_are_reported(tmp_path: Path) -> None:
    file = tmp_path / "narrow.yaml"
    file.write_text(find_config("spiral_mlp").read_text().replace("[100]", "[90]"))
    result = nnlab.compare(["spiral_mlp", str(file)], QUICK)
    assert re.search(
        r"no difference larger than \d+\.\d\d points of test accuracy is supported .*; (about \d+ seeds "
        r"would be needed to detect one of|to detect one of) \d+\.\d\d points",
        verdict(result, result.pairs[0]),
    )


def test_one_seed_is_refused_a_verdict() -> None:
    result = nnlab.compare(["spiral_linear", "spiral_mlp"], QUICK, seeds=1)
    assert verdict(result, result.pairs[0]).startswith("no verdict from one seed: spiral_mlp is")
    assert not result.pairs[0].is_decided


def test_a_small_error_is_a_gain() -> None:
    result = nnlab.compare(["regression_mlp", "regression_linear"], QUICK, seeds=3)
    (pair,) = result.pairs
    assert result.metric == "mse"
    assert result.rows[0].mean < result.rows[1].mean
    assert pair.difference < 0
    text = verdict(result, pair)
    assert f"{-pair.interval.high:.3g} to {-pair.interval.low:.3g}" in text


def test_finished_runs_are_reused_unless_their_inputs_changed() -> None:
    reused = []
    options = {"seeds": 2, "on_reuse": lambda run: reused.append(run.id)}
    first = nnlab.compare(["spiral_linear", "spiral_mlp"], QUICK, **options)
    before = trained()
    again = nnlab.compare(["spiral_linear", "spiral_mlp"], QUICK, **options)
    assert trained() == before == sorted(reused)
    assert [row.per_seed for row in again.rows] == [row.per_seed for row in first.rows]
    nnlab.compare(["spiral_linear", "spiral_mlp"], [*QUICK, "optimizer.lr=0.02"], **options)
    assert len(trained()) == len(before) + 2
    nnlab.compare(["spiral_linear", "spiral_mlp"], QUICK, reuse=False, **options)
    assert len(trained()) == len(before) + 4


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("data_sha256", "0" * 64),
        ("versions", {"nnlab": "0.0.1"}),
        ("status", "interrupted"),
    ],
    ids=["data", "version", "status"],
)
def test_a_run_on_other_data_or_by_another_version_is_not_reused(key: str, value) -> None:
    run = nnlab.train("spiral_mlp", QUICK)
    data_dir = Path("nowhere")
    (found,) = find_portions(run.config, run.path.parent, data_dir)
    assert found.run.id == run.id
    run.update_meta(**{key: value})
    assert find_portions(run.config, run.path.parent, data_dir) == []


def test_seeds_are_added_until_the_interval_is_narrow() -> None:
    result = nnlab.compare(
        ["regression_mlp", "regression_linear"], QUICK, seeds=4, until=0.08, max_seeds=24
    )
    (pair,) = result.pairs
    assert pair.method == "anytime"
    assert pair.num_seeds > 4
    assert result.rows[0].seeds == list(range(pair.num_seeds))
    assert pair.interval.width <= 0.08 or pair.num_seeds == 24
    assert len(result.rows[0].runs) == -(-pair.num_seeds // 4)


def test_seeds_end_at_the_budget() -> None:
    result = nnlab.compare(
        ["regression_mlp", "regression_linear"], QUICK, seeds=3, until=1e-9, max_seeds=7
    )
    assert result.pairs[0].num_seeds in {3, 7}


def test_no_seeds_are_added_when_the_test_examples_are_the_limit(forked: Command) -> None:
    done = forked("compare", "spiral_linear", "spiral_mlp", "--until", "0.5", *QUICK, COLUMNS="200")
    assert done.code == 0, done.stderr
    assert (
        "an interval of 0.50 points is out of reach: with 225 test examples, no number"
        in done.stdout
    )
    assert "5 seeds, 225 test examples" in done.stdout


def test_the_numbers_follow_from_the_stored_predictions() -> None:
    result = nnlab.compare(["spiral_linear", "spiral_mlp"], QUICK)
    folder = runs_folder() / result.id
    answer = subprocess.run(
        [sys.executable, RECOMPUTE, folder], capture_output=True, text=True, check=True
    )
    first, second, *numbers = answer.stdout.split()
    (pair,) = result.pairs
    assert (first, second) == (pair.first, pair.second)
    expected = (pair.difference, pair.interval.low, pair.interval.high)
    assert [float(number) for number in numbers] == pytest.approx(expected, rel=1e-12)
    assert len(RECOMPUTE.read_text().splitlines()) <= 32


def test_a_run_too_short_to_be_timed_can_be_plotted() -> None:
    result = nnlab.compare(["spiral_linear", "spiral_mlp"], QUICK, seeds=2)
    rows = [replace(row, train_seconds_per_seed=0.0) for row in result.rows]
    untimed = replace(result, rows=rows)
    assert len(pareto(untimed).axes) == 1


def test_a_comparison_is_a_folder_of_its_own(forked: Command) -> None:
    result = nnlab.compare(["spiral_linear", "spiral_mlp"], QUICK, seeds=2)
    folder = runs_folder() / result.id
    stored = json.loads((folder / "comparison.json").read_text())
    assert stored == json.loads(json.dumps(to_json(result)))
    assert "spiral_mlp" in (folder / "metric_against_cost.svg").read_text()
    assert nnlab.load_run("latest").id != result.id
    with pytest.raises(RunError, match="is a comparison, not a run"):
        nnlab.evaluate(result.id)
    listed = forked("runs", "list", "--json").stdout
    assert result.id in {run["id"] for run in json.loads(listed)["runs"]}


def test_the_command_prints_both_tables_or_one_json_object_and_writes_a_page(
    forked: Command,
    tmp_path: Path,
) -> None:
    words = ["compare", "linear", "mlp", "--dataset", "spiral", "--seeds", "3", *QUICK]
    page = tmp_path / "page.html"
    done = forked(*words, "--report", str(page), COLUMNS="250")
    assert done.code == 0, done.stderr
    for text in ("FLOPs", "latency (1000)", "mlp - linear", "McNemar p (median seed)"):
        assert text in done.stdout
    assert "mlp beats linear by" in done.stdout
    html = page.read_text()
    assert "mlp beats linear by" in html
    assert "<svg" in html
    assert not re.search(r"""(src|href|url)[=(]["']?https?:""", html)
    printed = forked(*words, "--json")
    value = json.loads(printed.stdout)
    assert value["ahead"] == "mlp"
    assert value["contenders"][0]["costs"]["flops_per_example"] == 2 * (2 * 100 + 100 * 3)
    assert set(value["contenders"][0]["costs"]["latency_seconds"]) == {"1", "1000"}
    assert value["contenders"][0]["peak_memory_bytes"] > 50e6


def test_plan_reports_how_many_seeds_show_a_difference(forked: Command) -> None:
    words = ["plan", "regression_mlp", "regression_linear", *QUICK, "--detect", "0.05"]
    done = forked(*words, "--json")
    found = json.loads(done.stdout)
    assert found["difference"] == 0.05
    assert list(found["powers"]) == ["3", "5", "10", "20", "50", "100"]
    powers = list(found["powers"].values())
    assert powers == sorted(powers)
    assert "a power of 80 %" in forked(*words).stdout


@pytest.mark.parametrize(
    ("references", "options", "error", "fragment"),
    [
        (["spiral_mlp"], {}, ConfigError, "needs at least two contenders"),
        (["spiral_mlp", "spiral_mlp"], {}, ConfigError, "spiral_mlp is given twice"),
        (["spiral_mlp", "xor_mlp"], {}, ConfigError, "different data: dataset.name"),
        (["spiral_mlp", "nobody"], {}, ConfigError, "model words for mnist: logistic, mlp, cnn"),
        (["spiral_mlp", "spiral_linear"], {"metric": "r2"}, ConfigError, "unknown metric 'r2'"),
        (["spiral_mlp", "spiral_linear"], {"metric": "loss"}, ConfigError, "loss.class_weight"),
        (
            ["b1_regression", "regression_mlp"],
            {},
            ConfigError,
            r"dataset\.split\.test is 0\.0 and 0\.15",
        ),
    ],
    ids=["one", "twice", "other data", "nobody", "metric", "weighted loss", "split"],
)
def test_compare_refuses(references, options, error, fragment: str) -> None:
    with pytest.raises(error, match=fragment):
        nnlab.compare(references, QUICK, seeds=1, **options)


def test_compare_refuses_runs_on_other_seeds_and_seeds_added_to_runs() -> None:
    first = nnlab.train("spiral_mlp", QUICK, seeds=2)
    second = nnlab.train("spiral_linear", QUICK, seeds=3)
    with pytest.raises(RunError, match="has seeds"):
        nnlab.compare([first.id, second.id])
    with pytest.raises(ConfigError, match="is a finished run; seeds can only be added"):
        nnlab.compare([first.id, "spiral_linear"], until=1.0)


def test_plan_takes_two(forked: Command) -> None:
    done = forked("plan", "spiral_mlp", "--detect", "1")
    assert done.code == 2
    assert "plan takes two contenders, not 1" in done.stderr
