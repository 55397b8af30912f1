"""From the findings about a run to its diagnosis: one cause first, and advice that agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnlab.check.overrides import OVERRIDES, is_valid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nnlab.config.experiment import ExperimentConfig

MAX_SUGGESTIONS = 2
FITTING = ("underfitting", "still improving")
MEMORY = ("chance", "overfitting")
TABLE = ("outliers", "mixed units", "stand-ins for missing values")
SPLIT = ("extrapolation", "distribution shift")
SLOW, SOFTMAX = "learning rate too small", "softmax before cross-entropy"
INSIDE = ("dead units", "saturated units", "vanishing gradients", "exploding gradients")
# What each finding explains: with the cause present, these are its consequences.
EXPLAINS = {
    "learning rate too large": {
        *("target scale", "feature scale", "class imbalance", "label noise", *TABLE, *SPLIT),
        *(*FITTING, *MEMORY, *INSIDE),
    },
    **{
        name: {*FITTING, *MEMORY, *INSIDE, *SPLIT, "target scale", "label noise", SLOW}
        for name in TABLE
    },
    **{name: {*MEMORY, "label noise", *SPLIT} for name in SPLIT},
    "target scale": {*FITTING, *MEMORY, *INSIDE, SLOW},
    "feature scale": {*FITTING, *MEMORY, *INSIDE, "class imbalance", SLOW},
    SOFTMAX: {*FITTING, *MEMORY, *INSIDE, "class imbalance", SLOW},
    "exploding gradients": {*FITTING, *MEMORY, *INSIDE, SLOW},
    "dead units": {*FITTING, *MEMORY, *INSIDE, "class imbalance", SLOW},
    "saturated units": {*FITTING, *MEMORY, *INSIDE, "class imbalance", SLOW},
    "vanishing gradients": {*FITTING, *MEMORY, "class imbalance", SLOW},
    SLOW: {*FITTING, *MEMORY, "class imbalance", *SPLIT},
    "still improving": {"underfitting", "chance", "class imbalance"},
    "class imbalance": {*FITTING, "chance"},
    "label noise": {*FITTING, "chance"},
    "chance": {*FITTING},
    "overfitting": {*FITTING},
}


class Remedy(NamedTuple):
    """One thing to try.

    Attributes:
        text: What to do, in words.
        setting: The setting it changes, or empty.
        direction: +1 for more of it, -1 for less.
        change: Name of the function in ``overrides`` that says how, or empty.
    """

    text: str
    setting: str = ""
    direction: int = 0
    change: str = ""

    def contradicts(self, other: Remedy) -> bool:
        """Return whether one asks for more of a setting and the other for less."""
        return self.setting == other.setting and self.direction * other.direction < 0


LARGER_LR = Remedy("a larger optimizer.lr", "lr", 1, "larger_lr")
SMALLER_LR = Remedy("a smaller optimizer.lr", "lr", -1, "smaller_lr")
SHORTER_WARMUP = Remedy("fewer schedule.warmup_steps", "lr", 1, "shorter_warmup")
CONSTANT_LR = Remedy("schedule={name: constant}", "lr", 1, "constant_lr")
LARGER_CLIP = Remedy("a larger train.clip_norm", "clip", 1, "no_clipping")
ALL_BATCHES = Remedy("no train.limit_batches", "epochs", 1, "all_batches")
LONGER = Remedy("longer training", "epochs", 1, "longer")
STOP_EARLY = Remedy("early stopping", "epochs", -1, "stop_early")
NONLINEAR = Remedy("model.activation=relu", "activation", 1, "nonlinear")
LARGER_MODEL = Remedy("a larger model", "model", 1, "larger_model")
SMALLER_MODEL = Remedy("a smaller model", "model", -1, "smaller_model")
FEWER_LAYERS = Remedy("fewer layers", "model", -1, "fewer_layers")
DROPOUT = Remedy("model.dropout", "dropout", 1, "dropout")
LESS_DROPOUT = Remedy("less model.dropout", "dropout", -1, "less_dropout")
WEIGHT_DECAY = Remedy("optimizer.weight_decay", "weight_decay", 1, "weight_decay")
LESS_SMOOTHING = Remedy("less loss.label_smoothing", "labels", -1, "less_smoothing")
NO_SQUASHING = Remedy("model.output_activation=none", "outputs", -1, "no_squashing")
LESS_DECAY = Remedy("less optimizer.weight_decay", "weight_decay", -1, "less_decay")
CLIP = Remedy("train.clip_norm=1", "clip", -1, "clip")
RELU = Remedy("model.activation=relu", "activation", 1, "relu")
LEAKY = Remedy("model.activation=leaky_relu", "activation", 1, "leaky")
KAIMING = Remedy("model.init=kaiming", "init", 1, "kaiming")
XAVIER = Remedy("model.init=xavier", "init", 1, "xavier")
SCALE_FEATURES = Remedy("dataset.standardize=true", "features", 1, "standardize")
SCALE_TARGET = Remedy("dataset.standardize_target=true", "target", 1, "standardize_target")
WEIGH_CLASSES = Remedy("loss.class_weight=balanced", "classes", 1, "weigh_classes")
SMOOTH_LABELS = Remedy("loss.label_smoothing=0.1", "labels", 1, "smooth_labels")
CHECK_LABELS = Remedy("checking the labels")
CHECK_ROWS = Remedy("checking these rows of the table")
SAME_SOURCE = Remedy("training examples from where the validation examples come from")
RANDOM_SPLIT = Remedy(
    "dataset.split.order=random; model size and weight decay do not help", "order", 1
)
MORE_DATA = Remedy("more data")
OTHER_FEATURES = Remedy("other features")


class Suggestion(NamedTuple):
    """One thing to try, in words and as settings.

    Attributes:
        text: What to do; the settings, if there are any.
        overrides: ``key.path=value`` settings of the experiment; empty if it is not one of these.
    """

    text: str
    overrides: tuple[str, ...] = ()


class Finding(NamedTuple):
    """One problem of a run, with everything that could help against it.

    Attributes:
        name: Its name.
        message: What was measured.
        remedies: What could help, best first.
        evidence: What else speaks for it.
        against: What speaks against it.
        judged_by: Metric that shows whether a remedy helps; empty: that of comparisons.
    """

    name: str
    message: str
    remedies: tuple[Remedy, ...]
    evidence: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    judged_by: str = ""


class Diagnosis(NamedTuple):
    """One problem of a run.

    Attributes:
        name: Its name.
        message: What was measured.
        advice: What to try, in words; empty if a problem before it comes first.
        evidence: What else speaks for it.
        against: What speaks against it.
        suggestions: What to try, as settings.
        judged_by: See ``Finding``.
    """

    name: str
    message: str
    advice: str
    evidence: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    judged_by: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the entry of ``nnlab check --json``."""
        suggested = [suggestion._asdict() for suggestion in self.suggestions]
        fields = {**self._asdict(), "suggestions": suggested}
        del fields["judged_by"]
        return fields


def settle(findings: Iterable[Finding], config: ExperimentConfig) -> list[Diagnosis]:
    """Return the findings that no other explains, the root cause first, with at most two suggestions.

    Args:
        findings: In any order; a cause counts before what it explains.
        config: The experiment; a remedy that it cannot take is left out.
    """
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda finding: _rank(finding.name)):
        explained = {name for cause in kept for name in (cause.name, *EXPLAINS.get(cause.name, ()))}
        if finding.name not in explained:
            kept.append(finding)
    diagnoses, agreed = [], list[Remedy]()
    for finding in kept:
        fitting = list(_fitting(finding.remedies, agreed, config))
        fitting = fitting[: MAX_SUGGESTIONS - len(agreed)]
        agreed += [remedy for remedy, _ in fitting]
        suggestions = tuple(suggestion for _, suggestion in fitting)
        diagnoses.append(
            Diagnosis(
                finding.name,
                finding.message,
                " or ".join(suggestion.text for suggestion in suggestions),
                finding.evidence,
                finding.against,
                suggestions,
                finding.judged_by,
            )
        )
    return diagnoses


def _rank(name: str) -> int:
    names = list(EXPLAINS)
    return names.index(name) if name in names else len(names)


def _fitting(
    remedies: Iterable[Remedy], agreed: Sequence[Remedy], config: ExperimentConfig
) -> Iterator[tuple[Remedy, Suggestion]]:
    """Yield the remedies that an experiment can take and that contradict none before them."""
    for remedy in remedies:
        if any(remedy.contradicts(other) or remedy == other for other in agreed):
            continue
        if not remedy.change:
            yield remedy, Suggestion(remedy.text)
            continue
        overrides = OVERRIDES[remedy.change](config)
        if overrides and is_valid(config, overrides):
            yield remedy, Suggestion(" ".join(overrides), tuple(overrides))
