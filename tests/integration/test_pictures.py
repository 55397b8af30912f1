"""What is in the pictures: their data, axes, legends and choices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from PIL import Image
from sklearn.metrics import accuracy_score, roc_auc_score

import nnlab
from nnlab.data.toy import quadrants
from nnlab.report.importance import permutation_drops
from nnlab.report.labels import headings
from nnlab.report.paper import draw_for_paper
from nnlab.report.plots import PLOTS
from nnlab.report.run_view import RunView
from nnlab.report.style import draw, save, share_limits
from nnlab.runs.load import open_run
from nnlab.storage.folders import Folders
from tests.helpers.command import Command

SHORT = ["train.epochs=4"]
EXPERIMENTS = {
    "mapped": ("d3_xor_features", []),
    "plane": ("e3_spiral_mlp", SHORT),
    "again": ("e3_spiral_mlp", SHORT),
    "xavier": ("e8_spiral_xavier", SHORT),
    "images": ("digits_mlp", ["train.epochs=2"]),
    "line": ("regression_mlp", ["train.epochs=2"]),
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunView]:
    folder = tmp_path_factory.mktemp("runs")
    return {
        name: view(nnlab.train(experiment, overrides, seeds=2, runs_dir=folder))
        for name, (experiment, overrides) in EXPERIMENTS.items()
    }


def view(run: nnlab.RunDir) -> RunView:
    return RunView.load(open_run(run), Folders.choose())


def picture(kind: str, *sources: RunView, is_narrow: bool = False, **options: object) -> Figure:
    return draw(lambda: PLOTS[kind].picture(*sources, **options), is_narrow=is_narrow)


def legend_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def captions_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_a_surface_is_drawn_over_the_raw_features_below_a_feature_map(
    sources: dict[str, RunView],
) -> None:
    plane = sources["mapped"].plane
    (axes,) = picture("boundary", sources["mapped"]).axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x1", "x2")
    points, targets = plane.splits["train"]
    train = sources["mapped"].job.dataset.train
    assert torch.equal(plane.to_inputs(points), train.inputs)
    assert np.array_equal(targets, train.targets.numpy())
    assert np.array_equal(quadrants(np.array([[-1, 2.0]])), [[0, 1, 0, 0]])


def test_curves_of_several_runs_share_their_axes(sources: dict[str, RunView]) -> None:
    figure = picture("curves", sources["plane"], sources["xavier"])
    assert legend_of(figure) == ["e3_spiral_mlp", "e8_spiral_xavier", "training", "validation"]
    loss, accuracy = figure.axes
    assert len({line.get_color() for line in loss.lines}) == 2
    assert len({line.get_linestyle() for line in loss.lines}) == 2
    assert accuracy.get_title(loc="left") == "accuracy"


def test_losses_are_logarithmic_on_request(sources: dict[str, RunView]) -> None:
    scales = [axes.get_yscale() for axes in picture("curves", sources["plane"], log=True).axes]
    assert scales == ["log", "linear"]


def test_runs_of_one_name_are_told_apart_by_tag_or_id(sources: dict[str, RunView]) -> None:
    first, second, other = (sources[name].run for name in ("plane", "again", "xavier"))
    ids = [f"e3_spiral_mlp ({run.id})" for run in (first, second)]
    assert headings([first, second, other]) == [*ids, "e8_spiral_xavier"]
    second.folder.write_tags(["mine"])
    assert headings([first, second])[1] == "e3_spiral_mlp (mine)"
    second.folder.write_tags([])


def test_initialisations_are_compared_layer_by_layer(sources: dict[str, RunView]) -> None:
    default, xavier = sources["plane"], sources["xavier"]
    figure = picture("init", default, xavier)
    assert len(figure.axes) == 6
    weights = draw_initial(xavier)
    assert f"std {weights.std():.2g}" in [text.get_text() for text in figure.axes[0].texts]


def draw_initial(source: RunView) -> np.ndarray:
    from nnlab.assembly.job import build_models

    (model,) = build_models(source.config, source.job.dataset.spec, source.job.seeds[:1])
    weights: np.ndarray = model.layers[0].weight.detach().double().numpy()
    return weights


def test_histograms_show_what_training_changed(sources: dict[str, RunView]) -> None:
    source = sources["plane"]
    figure = picture("histograms", source)
    trained = source.run.weights()["layers.0.weight"][0].double().numpy()
    initial = draw_initial(source)
    assert captions_of(figure) == [f"std {t.std():.2g}" for t in (initial, trained)]
    assert legend_of(figure) == ["at initialisation", "after training"]


@pytest.mark.parametrize("by", ["confidence", "loss", "margin", "random"])
def test_mistakes_come_in_the_chosen_order(sources: dict[str, RunView], by: str) -> None:
    source = sources["images"]
    probs, targets = source.test_probabilities.mean(0), source.test_outputs[1]
    top = probs.max(-1)
    wrong = torch.nonzero(top.indices != targets)[:, 0]
    truth = probs[wrong, targets[wrong]]
    of_order = {
        "confidence": -top.values[wrong],
        "loss": truth,
        "margin": top.values[wrong] - truth,
    }
    shown = captions_of(picture("mistakes", source, by=by))
    if by == "random":
        assert shown != captions_of(picture("mistakes", source, by=by, seed=1))
        assert shown == captions_of(picture("mistakes", source, by=by, seed=0))
        return
    first = wrong[of_order[by].argmin()]
    expected = f"{top.indices[first]} ({100 * top.values[first]:.0f} %)\ntrue: {targets[first]}"
    assert shown[0] == expected


def test_mistakes_of_one_class(sources: dict[str, RunView]) -> None:
    shown = captions_of(picture("mistakes", sources["images"], class_name="8"))
    assert shown
    assert all(text.endswith("true: 8") for text in shown)


def test_samples_are_drawn_by_a_seed(sources: dict[str, RunView]) -> None:
    first, second, again = (
        captions_of(picture("samples", sources["images"], seed=seed)) for seed in (1, 2, 1)
    )
    assert first == again != second


def test_areas_under_the_curve_are_those_of_scikit_learn(sources: dict[str, RunView]) -> None:
    source = sources["plane"]
    probs, targets = source.test_probabilities.numpy(), source.test_outputs[1].numpy()
    area = np.mean([roc_auc_score(targets == 0, row[:, 0]) for row in probs])
    assert legend_of(picture("roc", source))[0].startswith(f"c1: AUC {area:.3f}, AP ")


def test_importance_is_the_accuracy_lost_by_shuffling(sources: dict[str, RunView]) -> None:
    source = sources["plane"]
    drops = permutation_drops(source)
    assert drops.shape == (2, 10)
    test = source.job.dataset.test
    generator = torch.Generator().manual_seed(0)

    def accuracy(inputs: torch.Tensor) -> float:
        outputs = source.predict(inputs)
        return np.mean([accuracy_score(test.targets, row.argmax(-1)) for row in outputs])

    for feature in (0, 1):
        after = []
        for _ in range(40):
            shuffled = test.inputs.clone()
            shuffled[:, feature] = shuffled[torch.randperm(len(test), generator=generator), feature]
            after.append(accuracy(shuffled))
        expected = accuracy(test.inputs) - np.mean(after)
        assert drops[feature].mean() == pytest.approx(expected, abs=0.03)


def test_residuals_are_predicted_minus_true(sources: dict[str, RunView]) -> None:
    source = sources["line"]
    outputs, targets = source.test_outputs
    errors = (outputs.double().mean(0) - targets).numpy()
    left, right = picture("residuals", source).axes
    assert right.get_title(loc="left").startswith(f"mean {errors.mean():.3g}, standard deviation")
    assert (left.get_xlabel(), left.get_ylabel()) == ("true y", "predicted, mean of 2 seeds")
    assert picture("fit", source).axes[0].get_ylabel() == "y"


def test_a_bin_of_few_examples_is_not_joined(sources: dict[str, RunView]) -> None:
    left = picture("calibration", sources["images"]).axes[0]
    joined = left.lines[1].get_ydata()
    many, few = [c for c in left.collections if isinstance(c, PathCollection)]
    assert np.isfinite(joined).sum() == len(many.get_offsets())
    assert np.isnan(joined).sum() == len(few.get_offsets()) > 0


def test_confusion_shows_per_cent_and_counts(sources: dict[str, RunView]) -> None:
    source = sources["plane"]
    counts = np.sum([metrics.confusion for metrics in source.test_metrics], axis=0)
    first = f"{100 * counts[0, 0] / counts[0].sum():.0f} %\n({counts[0, 0]})"
    assert captions_of(picture("confusion", source))[0] == first


def test_panels_are_stacked_on_a_narrow_page(sources: dict[str, RunView]) -> None:
    wide, narrow = (picture("curves", sources["plane"], is_narrow=n) for n in (False, True))
    assert narrow.get_figwidth() < 4 < wide.get_figwidth()
    first, second = (axes.get_subplotspec().rowspan.start for axes in narrow.axes)
    assert first < second


def test_pictures_side_by_side_get_common_axes(sources: dict[str, RunView]) -> None:
    figures = [picture("classes", sources[name]) for name in ("plane", "xavier")]
    lows = [figure.axes[0].get_xlim()[0] for figure in figures]
    share_limits(figures)
    assert [figure.axes[0].get_xlim()[0] for figure in figures] == [min(lows)] * 2
    assert figures[0].axes[0].yaxis_inverted()


def test_width_and_title_are_for_papers(sources: dict[str, RunView], tmp_path: Path) -> None:
    save(picture("curves", sources["plane"]), tmp_path / "x.png", width=3.5, title="Spirals")
    with Image.open(tmp_path / "x.png") as image:
        assert image.width == round(3.5 * 160)
    save(picture("curves", sources["plane"]), tmp_path / "x.svg", title="Spirals")
    assert "Spirals" in (tmp_path / "x.svg").read_text()


@pytest.mark.parametrize(
    ("width", "inches"), [("3.3in", 3.3), ("84mm", 84 / 25.4), ("8.4 cm", 8.4 / 2.54), ("5", 5)]
)
def test_the_width_of_a_picture_has_a_unit(
    width: str, inches: float, sources: dict[str, RunView], command: Command, tmp_path: Path
) -> None:
    run = str(sources["plane"].run.folder.path)
    done = command("plot", run, "curves", "-o", tmp_path / "x.png", "--width", width)
    assert done.code == 0, done.stderr
    with Image.open(tmp_path / "x.png") as image:
        assert image.width == pytest.approx(inches * 160, abs=1)


@pytest.mark.parametrize("width", ["wide", "3.3 feet", "0.2in", "-3", "1000"])
def test_a_width_that_is_none_is_refused(
    width: str, sources: dict[str, RunView], command: Command
) -> None:
    done = command("plot", sources["plane"].run.folder.path, "curves", f"--width={width}")
    assert done.code == 2
    assert f"--width {width}: " in done.stderr


def test_a_picture_for_a_paper_embeds_serif_true_type_fonts(
    sources: dict[str, RunView], command: Command, tmp_path: Path
) -> None:
    run, paper = sources["plane"].run.folder.path, ["--style", "paper", "--width", "3.3in"]
    for kind in ("curves", "confusion", "calibration"):
        file = tmp_path / f"{kind}.pdf"
        assert command("plot", run, kind, "-o", file, *paper).code == 0
        content = file.read_bytes()
        assert b"/FontFile2" in content
        assert b"/Type3" not in content
        assert b"DejaVuSerif" in content
        assert b"DejaVuSans" not in content


@pytest.mark.parametrize("names", [["plane"], ["plane", "xavier"]])
def test_curves_in_a_paper_differ_without_colour(
    names: list[str], sources: dict[str, RunView]
) -> None:
    chosen = [sources[name] for name in names]

    figure = draw_for_paper(lambda: PLOTS["curves"].picture(*chosen), width=3.3, font_size=None)

    for axes in figure.axes:
        thick = [line for line in axes.lines if line.get_linewidth() > 1]
        looks = {(str(line.get_linestyle()), line.get_marker()) for line in thick}
        assert len(looks) == len(thick) > 0
    assert len(figure.axes[0].lines) > 1
    handles = figure.legends[0] if len(names) > 1 else figure.axes[0].get_legend()
    drawn = {line.get_color(): line.get_marker() for line in figure.axes[0].lines[:1]}
    (first, *_) = handles.legend_handles
    assert first.get_marker() == drawn[first.get_color()] != "None"
    assert figure.axes[0].get_subplotspec().rowspan.start < len(figure.axes)
    assert figure.axes[0].xaxis.label.get_family() == ["serif"]
    assert figure.axes[0].xaxis.label.get_fontsize() == 8


def test_equal_runs_give_equal_files(
    sources: dict[str, RunView], command: Command, tmp_path: Path
) -> None:
    for kind in ("curves", "calibration"):
        for name in ("plane", "again"):
            run = str(sources[name].run.folder.path)
            finished = command("plot", run, kind, "-o", str(tmp_path / f"{name}.svg"))
            assert finished.code == 0, finished.stderr
        assert (tmp_path / "plane.svg").read_bytes() == (tmp_path / "again.svg").read_bytes()


def test_activations_are_drawn_without_a_run(command: Command, tmp_path: Path) -> None:
    output = str(tmp_path / "x.pdf")
    assert command("plot", "--activations", "sigmoid,tanh", "-o", output).code == 0
    assert Path(output).read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--activations", "sigmod"], "unknown activation 'sigmod' (did you mean 'sigmoid'?)"),
        (["--activations", "relu", "latest"], "without a run; leave out latest"),
        ([], "which plot of which run?"),
        (["curves"], "which run? nnlab plot RUN curves"),
        (["RUN", "RUN", "confusion"], "confusion is drawn of one run, not of 2; of several runs"),
        (["RUN", "samples", "--log"], "--log is for curves, not for samples"),
        (["RUN", "mistakes", "--seed", "1"], "--seed is for mistakes --by random"),
        (["RUN", "mistakes", "--class", "eight"], "no class 'eight'; classes: 0, 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    sources: dict[str, RunView], command: Command, arguments: list[str], message: str
) -> None:
    run = str(sources["images"].run.folder.path)
    finished = command("plot", *(run if word == "RUN" else word for word in arguments))
    assert finished.code == 2
    assert message in finished.stderr
