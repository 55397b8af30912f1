"""Remedies as settings of an experiment: each function returns overrides, or none where it is no help."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any

from nnlab.config.load import config_from_mapping
from nnlab.config.own_anchoring import mapping_of
from nnlab.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.config.experiment import ExperimentConfig

# Where a search for a learning rate starts; of plain descent the step summed over its momentum.
TYPICAL_LR = {"sgd": 0.1, "adam": 1e-3, "adamw": 1e-3, "rmsprop": 1e-3, "adagrad": 1e-2}
MIN_WIDTH = 32
# What larger and smaller models are, among the options of scikit-learn's.
LARGER = {
    "random_forest": ("min_samples_leaf", 0.25),
    "gradient_boosting": ("max_iter", 4),
    "knn": ("n_neighbors", 0.5),
    "svm": ("C", 10),
}
SMALLER = {
    "random_forest": ("min_samples_leaf", 5),
    "gradient_boosting": ("max_leaf_nodes", 0.25),
    "knn": ("n_neighbors", 3),
    "svm": ("C", 0.1),
}


def is_valid(config: ExperimentConfig, overrides: Sequence[str]) -> bool:
    """Return whether an experiment can take overrides."""
    with contextlib.suppress(ConfigError):
        config_from_mapping(mapping_of(config), overrides)
        return True
    return False


def effective_lr(config: ExperimentConfig) -> float:
    """Return the learning rate, of plain descent times the number of steps that momentum sums."""
    return config.optimizer.gradient_factor or config.optimizer.lr


def lr_factor(config: ExperimentConfig) -> float:
    """Return the learning rate relative to where a search for it starts; 1 if that is not known."""
    typical = TYPICAL_LR.get(config.optimizer.name)
    return effective_lr(config) / typical if typical else 1.0


def _lr(config: ExperimentConfig, factor: float) -> list[str]:
    return [f"optimizer.lr={float(f'{config.optimizer.lr * factor:.2g}'):g}"]


def _smaller_lr(config: ExperimentConfig) -> list[str]:
    if not _steps(config):
        return []
    factor = lr_factor(config)
    return _lr(config, 1 / factor if factor > 100 else 0.1)


def _larger_lr(config: ExperimentConfig) -> list[str]:
    _, highest = config.optimizer.usual_lr or (0.0, math.inf)
    if not _steps(config) or effective_lr(config) >= highest:
        return []
    factor = max(10.0, 1 / lr_factor(config))
    return _lr(config, min(factor, highest / effective_lr(config)))


def _steps(config: ExperimentConfig) -> bool:
    """Return whether an experiment is trained in steps."""
    return not config.optimizer.has_line_search and not config.model.is_estimator


def _shorter_warmup(config: ExperimentConfig) -> list[str]:
    return ["schedule.warmup_steps=0"] if config.schedule.warmup_steps else []


def _constant_lr(config: ExperimentConfig) -> list[str]:
    return [] if config.schedule.name == "constant" else ["schedule={name: constant}"]


def _no_clipping(config: ExperimentConfig) -> list[str]:
    return ["train.clip_norm=null"] if config.train.clip_norm else []


def _clip(config: ExperimentConfig) -> list[str]:
    return ["train.clip_norm=1"] if _steps(config) and config.train.clip_norm is None else []


def _all_batches(config: ExperimentConfig) -> list[str]:
    return ["train.limit_batches=null"] if config.train.limit_batches else []


def _longer(config: ExperimentConfig) -> list[str]:
    """Return what makes training longer: what ended it."""
    train = config.train
    if not _steps(config):
        return []
    settings = [f"train.epochs={5 * train.epochs if train.epochs < 10 else 3 * train.epochs}"]
    if train.early_stopping is not None:
        settings.append(
            f"train.early_stopping.patience={max(10, 4 * train.early_stopping.patience)}"
        )
    return settings + (["train.max_minutes=null"] if train.max_minutes is not None else [])


def _stop_early(config: ExperimentConfig) -> list[str]:
    train = config.train
    if not _steps(config) or not config.dataset.split.val:
        return []
    if train.early_stopping is None and train.select == "last":
        return ["train.early_stopping={patience: 10}", "train.select=best"]
    return ["train.select=best"] if train.select == "last" else []


def _dump(config: ExperimentConfig) -> dict[str, Any]:
    return config.model.model_dump(mode="json")


def _nonlinear(config: ExperimentConfig) -> list[str]:
    has_activation = not config.model.is_linear and bool(config.model.hidden_widths)
    is_linear = has_activation and config.model.hidden_activation == "identity"
    return ["model.activation=relu"] if is_linear else []


def _larger_model(config: ExperimentConfig) -> list[str]:
    if config.model.is_estimator:
        return _of_estimator(config, LARGER)
    if config.model.is_linear:
        return ["model={name: mlp, hidden_sizes: [64]}"]
    if not config.model.is_dense:
        return [f"model.channels={[2 * c for c in _dump(config)['channels']]}"]
    widths = config.model.hidden_widths
    if widths and config.model.hidden_activation == "identity":
        return []
    return [f"model.hidden_sizes={[max(MIN_WIDTH, 4 * width) for width in widths] or [64]}"]


def _smaller_model(config: ExperimentConfig) -> list[str]:
    if config.model.is_estimator:
        return _of_estimator(config, SMALLER)
    if config.model.is_linear:
        return []
    if not config.model.is_dense:
        return [f"model.channels={[max(1, c // 4) for c in _dump(config)['channels']]}"]
    smaller = [max(4, width // 4) for width in config.model.hidden_widths]
    is_smaller = sum(smaller) < sum(config.model.hidden_widths)
    return [f"model.hidden_sizes={smaller}"] if is_smaller else []


def _of_estimator(config: ExperimentConfig, options: dict[str, tuple[str, float]]) -> list[str]:
    if config.model.title not in options:
        return []
    name, factor = options[config.model.title]
    value = _dump(config)[name]
    changed = value and (max(1, round(value * factor)) if name != "C" else value * factor)
    return [f"model.{name}={changed:g}"] if changed and changed != value else []


def _fewer_layers(config: ExperimentConfig) -> list[str]:
    widths = config.model.hidden_widths
    return [f"model.hidden_sizes={list(widths[:2])}"] if len(widths) > 2 else []


def _dropout(config: ExperimentConfig) -> list[str]:
    is_number = config.dataset.task == "regression"
    has_units = not config.model.is_dense or bool(config.model.hidden_widths)
    if is_number or not has_units or "dropout" not in type(config.model).model_fields:
        return []
    return ["model.dropout=0.5"] if config.model.dropout_rate < 0.4 else []


def _less_dropout(config: ExperimentConfig) -> list[str]:
    return ["model.dropout=0"] if config.model.dropout_rate >= 0.3 else []


def _weight_decay(config: ExperimentConfig) -> list[str]:
    optimizer = config.optimizer
    if optimizer.decoupled is not None:  # not through the moments of Adam (NL303)
        is_possible = config.train.engine != "numpy"
        return ["optimizer.name=adamw", "optimizer.weight_decay=0.1"] if is_possible else []
    if "weight_decay" not in type(optimizer).model_fields:
        return []
    least = 0.1 if optimizer.name == "adamw" else 1e-3
    return [f"optimizer.weight_decay={max(least, 10 * optimizer.penalty):g}"]


def _less_decay(config: ExperimentConfig) -> list[str]:
    if "weight_decay" in type(config.optimizer).model_fields and config.optimizer.penalty:
        return ["optimizer.weight_decay=0"]
    return ["optimizer.C=null"] if config.optimizer.inverse_penalty is not None else []


def _set(setting: str) -> Callable[[ExperimentConfig], list[str]]:
    """Return a remedy that is one setting, where an experiment does not have it yet."""
    path, _, value = setting.partition("=")
    section, _, key = path.partition(".")

    def change(config: ExperimentConfig) -> list[str]:
        values = getattr(config, section).model_dump(mode="json")
        is_new = key in values and str(values[key]).lower() != value
        return [setting] if is_new else []

    return change


def _standardize(config: ExperimentConfig) -> list[str]:
    return [] if config.dataset.standardizes else ["dataset.standardize=true"]


def _standardize_target(config: ExperimentConfig) -> list[str]:
    is_number = config.dataset.task == "regression" and not config.model.is_estimator
    is_possible = is_number and not config.dataset.standardizes_target
    return ["dataset.standardize_target=true"] if is_possible else []


OVERRIDES: dict[str, Callable[[ExperimentConfig], list[str]]] = {
    "larger_lr": _larger_lr,
    "smaller_lr": _smaller_lr,
    "shorter_warmup": _shorter_warmup,
    "constant_lr": _constant_lr,
    "no_clipping": _no_clipping,
    "clip": _clip,
    "all_batches": _all_batches,
    "longer": _longer,
    "stop_early": _stop_early,
    "nonlinear": _nonlinear,
    "larger_model": _larger_model,
    "smaller_model": _smaller_model,
    "fewer_layers": _fewer_layers,
    "dropout": _dropout,
    "less_dropout": _less_dropout,
    "weight_decay": _weight_decay,
    "less_decay": _less_decay,
    "relu": _set("model.activation=relu"),
    "leaky": _set("model.activation=leaky_relu"),
    "kaiming": _set("model.init=kaiming"),
    "xavier": _set("model.init=xavier"),
    "standardize": _standardize,
    "standardize_target": _standardize_target,
    "weigh_classes": _set("loss.class_weight=balanced"),
    "smooth_labels": _set("loss.label_smoothing=0.1"),
    "less_smoothing": _set("loss.label_smoothing=0.0"),
    "no_squashing": _set("model.output_activation=none"),
}
