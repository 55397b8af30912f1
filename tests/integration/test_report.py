"""nnlab plot and nnlab report: the files a user opens."""

from __future__ import annotations

import base64
import csv
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from PIL import Image

import nnlab
from nnlab.api import pages as pages_module
from nnlab.api.pages import offer_of_run
from nnlab.errors import RunError
from nnlab.export.formats import FORMATS
from nnlab.report.animation import animate
from nnlab.report.page import render
from nnlab.report.plots import PLOTS
from nnlab.report.run_view import RunView
from nnlab.report.style import FAINT, INK, draw, save
from nnlab.runs.load import open_run
from nnlab.storage.folders import Folders
from nnlab.storage.schemas import survivors
from tests.helpers.command import Command

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
EXPERIMENTS = {
    "plane": ("e3_spiral_mlp", ["train.epochs=14"], {"boundary", "confusion", "activations"}),
    "line": ("b2_regression_published", ["train.epochs=200"], {"fit", "residuals", "histograms"}),
    "images": ("digits_mlp", ["train.epochs=2"], {"weights", "mistakes", "samples", "calibration"}),
    "cnn": ("digits_cnn", ["train.epochs=1"], {"weights", "mistakes", "activations"}),
    "no_test": ("d2_xor_logistic", ["train.epochs=3"], {"curves", "boundary"}),
    "mapped": ("d3_xor_features", [], {"curves", "boundary"}),
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunView]:
    folder = tmp_path_factory.mktemp("runs")
    return {
        kind: RunView.load(
            open_run(nnlab.train(name, overrides, seeds=2, runs_dir=folder)), Folders.choose()
        )
        for kind, (name, overrides, _) in EXPERIMENTS.items()
    }


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_kind_that_a_run_has_can_be_drawn(
    sources: dict[str, RunView], experiment: str, tmp_path: Path
) -> None:
    source = sources[experiment]
    available = {name for name, kind in PLOTS.items() if kind.missing(source) is None}
    assert EXPERIMENTS[experiment][2] <= available
    for name in available:
        figure = draw(lambda name=name: PLOTS[name].picture(source))
        save(figure, tmp_path / f"{name}.png")
        with Image.open(tmp_path / f"{name}.png") as image:
            assert len(image.convert("L").getcolors()) > 10, f"{name} is blank"


def test_regression_has_no_confusion_matrix_and_2d_points_no_images(
    sources: dict[str, RunView],
) -> None:
    assert PLOTS["confusion"].missing(sources["line"]) == "the task is regression"
    assert PLOTS["mistakes"].missing(sources["plane"]) == "its inputs are not images"
    assert PLOTS["confusion"].missing(sources["no_test"]) == "it has no test split"


def test_the_mistakes_are_the_most_confident_first(sources: dict[str, RunView]) -> None:
    source = sources["images"]
    figure = draw(lambda: PLOTS["mistakes"].picture(source))
    titles = [text.get_text() for text in figure.axes[0].texts]
    confidences = [int(re.search(r"(\d+) %", title).group(1)) for title in titles]
    assert confidences
    assert confidences == sorted(confidences, reverse=True)
    assert all(title.split()[0] != title.split()[-1] for title in titles)


def test_the_same_picture_is_the_same_bytes(sources: dict[str, RunView], tmp_path: Path) -> None:
    for suffix in ("svg", "png", "pdf"):
        for name in ("a", "b"):
            figure = draw(lambda: PLOTS["boundary"].picture(sources["plane"]))
            save(figure, tmp_path / f"{name}.{suffix}")
        first, second = (tmp_path / f"{name}.{suffix}" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()


@pytest.fixture(scope="module")
def pages(
    sources: dict[str, RunView], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., str]:
    """Return the page of experiments, which takes seconds to make."""
    folder = tmp_path_factory.mktemp("pages")

    @cache
    def page(*experiments: str) -> str:
        runs = [sources[experiment].run.folder for experiment in experiments]
        return nnlab.report(runs, folder / f"{'-'.join(experiments)}.html").read_text()

    return page


class Outline(HTMLParser):
    """What a page loads, and the texts of its marks."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.marked: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attributes:
            if name in {"src", "href", "xlink:href", "data", "action"} and value:
                self.addresses.append(value)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "mark":
            self.marked.append(data.strip())


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_a_page_needs_nothing_but_itself(pages: Callable[..., str], experiment: str) -> None:
    page = pages(experiment)
    assert page.count("<svg") >= 2 * len(EXPERIMENTS[experiment][2])
    assert INK not in page
    assert FAINT not in page
    outline = Outline()
    outline.feed(page)
    assert all(address.startswith(("#", "data:")) for address in outline.addresses)
    assert "url(http" not in page
    assert "@import" not in page
    assert outline.tags.count("h1") == 1


def test_the_answer_comes_first_and_overrides_are_marked(
    sources: dict[str, RunView], pages: Callable[..., str]
) -> None:
    source, page = sources["plane"], pages("plane")
    answer = f"{source.summary['test']['accuracy']:.2%}".replace("%", " %")
    assert page.index(answer) < page.index("<h2>")
    assert "95 % interval for new examples" in page
    assert "from 225 examples" in page
    assert "always &#39;c1&#39;, test" in page
    assert "expected calibration error, how far" in page
    outline = Outline()
    outline.feed(page)
    assert "lr: 0.01" in outline.marked
    assert not any(text.startswith("weight_decay") for text in outline.marked)


def test_several_runs_show_their_differences(pages: Callable[..., str]) -> None:
    page = pages("images", "cnn")
    assert "What differs" in page
    assert "Results on the test split" in page
    assert "<code>model.name</code>" in page
    assert "<code>dataset.name</code>" not in page


def test_a_run_without_records_has_a_page_without_curves(sources: dict[str, RunView]) -> None:
    emptied = replace(sources["no_test"], records=[])
    page = render([emptied])
    assert PLOTS["curves"].missing(emptied) == "metrics.jsonl holds no values of it"
    assert "Learning curves" not in page
    assert "Decision regions" in page
    assert "Learning curves" in render([emptied, sources["no_test"]])


def test_names_from_a_run_cannot_become_html(sources: dict[str, RunView]) -> None:
    source = sources["plane"]
    evil = "<script>alert(1)</script>$x^2$&"
    preprocessing = source.job.dataset.preprocessing
    names = (evil, *preprocessing.class_names[1:])
    changed = {"class_names": names, "feature_names": (evil, evil)}
    summary = json.loads(
        json.dumps(source.summary).replace(f'"{preprocessing.class_names[0]}"', json.dumps(evil))
    )
    page = render([_with(source, changed, summary)])
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def _with(source: RunView, preprocessing: dict[str, object], summary: dict) -> RunView:
    dataset = source.job.dataset
    changed = replace(dataset.preprocessing, **preprocessing)
    job = replace(source.job, dataset=replace(dataset, preprocessing=changed))
    return replace(source, job=job, summary=summary)


def test_frames_of_training_are_kept_and_survive_an_interruption(
    sources: dict[str, RunView],
) -> None:
    epochs = sorted(sources["plane"].run.snapshot.frames)
    assert epochs == [1, 2, 3, 4, 5, 7, 9, 12, 14]


def test_frames_are_of_every_seed_and_end_in_its_weights(sources: dict[str, RunView]) -> None:
    for kind in ("plane", "line"):
        snapshot = sources[kind].run.snapshot
        last = snapshot.frames[max(snapshot.frames)]
        assert last.keys() == snapshot.weights.keys()
        for name, tensor in snapshot.weights.items():
            assert len(tensor) == 2
            assert torch.equal(last[name], tensor)


def test_the_page_of_an_older_run_replays_its_only_kept_seed(sources: dict[str, RunView]) -> None:
    source = sources["plane"]
    snapshot = source.run.snapshot
    frames = {e: {n: t[:1] for n, t in frame.items()} for e, frame in snapshot.frames.items()}
    older = replace(source.run)
    older.__dict__["snapshot"] = replace(snapshot, frames=frames)
    assert animate(replace(source, run=older)) == animate(source)


def test_frames_that_do_not_fit_the_model_are_refused(sources: dict[str, RunView]) -> None:
    source = sources["plane"]
    older = replace(source.run)
    older.__dict__["snapshot"] = replace(source.run.snapshot, frames={1: {"x": torch.ones(1)}})
    with pytest.raises(RunError, match=r"the weights of run .* do not fit its model"):
        animate(replace(source, run=older))


def test_ten_runs_make_a_page_below_three_megabytes(sources: dict[str, RunView]) -> None:
    assert len(render([sources["plane"]] * 2).encode()) < 2 * 300_000


class Links(HTMLParser):
    """The files inside a page, by name, and the commands that can be copied."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.files: dict[str, str] = {}
        self.commands = re.findall(r"<code>(nnlab export .*?)</code>", page)
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "a":
            content = base64.b64decode(found["href"].partition(";base64,")[2])
            self.files[found["download"]] = content.decode()


def test_a_page_holds_the_tables_that_export_writes(
    sources: dict[str, RunView],
    pages: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    run, links = sources["plane"].run, Links(pages("plane"))
    for to, name in (("csv", "e3_spiral_mlp.csv"), ("latex", "e3_spiral_mlp.tex")):
        assert nnlab.export(run.folder, to).path == Path(name)
        assert links.files[name] == Path(name).read_text()
    epochs = list(csv.DictReader(links.files[f"{run.id}-epochs.csv"].splitlines()))
    assert [(row["epoch"], row["seed"]) for row in epochs[:3]] == [
        ("1", "0"),
        ("1", "1"),
        ("2", "0"),
    ]
    assert len(epochs) == 2 * 14
    assert float(epochs[-1]["val_accuracy"]) == run.folder.metrics[-1]["val"]["accuracy"]
    assert float(epochs[-1]["train_loss"]) == run.folder.metrics[-1]["train"]["loss"]
    seeds = list(csv.DictReader(links.files[f"{run.id}-seeds.csv"].splitlines()))
    assert [float(row["test_loss"]) for row in seeds] == [
        seed["test"]["loss"] for seed in survivors(run.summary)
    ]
    assert f"nnlab export {run.id} --to onnx" in links.commands
    assert {command.split()[-1] for command in links.commands} | {"csv", "latex"} == {*FORMATS}


def test_a_page_of_several_runs_holds_their_common_table(
    sources: dict[str, RunView], pages: Callable[..., str]
) -> None:
    runs = [sources[kind].run.folder for kind in ("images", "cnn")]
    links = Links(pages("images", "cnn"))
    assert len(links.files) == 2 + 2 * 2
    assert len(list(csv.DictReader(links.files["runs.csv"].splitlines()))) == 2
    ids = " ".join(run.id for run in runs)
    assert f"nnlab export {ids} --to parquet" in links.commands


def test_the_page_of_a_comparison_holds_its_table(tmp_path: Path) -> None:
    comparison = nnlab.compare(["xor_mlp", "xor_logistic"], seeds=2, runs_dir=tmp_path)
    page = nnlab.report(comparison.id, tmp_path / "page.html", runs_dir=tmp_path).read_text()
    links = Links(page)
    rows = list(csv.DictReader(links.files[f"{comparison.id}.csv"].splitlines()))
    assert [row["contender"] for row in rows] == [row.name for row in comparison.rows]
    assert links.files[f"{comparison.id}.tex"].count(r"\\") == 3
    assert links.commands == [f"nnlab export {comparison.id} --to parquet"]


def test_a_large_table_is_left_out_with_its_size(
    sources: dict[str, RunView], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages_module, "MAX_BYTES", 2_000)
    offer = offer_of_run(sources["plane"].run)
    assert [file.name.rpartition("-")[2] for file in offer.files] == ["seeds.csv"]
    assert re.match(r"metrics after each epoch \(CSV\), [\d,]+ bytes, would", offer.left_out[0])


def test_an_estimator_has_no_network_to_take_away(tmp_path: Path) -> None:
    model = {"name": "sklearn", "estimator": "knn"}
    run = nnlab.train({"dataset": {"name": "xor"}, "model": model}, runs_dir=tmp_path)
    offer = offer_of_run(open_run(run))
    assert [command.text.split()[-1] for command in offer.commands] == ["tensorboard", "mlflow"]


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")
def test_a_browser_saves_a_file_of_a_page(
    sources: dict[str, RunView], pages: Callable[..., str], tmp_path: Path
) -> None:
    run, page = sources["plane"].run, pages("plane")
    nonce = re.search(r"nonce-([\w-]+)", page).group(1)
    click = "addEventListener('load', () => document.querySelector('a[download]').click())"
    path = tmp_path / "clicked.html"
    path.write_text(page.replace("<head>", f'<head><script nonce="{nonce}">{click}</script>'))
    settings = {"download": {"default_directory": str(tmp_path / "saved")}}
    profile = tmp_path / "profile" / "Default"
    profile.mkdir(parents=True)
    (profile / "Preferences").write_text(json.dumps(settings))
    _browse(path, 1280, profile.parent)
    saved = tmp_path / "saved" / f"{run.id}-epochs.csv"
    assert saved.read_text() == Links(page).files[saved.name]


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")
def test_the_player_plays_in_a_browser(pages: Callable[..., str], tmp_path: Path) -> None:
    page = pages("plane")
    nonce = re.search(r"nonce-([\w-]+)", page).group(1)
    probe = f"""<script nonce="{nonce}">
      const errors = [];
      addEventListener("securitypolicyviolation", (event) => errors.push(event.violatedDirective));
      addEventListener("error", (event) => errors.push(event.message));
      addEventListener("load", () => {{
        const [slider, image] = [document.querySelector("input"), document.querySelector(".stage img")];
        const last = image.src;
        slider.value = 0;
        slider.dispatchEvent(new Event("input"));
        const first = document.querySelector("output").textContent;
        document.querySelector("button").click();
        setTimeout(() => {{
          const after = document.querySelector("output").textContent;
          document.title = JSON.stringify({{
            first, after, changed: image.src !== last, shown: image.naturalWidth, errors,
            overflow: document.documentElement.scrollWidth > innerWidth,
          }});
        }}, 700);
      }});
    </script>"""
    path = tmp_path / "page.html"
    path.write_text(page.replace("<head>", "<head>" + probe), encoding="utf-8")
    for width in (1280, 400):
        dom = _browse(path, width, tmp_path / f"profile-{width}")
        title = re.search(r"<title>(.*?)</title>", dom, re.DOTALL).group(1)
        answer = json.loads(title)
        assert answer["first"] == "1"
        assert int(answer["after"]) > 1
        assert answer["changed"]
        assert answer["shown"] > 0
        assert answer["errors"] == []
        assert not answer["overflow"]


def _browse(path: Path, width: int, profile: Path) -> str:
    """Return the page's content after two seconds of its life."""
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
        "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", f"--user-data-dir={profile}", f"--window-size={width},900",
        "--virtual-time-budget=2000", "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=True).stdout


def test_the_commands_print_the_file_they_wrote(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = nnlab.train("xor_mlp", ["train.epochs=3"], runs_dir=tmp_path)
    plotted = command("plot", str(run.path), "boundary", "-o", "x.svg")
    assert (plotted.code, plotted.stdout) == (0, "x.svg\n"), plotted.stderr
    assert (tmp_path / "x.svg").read_text().startswith("<?xml")
    reported = command("report", str(run.path))
    assert reported.stdout.strip() == str(run.path / "report.html")
    assert (run.path / "report.html").stat().st_size > 10_000
    live = command("report", str(run.path), "--interactive", "-o", "live.html")
    assert (live.code, live.stdout) == (0, "live.html\n"), live.stderr
    assert 'id="content"' in (tmp_path / "live.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("boundry",), "did you mean 'boundary'?"),
        (("mistakes",), "its inputs are not images; it has curves"),
        (("curves", "-o", "x.jpg"), ".svg, .png or .pdf"),
    ],
)
def test_a_picture_that_cannot_be_is_refused(
    tmp_path: Path,
    arguments: tuple[str, ...],
    message: str,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    run = nnlab.train("xor_mlp", ["train.epochs=1"], runs_dir=tmp_path)
    process = command("plot", str(run.path), *arguments)
    assert process.code == 2
    assert message in process.stderr
    assert "Traceback" not in process.stderr
