"""Picture files that are damaged, or not what they say."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from nnlab.data.pictures.image_file import read_grey
from nnlab.errors import DataError


def written(levels, form, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(levels).save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("size", [(7000, 6000), (100_000, 1700), (30_000, 30_000)])
def test_a_small_file_that_claims_a_huge_picture_is_refused(size):
    content = bytearray(written(np.zeros((9, 9), np.uint8), "BMP"))
    content[18:26] = struct.pack("<ii", *size)

    with pytest.raises(DataError) as caught:
        read_grey(io.BytesIO(bytes(content)), "p.bmp", ())

    assert f"it has {size[0]:,} x {size[1]:,} pixels, and 40,000,000 are read at most" in str(
        caught.value
    )


def test_a_gif_whose_extension_ends_early_is_refused():
    content = (
        b"GIF87a\t\x00\x0c\x00\x81\x00\x00\xc8\xc8\xc8\x00\x00\x00\x00\x00\x00\x00\x00\x00,\x00\x00\x00"
        b"\x00,\x00\x00\x00\x00\t\x00\x0c\x00\x00\x08\x1e\x00\x03\x08\x1cH\xb0\xa0\xc1\x83\x03\x01\x008"
        b"\xa8\x90\xe1B\x83\r >,\x18\x11"
    )
    with pytest.raises(DataError, match=r"p\.gif cannot be read as an image: it is damaged"):
        read_grey(io.BytesIO(content), "p.gif", ())


@pytest.mark.parametrize("high", [200, 1000, 4095.9, 65_535, 3e38])
@pytest.mark.parametrize("low", [0, -1e-3, -77, -1e5])
def test_levels_of_floats_are_at_most_white(low, high):
    levels = np.linspace(low, high, 12, dtype=np.float32).reshape(3, 4)

    grey, _ = read_grey(io.BytesIO(written(levels, "TIFF")), "p.tif", ())

    assert 0 <= grey.min() <= grey.max() <= 255
