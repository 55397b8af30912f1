from __future__ import annotations

import numpy as np
import pytest

from nnlab.data.columns.sentinels import sentinels


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([-999, 31, 45, -999, 62], {-999: 2}),
        ([0.2, 9999.0, 0.7, 9999.0, -0.4], {9999: 2}),
        ([1, 2, 3, 9, 9, 4], {9: 2}),
        ([-1, -1, 170, 182, 191], {-1: 2}),
        ([-99, -99, 5, 7, 999, 999], {-99: 2, 999: 2}),
        ([np.nan, -9999, 12, 13, -9999, np.nan], {-9999: 2}),
        ([-999, 31, 45, 62], {}),
        ([90, 95, 99, 99, 97], {}),
        ([-1, 0, 1, -1, 0], {}),
        ([1000, 1000, 1, 2, 3], {}),
        ([0, 99, 99, 0], {}),
        ([np.nan, np.nan], {}),
        ([1e300, 1e300, 1, 2], {}),
    ],
)
def test_repeated_nines_far_from_the_others_are_found(values, found):
    assert sentinels(np.array(values, float)) == found
