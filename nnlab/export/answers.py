"""A run as one module: from raw rows to answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nnlab.export.plain import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from nnlab.data.types import Preprocessing
    from nnlab.runs.load import StoredRun
    from nnlab.target_scale import TargetScale


class Answers(nn.Module):
    """Trained networks with their preprocessing, whose answers are averaged.

    Args:
        run: The run.
        models: Networks of some of its replicas, in evaluation mode.
        replicas: The numbers of these replicas.
        dtype: Type that the networks compute in.
    """

    def __init__(
        self,
        run: StoredRun,
        models: Sequence[nn.Module],
        replicas: Sequence[int],
        dtype: torch.dtype,
    ) -> None:
        super().__init__()
        fitted = [run.preprocessing.of(replica) for replica in replicas]
        self.models = nn.ModuleList(model.to(dtype) for model in models)
        # One for all replicas, or one for each.
        self.inputs = nn.ModuleList(
            _Inputs(one, dtype) for one in (fitted if run.preprocessing.is_varied else fitted[:1])
        )
        self.scales = [_numbers(one.target) for one in fitted]
        self.is_classification = run.spec.task == "classification"
        self.squashing = run.config.model.output_squashing

    def forward(self, rows: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Return the values ``(N,)`` of raw rows, or the probabilities ``(N, C)`` and classes ``(N,)``.

        Args:
            rows: ``(N, ...)`` uint8 pixels or float64 numbers; see ``plain.encode``.
        """
        inputs = [preprocess(rows) for preprocess in self.inputs]
        if len(inputs) < len(self.models):
            inputs *= len(self.models)
        each = [
            self._answers(model(own), scale)
            for model, own, scale in zip(self.models, inputs, self.scales, strict=True)
        ]
        answers = each[0] if len(each) == 1 else torch.stack(each).mean(0)
        return (answers, answers.argmax(-1)) if self.is_classification else answers

    def _answers(self, outputs: Tensor, scale: tuple[float, float] | None) -> Tensor:
        """Return the probabilities ``(N, C)`` or values ``(N,)`` that outputs ``(N, C)`` mean."""
        if self.is_classification:
            return _probabilities(outputs, self.squashing)
        values = outputs.squeeze(-1)
        return values if scale is None else values.double() * scale[1] + scale[0]


class _Inputs(nn.Module):
    """The preprocessing of a replica: computed in float64, and then rounded.

    Args:
        fitted: The preprocessing.
        dtype: Type of the inputs.
    """

    mean: Tensor | None
    std: Tensor | None

    def __init__(self, fitted: Preprocessing, dtype: torch.dtype) -> None:
        super().__init__()
        self.columns = [column.to_json() for column in fitted.columns]
        self.dtype = dtype
        self.register_buffer("mean", _tensor(fitted.mean))
        self.register_buffer("std", _tensor(fitted.std))

    def forward(self, rows: Tensor) -> Tensor:
        """Return raw rows ``(N, ...)`` as a network takes them."""
        is_pixels = rows.dtype == torch.uint8
        if self.mean is None and is_pixels:
            return rows.to(self.dtype) / 255
        inputs = encode(rows, self.columns) if self.columns else rows.double()
        if self.mean is not None and self.std is not None:
            inputs = ((inputs / 255 if is_pixels else inputs) - self.mean) / self.std
        return inputs.to(self.dtype)


def _probabilities(outputs: Tensor, squashing: str) -> Tensor:
    """Return the probabilities that outputs ``(N, C)`` mean, as ``predictor.probabilities_of`` does."""
    if squashing == "softmax":
        return outputs
    if squashing == "none":
        return outputs.softmax(-1)
    total = outputs.sum(-1, keepdim=True)
    return torch.where(total > 0, outputs / total, 1 / outputs.shape[-1])


def _tensor(array: np.ndarray | None) -> Tensor | None:
    return None if array is None else torch.from_numpy(array)


def _numbers(scale: TargetScale | None) -> tuple[float, float] | None:
    """Return the mean and the deviation of a replica's targets."""
    return None if scale is None else (scale.mean.item(), scale.std.item())
