"""What looking at a test split many times costs."""

import numpy as np
import pytest

from nnlab.check.looks import Looks


@pytest.mark.parametrize("num_runs", [2, 5, 20])
def test_the_optimism_is_what_choosing_the_best_of_equal_runs_gains(num_runs: int) -> None:
    hits = np.random.default_rng(0).binomial(400, 0.8, size=(20_000, num_runs)) / 400
    gained = hits.max(1).mean() - 0.8
    assert Looks(num_runs, 400, 0.8).optimism == pytest.approx(gained, rel=0.05)


def test_regression_has_no_number_for_it() -> None:
    assert Looks(3, 100, None).optimism is None
    assert "looks somewhat better than it is" in str(Looks(3, 100, None))
