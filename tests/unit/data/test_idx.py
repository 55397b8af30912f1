from __future__ import annotations

import math
import random
import struct
import tracemalloc

import numpy as np
import pytest

from nnlab.data.idx import parse_idx
from nnlab.errors import DataError
from tests.helpers.idx_files import idx_bytes


def header(*shape: int, magic: bytes = b"\0\0", code: int = 8) -> bytes:
    return magic + bytes([code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)


def refusal(content: bytes) -> str:
    with pytest.raises(DataError) as caught:
        parse_idx(content, "images")
    return str(caught.value)


@pytest.mark.parametrize(
    "shape",
    [(), (5,), (2, 3), (2, 3, 4), (1, 2, 3, 4)],
    ids=["scalar", "vector", "matrix", "images", "four dimensions"],
)
def test_bytes_after_the_header_are_the_array_in_row_major_order(shape):
    values = bytes(range(math.prod(shape)))

    array = parse_idx(header(*shape) + values, "images")

    assert array.dtype == np.uint8
    assert array.shape == shape
    assert array.tobytes() == values


@pytest.mark.parametrize("dtype", [">u1", ">i1", ">i2", ">i4", ">f4", ">f8"])
def test_values_of_every_type_are_big_endian(dtype):
    values = np.array([[-1.5, 2, 100], [0, 7, 120]]).astype(dtype)

    array = parse_idx(idx_bytes(values), "images")

    assert array.dtype.newbyteorder("=") == values.dtype.newbyteorder("=")
    np.testing.assert_array_equal(array, values)


def test_sizes_are_big_endian():
    array = parse_idx(b"\0\0\x08\x02\x00\x00\x01\x02\x00\x00\x00\x01" + bytes(258), "images")

    assert array.shape == (258, 1)


def test_an_array_of_no_images_is_empty():
    assert parse_idx(header(0, 28, 28), "images").shape == (0, 28, 28)


def test_the_array_is_a_read_only_view():
    array = parse_idx(header(3) + b"abc", "images")

    assert not array.flags.writeable


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "images: not an IDX file (it starts with 0x)"),
        (b"\0\0\x08", "images: not an IDX file (it starts with 0x000008)"),
        (
            header(2, magic=b"\1\0") + b"ab",
            "images: not an IDX file (it starts with 0x01000801)",
        ),
        (
            header(2, magic=b"\0\1") + b"ab",
            "images: not an IDX file (it starts with 0x00010801)",
        ),
        (
            header(2, code=10) + b"ab",
            "images: not an IDX file (it starts with 0x00000a01)",
        ),
        (
            header(2, code=15) + bytes(8),
            "images: not an IDX file (it starts with 0x00000f01)",
        ),
        (header(2, code=13) + bytes(7), "images: expected 16 bytes for shape (2,), got 15"),
        (
            b"\x1f\x8b\x08\x00" + bytes(20),
            "images: not an IDX file (it starts with 0x1f8b0800)",
        ),
        (b"\0\0\x08\x03", "images: the header is truncated after 4 bytes"),
        (header(2, 28, 28)[:15], "images: the header is truncated after 15 bytes"),
        (b"\0\0\x08\xff" + bytes(1000), "images: the header is truncated after 1004 bytes"),
        (header(2, 3) + bytes(5), "images: expected 18 bytes for shape (2, 3), got 17"),
        (header(2, 3), "images: expected 18 bytes for shape (2, 3), got 12"),
        (header(2, 3) + bytes(7), "images: expected 18 bytes for shape (2, 3), got 19"),
        (header(0, 28, 28) + b"a", "images: expected 16 bytes for shape (0, 28, 28), got 17"),
        (
            header(60_000, 28, 28) + bytes(15),
            "images: expected 47,040,016 bytes for shape (60000, 28, 28), got 31",
        ),
    ],
    ids=[
        "empty",
        "three bytes",
        "first byte",
        "second byte",
        "unknown type",
        "type after the last",
        "half a float",
        "gzip",
        "no sizes",
        "cut in the sizes",
        "255 dimensions announced",
        "one byte too few",
        "no body",
        "one byte too many",
        "bytes after no images",
        "cut body",
    ],
)
def test_a_malformed_file_is_refused(content, message):
    assert refusal(content) == message


def test_a_header_of_two_billion_images_is_refused_without_memory_for_them():
    content = header(2**31, 28, 28)
    tracemalloc.start()

    message = refusal(content)

    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert message == (
        "images: expected 1,683,627,180,048 bytes for shape (2147483648, 28, 28), got 16"
    )
    assert peak_bytes < 1_000_000


@pytest.mark.parametrize(
    "content",
    [header(*[1] * 65) + b"a", header(*[1] * 255) + b"a", header(0, *[2**32 - 1] * 4)],
    ids=["65 dimensions", "255 dimensions", "no images of impossible size"],
)
def test_an_impossible_array_shape_is_refused(content):
    assert refusal(content).startswith("images: ")


def test_random_damage_to_a_header_is_refused_or_gives_the_array_it_describes():
    generator = random.Random(0)
    body = generator.randbytes(24)
    outcomes = {"refused": 0, "read": 0}

    for _ in range(4000):
        content = bytearray(header(2, 3, 4) + body)
        for _ in range(generator.randint(1, 3)):
            place = generator.choice([*range(16), 3, 7, 11, 15])
            content[place] = generator.choice([0, 1, 2, 3, 4, 6, 8, 12, generator.randrange(256)])
        damaged = bytes(content[: generator.choice([len(content), generator.randrange(40)])])
        try:
            array = parse_idx(damaged, "images")
        except DataError:
            outcomes["refused"] += 1
            continue
        num_dimensions = damaged[3]
        start = 4 + 4 * num_dimensions
        shape = tuple(
            int.from_bytes(damaged[place : place + 4], "big") for place in range(4, start, 4)
        )
        assert damaged[:2] == b"\0\0"
        assert array.shape == shape
        assert array.tobytes() == damaged[start:]
        outcomes["read"] += 1

    assert min(outcomes.values()) > 30, outcomes
