"""Compute a comparison's numbers again from the stored predictions: numpy and scipy alone."""

import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy import stats

folder = Path(sys.argv[1])
comparison = json.loads((folder / "comparison.json").read_text())
hits = {}
for contender in comparison["contenders"]:
    parts = []
    for run, replicas in zip(contender["runs"], contender["replicas"], strict=True):
        stored = load_file(folder.parent / run / "predictions.safetensors")
        parts.append(stored["logits"][replicas].argmax(-1) == stored["targets"])
    hits[contender["name"]] = np.concatenate(parts).astype(float)
for pair in comparison["pairs"]:
    d = hits[pair["first"]] - hits[pair["second"]]
    (num_seeds, num_examples), s, e = d.shape, d.mean(1), d.mean(0)
    residual = ((d - s[:, None] - e + d.mean()) ** 2).sum() / ((num_seeds - 1) * (num_examples - 1))
    vs, ve, vc = s.var(ddof=1) / num_seeds, e.var(ddof=1) / num_examples, residual / d.size
    ve = max(ve - vc, 0)
    t = stats.t.ppf((1 + pair["level"]) / 2, [num_seeds - 1, num_examples - 1])
    reach = max((vs * t[0] + ve * t[1]) / max(vs + ve, 1e-300) ** 0.5, t[1] * vc**0.5)
    print(pair["first"], pair["second"], d.mean(), d.mean() - reach, d.mean() + reach)
