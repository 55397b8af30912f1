"""From the findings about a run to its diagnosis: root causes first, advice that agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nnlab.config.experiment import ExperimentConfig

# What each finding explains: with the cause present, these are its consequences.
EXPLAINS = {
    "learning rate too large": {
        *("extrapolation", "target scale", "chance", "overfitting", "gap", "dead units"),
        *("saturated units", "vanishing gradients", "exploding gradients"),
        *("underfitting", "still improving"),
    },
    "learning rate too small": {
        *("extrapolation", "target scale", "chance", "overfitting", "gap", "vanishing gradients"),
        *("underfitting", "still improving"),
    },
    "extrapolation": {"chance", "overfitting", "gap"},
    "target scale": {
        *("overfitting", "gap", "exploding gradients", "underfitting", "still improving"),
    },
    "chance": {"underfitting"},
    "overfitting": {"underfitting", "still improving"},
    "gap": {"underfitting"},
    "dead units": {"underfitting"},
    "saturated units": {"underfitting"},
    "vanishing gradients": {"underfitting"},
    "exploding gradients": {"underfitting"},
}


class Remedy(NamedTuple):
    """One thing to try.

    Attributes:
        text: What to do.
        setting: The setting it changes, or empty.
        direction: +1 for more of it, -1 for less.
    """

    text: str
    setting: str = ""
    direction: int = 0

    def contradicts(self, other: Remedy) -> bool:
        """Return whether one asks for more of a setting and the other for less."""
        return self.setting == other.setting and self.direction * other.direction < 0


LARGER_LR = Remedy("a larger optimizer.lr", "lr", 1)
SMALLER_LR = Remedy("a smaller optimizer.lr", "lr", -1)
MORE_EPOCHS = Remedy("more train.epochs", "epochs", 1)
MORE_PATIENCE = Remedy("a larger train.early_stopping.patience", "epochs", 1)
MORE_MINUTES = Remedy("a larger train.max_minutes", "epochs", 1)
STOP_EARLY = Remedy("train.early_stopping={patience: 5}", "epochs", -1)
SELECT_BEST = Remedy("train.select=best", "epochs", -1)
HIDDEN_LAYERS = Remedy("a model with hidden layers", "layers", 1)
NONLINEAR = Remedy("model.activation=relu", "activation", 1)
LARGER_MODEL = Remedy("a larger model", "model", 1)
SMALLER_MODEL = Remedy("a smaller model", "model", -1)
FEWER_LAYERS = Remedy("fewer layers", "model", -1)
DROPOUT = Remedy("model.dropout", "dropout", 1)
WEIGHT_DECAY = Remedy("optimizer.weight_decay", "weight_decay", 1)
ADAMW = Remedy("optimizer={name: adamw}", "decoupled", 1)
MORE_DATA = Remedy("more data")
OTHER_FEATURES = Remedy("other features", "features")
# What a larger or smaller model is, in the words of scikit-learn.
ESTIMATOR_SIZES = {
    "random_forest": ("a smaller model.min_samples_leaf", "a larger model.min_samples_leaf"),
    "gradient_boosting": ("a larger model.max_iter", "a smaller model.max_leaf_nodes"),
    "knn": ("a smaller model.n_neighbors", "a larger model.n_neighbors"),
    "svm": ("a larger model.C", "a smaller model.C"),
}


class Finding(NamedTuple):
    """One problem of a run, with everything that could help against it."""

    name: str
    message: str
    remedies: tuple[Remedy, ...]


class Diagnosis(NamedTuple):
    """One problem of a run.

    Attributes:
        name: Its name.
        message: What was measured.
        advice: What to try.
    """

    name: str
    message: str
    advice: str


def settle(findings: Iterable[Finding], config: ExperimentConfig) -> list[Diagnosis]:
    """Return the findings that no other explains, without advice that does not fit.

    Args:
        findings: In any order; a cause counts before what it explains.
        config: The experiment; a remedy that it cannot take is left out.
    """
    found = sorted(findings, key=lambda finding: _rank(finding.name))
    kept: list[Finding] = []
    for finding in found:
        if not any(finding.name in EXPLAINS.get(cause.name, ()) for cause in kept):
            agreed = [remedy for other in kept for remedy in other.remedies]
            remedies = tuple(_fitting(finding.remedies, agreed, config))
            if remedies:
                kept.append(finding._replace(remedies=remedies))
    return [Diagnosis(name, message, _either(remedies)) for name, message, remedies in kept]


def _rank(name: str) -> int:
    names = list(EXPLAINS)
    return names.index(name) if name in names else len(names)


def _fitting(
    remedies: Iterable[Remedy], agreed: list[Remedy], config: ExperimentConfig
) -> Iterator[Remedy]:
    for remedy in remedies:
        is_contradicted = any(remedy.contradicts(other) for other in agreed)
        if not is_contradicted and _is_possible(remedy, config):
            yield _worded(remedy, config)


def _worded(remedy: Remedy, config: ExperimentConfig) -> Remedy:
    """Return a remedy in the words of an estimator's own options."""
    if remedy.setting != "model" or not config.model.is_estimator:
        return remedy
    larger, smaller = ESTIMATOR_SIZES[config.model.title]
    return remedy._replace(text=larger if remedy.direction > 0 else smaller)


def _is_possible(remedy: Remedy, config: ExperimentConfig) -> bool:
    """Return whether an experiment can take a remedy."""
    model = config.model
    if model.is_estimator:
        return _suits_estimator(remedy, config)
    has_identity = model.hidden_activation == "identity"
    match remedy.setting, remedy.direction:
        case "model", 1:
            return not model.is_linear and not has_identity
        case "model", _:
            return not model.is_linear
        case "layers", _:
            return model.is_linear
        case "activation", _:
            return not model.is_linear and has_identity
        case "dropout", _:
            return _can_drop(config)
        case "features", _:
            return False  # a network can change before its inputs do
        case _:
            return _can_be_steered(remedy, config)


def _can_be_steered(remedy: Remedy, config: ExperimentConfig) -> bool:
    """Return whether the optimizer can take a remedy; every other one can be taken."""
    optimizer = config.optimizer
    lowest, highest = optimizer.usual_lr or (0.0, float("inf"))
    match remedy.setting, remedy.direction:
        case "lr", 1:
            return not optimizer.has_line_search and optimizer.lr < highest
        case "lr", -1:
            return not optimizer.has_line_search and optimizer.lr > lowest
        case "epochs", _:
            return not optimizer.has_line_search
        case "weight_decay", _:  # not through the moments of Adam (NL303)
            return "weight_decay" in type(optimizer).model_fields and optimizer.decoupled is None
        case "decoupled", _:
            return optimizer.decoupled is not None and config.train.engine != "numpy"
        case _:
            return True


def _can_drop(config: ExperimentConfig) -> bool:
    """Return whether dropout helps: there are hidden units, and no number is predicted (NL207)."""
    model = config.model
    has_units = not model.is_dense or bool(model.hidden_widths)
    is_number = config.dataset.task == "regression"
    return "dropout" in type(model).model_fields and has_units and not is_number


def _suits_estimator(remedy: Remedy, config: ExperimentConfig) -> bool:
    """Return whether an estimator of scikit-learn can take a remedy: it has no epochs and no steps."""
    model = config.model
    if remedy.setting != "model":
        return remedy.setting in {"", "order", "features"}
    is_largest = (model.title, getattr(model, "min_samples_leaf", 0)) == ("random_forest", 1)
    is_largest |= getattr(model, "n_neighbors", 0) == 1
    return model.title in ESTIMATOR_SIZES and not (is_largest and remedy.direction > 0)


def _either(remedies: tuple[Remedy, ...]) -> str:
    *others, last = [remedy.text for remedy in remedies]
    return f"{', '.join(others)}, or {last}" if others else last
