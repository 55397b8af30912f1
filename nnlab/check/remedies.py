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
STOP_EARLY = Remedy("train.early_stopping={patience: 5}", "epochs", -1)
HIDDEN_LAYERS = Remedy("a model with hidden layers", "layers", 1)
NONLINEAR = Remedy("model.activation=relu", "activation", 1)
LARGER_MODEL = Remedy("a larger model", "model", 1)
SMALLER_MODEL = Remedy("a smaller model", "model", -1)
FEWER_LAYERS = Remedy("fewer layers", "model", -1)
DROPOUT = Remedy("model.dropout", "dropout", 1)
WEIGHT_DECAY = Remedy("optimizer.weight_decay", "weight_decay", 1)
MORE_DATA = Remedy("more data")


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
            yield remedy


def _is_possible(remedy: Remedy, config: ExperimentConfig) -> bool:
    optimizer, model = config.optimizer, config.model
    lowest, highest = optimizer.usual_lr or (0.0, float("inf"))
    has_identity = model.hidden_activation == "identity"
    match remedy.setting, remedy.direction:
        case "lr", 1:
            return not optimizer.has_line_search and optimizer.lr < highest
        case "lr", -1:
            return not optimizer.has_line_search and optimizer.lr > lowest
        case "epochs", _:
            return not optimizer.has_line_search
        case "model", 1:
            return not model.is_linear and not has_identity
        case "model", _:
            return not model.is_linear
        case "layers", _:
            return model.is_linear
        case "activation", _:
            return not model.is_linear and has_identity
        case "dropout", _:
            return "dropout" in type(model).model_fields
        case "weight_decay", _:
            return "weight_decay" in type(optimizer).model_fields
        case _:
            return True


def _either(remedies: tuple[Remedy, ...]) -> str:
    *others, last = [remedy.text for remedy in remedies]
    return f"{', '.join(others)}, or {last}" if others else last
