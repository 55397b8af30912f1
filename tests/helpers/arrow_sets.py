"""Data sets as Hugging Face saves them to disk."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

LABELS = ["dark", "bright"]


def png(brightness: int, side: int = 10) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (side, side), (brightness, brightness // 2, 0)).save(stream, "PNG")
    return stream.getvalue()


def image_table(count: int, *, first: int = 0) -> Any:
    """Return images that are dark or bright in turns, with their labels and the features' metadata."""
    import pyarrow as pa

    labels = (first + np.arange(count)) % 2
    images = [{"bytes": png(40 + 150 * int(n) + i), "path": None} for i, n in enumerate(labels)]
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    table = pa.table({"image": pa.array(images, kind), "label": pa.array(labels, pa.int64())})
    features = {"image": {"_type": "Image"}, "label": {"names": LABELS, "_type": "ClassLabel"}}
    return with_features(table, features)


def with_features(table: Any, features: dict) -> Any:
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return table.replace_schema_metadata(metadata)


def save(table: Any, folder: Path, shards: int = 2) -> Path:
    """Write a table as ``Dataset.save_to_disk`` does, and return the folder."""
    import pyarrow as pa

    folder.mkdir(parents=True)
    names = [f"data-{i:05}-of-{shards:05}.arrow" for i in range(shards)]
    size = -(-table.num_rows // shards)
    for number, name in enumerate(names):
        with (
            pa.OSFile(str(folder / name), "wb") as sink,
            pa.ipc.new_stream(sink, table.schema) as writer,
        ):
            writer.write_table(table.slice(number * size, size), max_chunksize=5)
    state = {"_data_files": [{"filename": name} for name in names], "_split": None}
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "dataset_info.json").write_text("{}")
    return folder


def save_dict(folder: Path, **tables: Any) -> Path:
    """Write tables as ``DatasetDict.save_to_disk`` does, and return the folder."""
    for name, table in tables.items():
        save(table, folder / name)
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": [*tables]}))
    return folder
