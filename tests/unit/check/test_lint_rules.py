"""Each rule of the linter by an experiment that breaks it and one that nearly does."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
import pytest

from nnlab.check.data_facts import read_data
from nnlab.check.lint import RULES, find_flaws, lint
from nnlab.check.rule import Subject
from nnlab.check.rules_page import page
from nnlab.config.bundled import configs_in
from nnlab.config.codes import RuleCode
from nnlab.config.load import config_from_mapping, load_config, read_document
from tests.helpers.tables import write_table

BASE = {
    "dataset": {"name": "spiral", "num_samples": 1500},
    "model": {"name": "mlp"},
    "optimizer": {"name": "adam"},
    "train": {"seeds": 5},
}
REGRESSION = "dataset={name: regression}"
DIGITS = "dataset={name: digits}"


def arrays(name: str, augment: str) -> str:
    return f"dataset={{name: npz, path: {name}.npz, augment: {augment}}}"


def table(name: str, more: str = "") -> str:
    return f"dataset={{name: csv, path: {name}.csv, target: y{more}}}"


class Case(NamedTuple):
    """Overrides that break a rule, and others that nearly do."""

    code: str
    broken: tuple[str, ...]
    nearly: tuple[str, ...]


BALANCED = "loss={name: cross_entropy, class_weight: balanced}"
REGRESSED = ", task: regression"
SGD, LBFGS = "optimizer={name: sgd, ", "optimizer={name: lbfgs, "
NO_OPTIMIZER = "optimizer={name: none}"
SVM = "model={name: sklearn, estimator: svm, "
FOREST = "model={name: sklearn, estimator: random_forest}"
SIGMOIDS = "model={name: mlp, activation: sigmoid, output_activation: sigmoid}"
QUICKLY = ("dataset={name: blobs}", "train.epochs=20", "train.batch_size=32")
RAW = ", task: regression, standardize_target: false"
CASES = [
    Case("NL101", ("dataset.split.order=sequential",), ("dataset.split.order=random",)),
    Case(
        "NL101",
        (table("by_size", ", split: {order: sequential}"),),
        (table("drifting", ", split: {order: sequential}"),),
    ),
    Case(
        "NL101",
        (table("sorted_classes", ", split: {order: sequential}"),),
        (table("sorted_classes"),),
    ),
    Case(
        "NL123",
        ("dataset={name: digits, augment: {flip: true}}",),
        ("dataset={name: digits, augment: {crop: 1}}",),
    ),
    Case("NL123", (arrays("letters", "{flip: true}"),), (arrays("things", "{flip: true}"),)),
    Case("NL124", (arrays("rows", "{crop: 1}"),), (arrays("things", "{crop: 1}"),)),
    Case(
        "NL102",
        ("train.shuffle=false",),
        ("train.shuffle=false", "train.batch_size=full"),
    ),
    Case(
        "NL103",
        (table("scales_11", ", standardize: false"),),
        (table("scales_9", ", standardize: false"),),
    ),
    Case("NL103", (table("scales_11", ", standardize: false"),), (table("scales_11"),)),
    Case(
        "NL103",
        (table("far_off", REGRESSED + ", standardize: false"),),
        (table("far_off", REGRESSED + ", standardize: false"), FOREST, NO_OPTIMIZER),
    ),
    *(
        Case("NL104", (table(broken),), (table(nearly),))
        for broken, nearly in (
            ("scaled_by_all", "scaled_by_most"),
            ("min_max", "percent"),
            ("symmetric", "coded"),
            ("robust", "scaled_by_most"),
        )
    ),
    Case("NL105", (table("leaking"),), (table("nearly_leaking"),)),
    Case("NL105", (table("threshold"),), (table("blurred_threshold"),)),
    Case("NL105", (table("threshold"),), (table("separate"),)),
    Case("NL105", (table("class_copy"),), (table("separate"),)),
    Case("NL105", (table("repaid"),), (table("separate"),)),
    *(
        Case("NL105", (table(broken, REGRESSED),), (table("loose", REGRESSED),))
        for broken in ("twice", "jittered", "logarithm", "deciles")
    ),
    Case("NL106", (table("imbalance_41"),), (table("imbalance_40"),)),
    Case(
        "NL106",
        (table("imbalance_41"),),
        (table("imbalance_41"), "loss={name: cross_entropy, class_weight: balanced}"),
    ),
    *(
        Case(
            "NL106",
            (table("imbalance_41"), f"train.monitor=val.{weighted}"),
            (table("imbalance_41"), f"train.monitor=val.{fair}"),
        )
        for weighted, fair in (
            ("f1", "macro_f1"),
            ("precision", "balanced_accuracy"),
            ("log_loss", "roc_auc"),
            ("ece", "pr_auc"),
        )
    ),
    Case(
        "NL108",
        (table("hundreds", RAW),),
        (table("tens", RAW),),
    ),
    Case(
        "NL108",
        (table("thousandths", RAW),),
        (table("hundredths", RAW),),
    ),
    Case(
        "NL108",
        (table("hundreds", RAW),),
        (
            table("hundreds", RAW),
            *("optimizer={name: lbfgs}", "train.batch_size=full"),
        ),
    ),
    Case("NL108", (table("hundreds", RAW),), (table("hundreds", ", task: regression"),)),
    Case("NL107", ("dataset={name: random}",), ("dataset={name: blobs}",)),
    Case(
        "NL201",
        ("model.output_activation=softmax",),
        ("model.output_activation=softmax", "loss.name=quadratic"),
    ),
    Case(
        "NL202",
        ("model.activation=identity",),
        ("model.hidden_sizes=[]",),
    ),
    Case(
        "NL203",
        ("model.init=normal", "model.init_std=9e-4"),
        ("model.init=normal", "model.init_std=1e-3"),
    ),
    Case(
        "NL204",
        ("model.activation=sigmoid", "model.hidden_sizes=[8,8,8]"),
        ("model.activation=sigmoid", "model.hidden_sizes=[8,8]"),
    ),
    Case(
        "NL204",
        ("model.activation=tanh", "model.hidden_sizes=[8,8,8,8,8,8,8,8,8]"),
        ("model.activation=tanh", "model.hidden_sizes=[8,8,8,8,8,8,8,8,8]", "model.init=xavier"),
    ),
    Case("NL205", ("model.init_std=0.02",), ("model.init_std=0.02", "model.init=normal")),
    Case("NL206", ("model.dropout=0.8",), ("model.dropout=0.79",)),
    Case("NL207", (REGRESSION, "model.dropout=0.4"), (REGRESSION, "model.dropout=0.1")),
    Case("NL208", ("model.hidden_sizes=[1750]",), ("model.hidden_sizes=[1749]",)),
    Case(
        "NL208",
        ("model.hidden_sizes=[1750]",),
        ("model.hidden_sizes=[1750]", "train.early_stopping={patience: 3}"),
    ),
    # 1259 digits train: the last batch has 7 of them, or 8.
    Case(
        "NL209",
        (DIGITS, "model={name: fashion_cnn}", "train.batch_size=313"),
        (DIGITS, "model={name: fashion_cnn}", "train.batch_size=139"),
    ),
    Case("NL210", ("model.hidden_sizes=[9,1,9]",), ("model.hidden_sizes=[9,2,9]",)),
    Case("NL210", (DIGITS, "model.hidden_sizes=[3]"), (DIGITS, "model.hidden_sizes=[4]")),
    Case("NL211", ("model.hidden_sizes=[8,8]", "model.dropout=0.5"), ("model.dropout=0.5",)),
    Case(
        "NL212",
        ("model.init=normal", "model.init_std=20"),
        ("model.init=normal", "model.init_std=1"),
    ),
    Case("NL301", ("optimizer.lr=0.031",), ("optimizer.lr=0.03",)),
    Case("NL301", ("optimizer.lr=0.05",), ("optimizer.lr=0.05", "model={name: logistic}")),
    Case("NL301", (SGD + "lr: 0.9, momentum: 0.99}",), (SGD + "lr: 0.1, momentum: 0.9}",)),
    Case("NL301", (SGD + "lr: 3}",), (SGD + "lr: 3}", "loss.name=quadratic", SIGMOIDS)),
    Case("NL301", ("optimizer.lr=0.9e-5",), ("optimizer.lr=1e-5",)),
    Case(
        "NL302",
        ("optimizer={name: sgd, lr: 0.1}", "train.batch_size=full", "train.epochs=99"),
        ("optimizer={name: sgd, lr: 0.1}", "train.batch_size=full", "train.epochs=101"),
    ),
    Case(
        "NL302",
        ("optimizer={name: sgd, lr: 0.1}", "train.limit_batches=9"),
        ("optimizer={name: sgd, lr: 0.1, momentum: 0.9}", "train.limit_batches=9"),
    ),
    Case("NL302", ("optimizer.lr=1e-5", "train.epochs=1"), ("optimizer.lr=1e-3",)),
    Case("NL302", ("optimizer={name: rmsprop, lr: 1e-5}",), ("optimizer={name: rmsprop}",)),
    Case(
        "NL302",
        ("schedule={name: step, step_epochs: 1, gamma: 0.01}",),
        ("schedule={name: step, step_epochs: 1, gamma: 0.9}",),
    ),
    Case(
        "NL302",
        (LBFGS + "max_iter: 2}", "train.epochs=1", "train.batch_size=full"),
        (LBFGS + "max_iter: 20}", "train.epochs=1", "train.batch_size=full"),
    ),
    Case("NL303", ("optimizer.weight_decay=1e-4",), ("optimizer={name: adamw}",)),
    Case(
        "NL303", ("optimizer={name: rmsprop, weight_decay: 1e-4}",), ("optimizer={name: rmsprop}",)
    ),
    Case("NL304", ("train.batch_size=1051",), ("train.batch_size=1050",)),
    Case(
        "NL305",
        ("train.precision=float64", "train.device=cuda"),
        ("train.precision=float64", "train.device=cpu"),
    ),
    # 170 steps.
    Case(
        "NL306",
        ("schedule={name: cosine, warmup_steps: 86}",),
        ("schedule={name: cosine, warmup_steps: 85}",),
    ),
    Case(
        "NL306",
        ("schedule={name: constant, warmup_steps: 6}", "train.batch_size=full"),
        ("schedule={name: constant, warmup_steps: 5}", "train.batch_size=full"),
    ),
    Case(
        "NL306",
        ("schedule={name: one_cycle, warmup_steps: 11}", "train.limit_batches=2"),
        ("schedule={name: one_cycle, warmup_steps: 10}", "train.limit_batches=2"),
    ),
    Case(
        "NL307",
        ("schedule={name: step, step_epochs: 10}",),
        ("schedule={name: step, step_epochs: 9}",),
    ),
    Case(
        "NL307",
        ("schedule={name: plateau, patience: 10}",),
        ("schedule={name: plateau, patience: 9}",),
    ),
    Case(
        "NL307",
        ("schedule={name: plateau, patience: 4}", "train.eval_every=3"),
        ("schedule={name: plateau, patience: 3}", "train.eval_every=3"),
    ),
    Case(
        "NL307",
        ("schedule={name: plateau, patience: 5}", "train.early_stopping={patience: 4}"),
        ("schedule={name: plateau, patience: 3}", "train.early_stopping={patience: 4}"),
    ),
    Case(
        "NL308",
        (table("one_of_25"), BALANCED, "train.batch_size=1"),
        (table("one_of_25"), BALANCED, "train.batch_size=2"),
    ),
    Case(
        "NL308",
        (
            table("one_of_25"),
            "loss={name: cross_entropy, class_weight: {1: 300}}",
            "train.batch_size=2",
        ),
        (
            table("one_of_25"),
            "loss={name: cross_entropy, class_weight: {1: 10}}",
            "train.batch_size=2",
        ),
    ),
    Case("NL309", ("train.clip_norm=1e-6",), ("train.clip_norm=0.1",)),
    Case("NL310", ("optimizer={name: adamw, weight_decay: 30}",), ("optimizer={name: adamw}",)),
    Case("NL310", (SGD + "weight_decay: 0.5}",), (SGD + "weight_decay: 0.01}",)),
    Case(
        "NL310",
        (LBFGS + "C: 1e-6}", "train.batch_size=full"),
        (LBFGS + "C: 1}", "train.batch_size=full"),
    ),
    Case("NL311", ("train.limit_batches=16",), ("train.limit_batches=17",)),
    *(
        Case("NL312", (*settings, *QUICKLY), QUICKLY)
        for settings in (
            ("train.clip_norm=1e-6", "optimizer={name: sgd, lr: 1}"),
            (SGD + "lr: 0.1, weight_decay: 9}",),
            ("optimizer.lr=1e-6",),
            ("schedule={name: cosine, warmup_steps: 100000}",),
        )
    ),
    Case(
        "NL312",
        (table("separate"), SVM + "C: 1e-6}", NO_OPTIMIZER),
        (table("separate"), SVM + "C: 1}", NO_OPTIMIZER),
    ),
    Case(
        "NL313",
        (table("one_of_25"), "loss={name: cross_entropy, class_weight: {0: 20}}"),
        (table("one_of_25"), "loss={name: cross_entropy, class_weight: {1: 20}}"),
    ),
    Case(
        "NL314",
        ("loss={name: cross_entropy, label_smoothing: 0.9}",),
        ("loss={name: cross_entropy, label_smoothing: 0.1}",),
    ),
    Case("NL401", ("train.monitor=test.loss",), ("train.monitor=val.loss",)),
    Case(
        "NL401",
        (table("twice", ", task: regression, val_path: noisy.csv, test_path: noisy.csv"),),
        (table("twice", ", task: regression, val_path: jittered.csv, test_path: twice.csv"),),
    ),
    Case("NL402", ("dataset.split.test=0",), ("dataset.split.test=0.01",)),
    # Of 1,500 points 0.9 and 1.2 for validation, of each class less than a half.
    Case("NL403", ("dataset.split.val=0.0006",), ("dataset.split.val=0.0008",)),
    Case("NL403", ("dataset.split.test=0.0006",), ("dataset.split.test=0",)),
    Case(
        "NL404",
        (table("imbalance_41"), "train.monitor=val.accuracy"),
        (table("imbalance_40"), "train.monitor=val.accuracy"),
    ),
    *(
        Case(
            "NL404",
            (table("imbalance_41"), f"train.monitor=val.{weighted}"),
            (table("imbalance_41"), f"train.monitor=val.{fair}"),
        )
        for weighted, fair in (
            ("f1", "macro_f1"),
            ("precision", "balanced_accuracy"),
            ("recall", "roc_auc"),
        )
    ),
    Case("NL405", (table("duplicates"),), (table("measured_twice"),)),
    Case("NL405", (table("near_duplicates"),), (table("wandering"),)),
    Case("NL405", (table("rounded_copies"),), (table("wandering"),)),
    Case("NL405", (table("duplicates"),), (table("yes_no"),)),
    Case("NL405", (table("duplicates"),), (table("coded"),)),
    # The arms of the spiral meet in one point, which trains and tests.
    Case("NL405", (table("duplicates"),), ("dataset.num_samples=60", "dataset.split.seed=3")),
    # 153 and 162 test points.
    Case("NL406", ("dataset.num_samples=1020",), ("dataset.num_samples=1080",)),
    Case("NL407", ("train.seeds=1",), ("train.seeds=2",)),
    Case(
        "NL407",
        ("train.seeds=1", "model={name: logistic}"),
        ("train.seeds=1", "model={name: logistic}", "train.batch_size=full"),
    ),
]


CASES += [
    Case("NL109", (table("spellings"),), (table("one_spelling"),)),
    Case("NL109", (table("spellings"),), (table("genotypes"),)),
    Case("NL110", (table("missing_words"),), (table("one_spelling"),)),
    Case("NL111", (table("prices"),), (table("prices", ", task: regression"),)),
    Case("NL111", (table("counts"),), (table("counts", ", task: classification"),)),
    Case("NL111", (table("names"),), (table("one_spelling"),)),
    Case(
        "NL111",
        (table("rounded", ", task: classification"),),
        (table("counts", ", task: classification"),),
    ),
    Case("NL112", (table("counted"),), (table("counted", ", drop: [row]"),)),
    Case("NL112", (table("counted"),), (table("measured"),)),
    Case("NL112", (table("keys"),), (table("measured"),)),
    Case("NL112", (table("accounts"),), (table("measured"),)),
    Case(
        "NL113",
        (table("many_towns", ", columns: {town: category}"),),
        (table("many_towns", ", columns: {town: {encode: ordinal}}"),),
    ),
    Case(
        "NL115",
        (table("gaps_of_999"),),
        (table("gaps_of_999", ", missing: median, missing_words: ['-999']"),),
    ),
    Case("NL115", (table("gaps_of_999"),), (table("once_999"),)),
    Case("NL115", (table("unsaid"),), (table("balances"),)),
    Case("NL115", (table("no_pressure"),), (table("rain"),)),
    Case("NL116", (table("constant"),), (table("constant", ", drop: [c]"),)),
    Case("NL116", (table("constant"),), (table("pixels"),)),
    Case("NL117", (table("typing_error", REGRESSED),), (table("skewed", REGRESSED),)),
    *(
        Case("NL118", (table(broken, more),), (table(nearly, less),))
        for broken, more, nearly, less in (
            ("patients", "", "patients", ", split: {group: patientId}"),
            (
                "patients",
                ", drop: [patientId]",
                "patients",
                ", features: [a, b], split: {group: patientId}",
            ),
            ("leaves", ", drop: [leaf]", "towns", ", drop: [town]"),
            ("patients", "", "keys", ""),
        )
    ),
    *(
        Case("NL119", (table(broken, REGRESSED + more),), (table(nearly, REGRESSED + less),))
        for broken, more, nearly, less in (
            ("series", "", "series", ", split: {order: sequential}"),
            ("series", ", drop: [day]", "series", ", split: {time: day}"),
            ("lagged", "", "lagged", ", split: {order: sequential}"),
            ("series", "", "wave", ""),
            ("series", "", "dated", ""),
        )
    ),
    Case("NL120", (table("parts", REGRESSED),), (table("weighted", REGRESSED),)),
    Case("NL120", (table("priced", REGRESSED),), (table("weighted", REGRESSED),)),
    Case("NL121", (table("two_units"),), (table("two_kinds"),)),
    Case("NL122", (table("regions"),), (table("regions", ", columns: {region_code: category}"),)),
    Case("NL114", (table("towns"),), (table("towns", ", drop: [town]"),)),
    Case(
        "NL406",
        (table("noisy", REGRESSED + ", split: {test: 0.03}"),),
        (table("noisy", REGRESSED),),
    ),
    Case(
        "NL409",
        ("dataset.split.val=0.009", "train.early_stopping={patience: 5}"),
        ("dataset.split.val=0.011", "train.early_stopping={patience: 5}"),
    ),
    Case("NL409", ("dataset.split.val=0.009", "train.select=best"), ("dataset.split.val=0.009",)),
    Case("NL410", ("train.early_stopping={patience: 1}",), ("train.early_stopping={patience: 2}",)),
    Case(
        "NL410",
        ("train.early_stopping={patience: 5, min_delta: 0.5}",),
        ("train.early_stopping={patience: 5, min_delta: 0.001}",),
    ),
    Case(
        "NL411", ("train.early_stopping={patience: 10}",), ("train.early_stopping={patience: 9}",)
    ),
    Case(
        "NL412",
        (table("noisy", REGRESSED + ", test_path: millimetres.csv"),),
        (table("noisy", REGRESSED + ", test_path: twice.csv"),),
    ),
    # Of 100 classes of 10 points each 0.2 and 1 for validation.
    Case(
        "NL408",
        ("dataset={name: random, num_samples: 2000, num_classes: 100}", "dataset.split.val=0.02"),
        ("dataset={name: random, num_samples: 2000, num_classes: 4}", "dataset.split.val=0.02"),
    ),
]


def write(path: Path, y: np.ndarray, **columns: np.ndarray) -> None:
    cells = np.column_stack([*columns.values(), y])
    np.savetxt(path, cells, delimiter=",", header=",".join([*columns, "y"]), comments="")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tables that have a fault, or nearly."""
    folder = tmp_path_factory.mktemp("tables")
    generator = np.random.default_rng(0)
    a, b, noise = (standardised(generator.normal(size=400)) for _ in range(3))
    y = generator.integers(2, size=400)
    time = standardised(np.arange(400.0))

    def add(name: str, target: np.ndarray = y, **columns: np.ndarray) -> None:
        write(folder / f"{name}.csv", target, **columns)

    add("drifting", a=a, b=0.85 * time + 0.5 * noise)
    add("wandering", a=a, b=0.70 * time + 0.7 * noise)
    add("sorted_classes", np.sort(y), a=a)
    add("scales_11", a=a, b=11 * b)
    add("scales_9", a=a, b=9 * b)
    add("scaled_by_all", a=np.round(a, 4), b=generator.uniform(size=400))
    add("scaled_by_most", a=(a - a[:340].mean()) / a[:340].std(), b=generator.uniform(size=400))
    add("leaking", a=a, b=7 - 2 * y)
    add("nearly_leaking", a=a, b=7 - 2 * np.append(y[:-20], 1 - y[-20:]))
    add("threshold", (a > 0.3).astype(int), a=a, b=b)
    add("blurred_threshold", (a + 0.01 * noise > 0.3).astype(int), a=a, b=b)
    add("twice", b, a=a, b=3 - 2 * b)
    add("noisy", b, a=a, b=3 - 2 * b + 0.01 * noise)
    for name, mean, deviation in (("hundreds", 150, 75), ("tens", 5, 8)):
        add(name, mean + deviation * b, a=a)
    for name, deviation in (("thousandths", 1e-3), ("hundredths", 0.02)):
        add(name, deviation * b, a=a)
    for majority in (410, 400):
        rows = generator.normal(size=(majority + 100, 2))
        classes = np.repeat([0, 1], [majority, 100])
        add(f"imbalance_{majority // 10}", classes, a=rows[:, 0], b=rows[:, 1])
    add("one_of_25", (np.arange(400) % 25 == 0).astype(int), a=a, b=b)
    again = np.tile(a[:200], 2)
    for name, labels in (
        ("spellings", ["Yes", "yes", "no", "NO"]),
        ("missing_words", ["yes", "no", "?", "NaN"]),
        ("one_spelling", ["yes", "no", "maybe", "Namibia"]),
        ("prices", [f"{10 + 0.37 * i:.2f}" for i in range(400)]),
        ("counts", range(40)),
        ("names", [f"name {i}" for i in range(400)]),
    ):
        rows = zip(a, itertools.cycle(labels), strict=False)
        write_table(folder / f"{name}.csv", ["a", "y"], rows)
    order = np.random.default_rng(1).permutation(400)
    for name, column, cells in (
        ("counted", "row", order),
        ("keys", "customerId", 1000 + 7 * order),
        ("measured", "size", 1000 + 7 * order),
        ("towns", "town", itertools.cycle(["Ulm", "ulm", "Bonn"])),
        ("gaps_of_999", "age", (-999 if i % 40 == 7 else i % 60 for i in range(400))),
        ("once_999", "age", (-999 if i == 7 else i % 60 for i in range(400))),
        ("many_towns", "town", (f"t{i % 60}" for i in range(400))),
    ):
        rows = zip(a, cells, itertools.cycle("pq"), strict=False)
        write_table(folder / f"{name}.csv", ["a", column, "y"], rows)
    add("duplicates", a=again, b=np.tile(b[:200], 2), zero=np.repeat([0.0, -0.0], 200))
    add("near_duplicates", a=again, b=np.tile(b[:200], 2) + 1e-4 * noise)
    add("rounded_copies", a=np.append(a[:200], a[:200].round(2)), b=np.tile(b[:200], 2), c=again)
    add("measured_twice", a=again, b=np.tile(b[:200], 2) + 0.5 * noise)
    add_spoiled(add, a, b, noise, y)
    add_rows(add, a, b, noise)
    images = generator.random((400, 4, 4))
    np.savez(folder / "letters.npz", X=images, y=np.array([*"bd"])[y])
    np.savez(folder / "things.npz", X=images, y=np.array(["cat", "dog"])[y])
    np.savez(folder / "rows.npz", X=images[:, 0], y=y)
    for name, column, cells in odd_columns(order):
        write_table(
            folder / f"{name}.csv", ["a", column, "y"], zip(a, cells, "pq" * 200, strict=True)
        )
    return folder


def add_spoiled(add, a: np.ndarray, b: np.ndarray, noise: np.ndarray, y: np.ndarray) -> None:
    """Add tables whose columns were scaled, or give the target away, and some that nearly do."""

    def unit(column: np.ndarray) -> np.ndarray:
        return (column - column.min()) / np.ptp(column)

    add("min_max", a=unit(a), b=unit(b))
    add("percent", a=unit(a).round(2), b=unit(b).round(2))
    add("symmetric", a=2 * unit(a) - 1, b=2 * unit(b) - 1)
    add("coded", **{name: 2 * (np.arange(400) >> i & 1) - 1 for i, name in enumerate("abc")})
    spread = [np.subtract(*np.percentile(c, [75, 25])) for c in (a, b)]
    add("robust", a=(a - np.median(a)) / spread[0], b=(b - np.median(b)) / spread[1])
    add("pixels", y, a=abs(a) * (a > 0), b=abs(b) * (b > 0), c=np.zeros(400))
    add("far_off", b, a=1e6 + a)
    add("millimetres", b, a=10 * a, b=100 + 10 * b)
    add("by_size", y, a=np.sort(a), b=b)
    add("separate", a=8 * y + noise, b=b)
    add("class_copy", a=y + 0.02 * noise, b=b)
    add("repaid", a=np.where(y == 1, 20 + abs(a), 0), b=b)
    add("jittered", b, a=a, b=3 - 2 * b + 0.01 * noise)
    add("loose", b, a=a, b=3 - 2 * b + 0.3 * noise)
    add("logarithm", np.exp(b), a=a, b=b.round(5))
    add("deciles", b, a=a, b=np.floor(2 * b))
    add("rounded", np.round(6 + 3 * a + noise).astype(int), a=a, b=b)
    add("typing_error", np.where(np.arange(400) == 7, 1e5, b), a=a)
    add("skewed", np.exp(b), a=a)
    cents = np.round(100 * abs(np.column_stack([a, b])) + 50)
    add("parts", cents.sum(axis=1), a=cents[:, 0], b=cents[:, 1], c=noise)
    add("priced", cents.prod(axis=1), a=cents[:, 0], b=cents[:, 1], c=noise)
    add("weighted", cents @ [2, 3], a=cents[:, 0], b=cents[:, 1], c=noise)


def add_rows(add, a: np.ndarray, b: np.ndarray, noise: np.ndarray) -> None:
    """Add tables whose rows belong together, and some whose rows do not."""
    person, rows = np.repeat(np.arange(50), 8), np.arange(400)
    alike = {"a": a[person] + 0.1 * noise, "b": b[person] + 0.1 * b}
    label = (a[person] > 0).astype(int)
    add("patients", label, patientId=person, **alike)
    add("leaves", label, leaf=person, **alike)
    walk = np.cumsum(noise)
    add("series", walk, day=rows, a=a)
    add("lagged", walk[1:], before=walk[:-1], a=a[1:])
    add("wave", np.sin(rows / 30), x=rows / 30)
    add("dated", b, day=rows, a=a)
    add("yes_no", (a > 0).astype(int), **{f"q{i}": (noise > i / 3).astype(int) for i in range(4)})


def odd_columns(order: np.ndarray) -> list[tuple[str, str, np.ndarray]]:
    """Return names of tables with a column, its name and its cells."""
    rows, ages = np.arange(400), 20 + order % 50
    size = 1.5 + 0.001 * order
    return [
        ("genotypes", "gene", order % 7),
        ("accounts", "account", 31_000_000 + 7 * order),
        ("unsaid", "age", np.where(rows % 20 == 3, -1, ages)),
        ("balances", "balance", np.where(rows % 20 == 3, -1, ages - 30)),
        ("no_pressure", "pressure", np.where(rows % 20 == 3, 0, 60 + ages)),
        ("rain", "rain", np.where(rows % 2, 0, ages - 19)),
        ("constant", "c", np.full(400, 3)),
        ("two_units", "height", np.where(rows % 9 == 4, 100 * size, size)),
        ("two_kinds", "weight", np.where(rows % 9 == 4, 30 * size, size)),
        ("regions", "region_code", 101 + order % 12),
    ]


def standardised(column: np.ndarray) -> np.ndarray:
    return (column - column.mean()) / column.std()


def subject_of(*overrides: str) -> Subject:
    config = config_from_mapping(BASE, overrides)
    return Subject(config, read_data(config, Path()))


def test_what_a_run_has_learned_is_not_measured_again(
    tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tables)
    subject = subject_of(table("separate"), SVM + "C: 1e-6}", NO_OPTIMIZER)
    trained = list(find_flaws(subject._replace(is_trained=True)))
    assert "obstacle" not in vars(subject.data.trial)
    measured = [rule.code for rule, _ in find_flaws(subject)]
    assert set(measured) - {rule.code for rule, _ in trained} == {"NL312"}


def finds(code: str, *overrides: str) -> bool:
    subject = subject_of(*overrides)
    return RULES[code].applies(subject) and any(RULES[code].find(subject))


@pytest.mark.parametrize("case", CASES, ids=[case.code for case in CASES])
def test_a_rule_finds_its_fault_and_spares_the_near_miss(
    case: Case, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tables)
    assert finds(case.code, *case.broken)
    assert not finds(case.code, *case.nearly)


def test_every_rule_has_a_case() -> None:
    of_comparisons = {"NL413"}  # tests/integration/test_compare_tuned.py
    assert {case.code for case in CASES} == set(RULES) - of_comparisons


def test_a_config_may_ignore_every_rule_by_its_code() -> None:
    assert list(RULES) == list(get_args(RuleCode))


def test_an_experiment_without_faults_is_clean() -> None:
    assert [rule.code for rule, _ in find_flaws(subject_of())] == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_a_rule_explains_why_and_how_to_fix(rule) -> None:
    assert rule.why.count(". ") == 1, "two sentences"
    assert rule.why.endswith(".")
    assert rule.fix
    assert not rule.fix.endswith(".")


def test_the_page_of_rules_is_up_to_date() -> None:
    written = Path(__file__).parents[3] / "docs" / "rules.md"
    assert written.read_text() == page(), "run: python docs/make_rules.py"


def test_the_interval_of_a_small_test_is_shown() -> None:
    config = config_from_mapping(BASE, ["dataset.num_samples=200"])
    flaws = [flaw for _, flaw in find_flaws(Subject(config, read_data(config, Path())))]
    # Exact, by Clopper and Pearson: 27 of 30 right.
    assert "with 30 test examples, a measured accuracy of 90 %" in flaws[0].message
    assert "between 73.5 % and 97.9 %" in flaws[0].message


PUBLISHED = {
    "a2_mnist_mlp": {"NL201", "NL401", "NL407"},
    "b2_regression": {"NL101", "NL401", "NL407"},
    "b3_regression_decay": {"NL101", "NL303", "NL401", "NL407"},
    "b4_regression_relu": {"NL101", "NL401", "NL407"},
    "c1_mnist_mlp": {"NL102", "NL208", "NL302", "NL401", "NL407"},
    "d7_fashion_cnn": {"NL102", "NL401", "NL407"},
}
COURSE = {path.stem: path for path in configs_in("course")}


def test_every_published_and_corrected_experiment_is_checked() -> None:
    assert {name for name in COURSE if name.endswith("_published")} == {
        f"{name}_published" for name in PUBLISHED
    }


@pytest.mark.archives
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_mistakes_of_a_published_experiment_are_found(name: str, installed_data: Path) -> None:
    found = lint(read_document(COURSE[f"{name}_published"]), installed_data).findings
    assert {finding.rule.code for finding in found} == PUBLISHED[name]


@pytest.mark.archives
@pytest.mark.parametrize("name", [name for name in COURSE if name.endswith("_corrected")])
def test_a_corrected_experiment_is_clean(name: str, installed_data: Path) -> None:
    result = lint(read_document(COURSE[name]), installed_data)
    assert (result.findings, result.ignored, result.skipped) == ([], [], None)


@pytest.mark.parametrize("path", [*configs_in(""), *configs_in("tiny")], ids=lambda path: path.stem)
def test_a_general_experiment_has_no_warnings(path: Path) -> None:
    config = load_config(path)
    needs_files = config.dataset.name in {"mnist", "fashion_mnist"}
    found = lint(read_document(path), None if needs_files else Path()).findings
    assert [finding.rule.code for finding in found if finding.rule.level == "warning"] == []
