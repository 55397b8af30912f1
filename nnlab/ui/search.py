"""What is looked for in the list of results: words, and what a result has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

    from nnlab.api.browsing import Glance

MAX_WORDS = 20
FIELDS = ("tag", "model", "dataset", "status", "kind")


class Query(NamedTuple):
    """A query; a result must fit all of it.

    Attributes:
        words: Parts of the id, the name, the note, a tag, the model or the data set.
        fields: ``tag:x``, ``model:mlp``, ``dataset:spiral``, ``status:failed``, ``kind:sweep``.
        settings: ``key=value`` of the experiment; the key may be its last part alone.
    """

    words: list[str]
    fields: list[tuple[str, str]]
    settings: list[tuple[str, str]]

    @classmethod
    def of(cls, parameters: QueryParams) -> Self:
        """Return the query in the parameters ``query`` and ``tag`` of an address."""
        query = cls([], [], [])
        for word in parameters.get("query", "").lower().split()[:MAX_WORDS]:
            name, colon, value = word.partition(":")
            if colon and name in FIELDS:
                query.fields.append((name, value))
            elif "=" in word:
                key, _, value = word.partition("=")
                query.settings.append((key, value))
            else:
                query.words.append(word)
        if tag := parameters.get("tag"):
            query.fields.append(("tag", tag.lower()))
        return query

    def matches(self, row: Glance) -> bool:
        """Return whether a result fits."""
        text = _text(row)
        return (
            all(word in text for word in self.words)
            and all(_has(row, name, value) for name, value in self.fields)
            and all(_is_set(row, key, value) for key, value in self.settings)
        )


def _text(row: Glance) -> str:
    parts = (row["id"], row["name"], row["note"], row["model"], row["dataset"], *row["tags"])
    return "\n".join(part for part in parts if part).lower()


def _has(row: Glance, name: str, value: str) -> bool:
    if name == "tag":
        return value in [tag.lower() for tag in row["tags"]]
    found = {"model": row["model"], "dataset": row["dataset"], "status": row["status"]}
    return {**found, "kind": row["kind"]}[name] == value


def _is_set(row: Glance, key: str, value: str) -> bool:
    return any(
        found.lower() == value
        for name, found in row["settings"].items()
        if name.lower() == key or name.lower().endswith(f".{key}")
    )
