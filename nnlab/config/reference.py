"""What the keys of an experiment file mean, for ``nnlab help`` and the generated reference."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from nnlab.config.experiment import ExperimentConfig

Schema = dict[str, Any]

# A larger maximum only catches typing errors.
LARGEST_MAXIMUM = 1e9
KINDS = {"null": "none", "object": "mapping", "array": "list"}
LIMITS = {
    "minimum": ">=",
    "exclusiveMinimum": ">",
    "maximum": "<=",
    "exclusiveMaximum": "<",
}


class Key(NamedTuple):
    """A key of a section.

    Attributes:
        component: Name of the component that has it; empty for a section without choices.
        value: Its schema.
        is_required: Whether a file must give it.
    """

    component: str
    value: Schema
    is_required: bool

    @property
    def text(self) -> tuple[str, str, str]:
        """Its kind of value, its default and its meaning."""
        return kind_of(self.value), default_of(self.value, self.is_required), meaning(self.value)


class Section(NamedTuple):
    """A mapping of keys, such as ``train``, or a component, such as ``adam``.

    Attributes:
        component: Name of the component, or of its estimator; empty for a section without choices.
        definition: Its schema.
    """

    component: str
    definition: Schema

    @property
    def name(self) -> str:
        """Name of the component, which several estimators share; empty without choices."""
        return str(self.definition["properties"].get("name", {}).get("const", ""))

    def entries(self) -> dict[str, Key]:
        """Return the keys by name, ``name`` first."""
        required = self.definition.get("required", [])
        items = sorted(self.definition["properties"].items(), key=lambda item: item[0] != "name")
        return {key: Key(self.component, value, key in required) for key, value in items}


class Found(NamedTuple):
    """What a dotted path leads to: keys of the same name, and the sections below them."""

    keys: list[Key]
    sections: list[Section]


class Reference:
    """The keys of an experiment file by their dotted paths, such as ``optimizer.adam.betas``."""

    def __init__(self) -> None:
        self.schema: Schema = ExperimentConfig.model_json_schema()

    def find(self, path: str) -> Found | None:
        """Return what a path leads to, or None; an empty path leads to the whole file."""
        found = Found([], [Section("", self.schema)])
        for word in filter(None, path.split(".")):
            if chosen := [s for s in found.sections if word in (s.component, s.name) and word]:
                found = Found([], chosen)
                continue
            keys = [
                section.entries()[word] for section in found.sections if word in section.entries()
            ]
            if not keys:
                return None
            found = Found(keys, list(self._below(keys)))
        return found

    def paths(self) -> Iterator[str]:
        """Yield the dotted path of every key and every component."""
        pending = [("", Section("", self.schema))]
        for prefix, section in pending:
            for name, key in section.entries().items():
                yield f"{prefix}{name}"
                for below in self._below([key]):
                    if below.component and not prefix:
                        yield f"{name}.{below.component}"
                    pending.append((f"{prefix}{name}.", below))

    def _below(self, keys: list[Key]) -> Iterator[Section]:
        for key in keys:
            for name in references_in(key.value):
                definition = self.schema["$defs"][name]
                own = component_of(definition)
                yield Section(own or key.component, definition)


def component_of(definition: Schema) -> str:
    """Return the word that chooses a section: its estimator, or else its name, or nothing."""
    keys = definition["properties"]
    return str(
        next((keys[k]["const"] for k in ("estimator", "name") if "const" in keys.get(k, {})), "")
    )


def references_in(value: Schema) -> list[str]:
    """Return the names of the definitions that a value can have."""
    if "$ref" in value:
        return [value["$ref"].rpartition("/")[2]]
    options = [*value.get("oneOf", []), *value.get("anyOf", [])]
    return [name for option in options for name in references_in(option)]


def kind_of(
    value: Schema,
    quote: Callable[[str], str] = str,
    link: Callable[[str], str] = lambda _: "section",
) -> str:
    """Return which values a key can have.

    Args:
        value: Its schema.
        quote: How a literal value is written.
        link: How a definition is named.
    """
    if "discriminator" in value:
        return "one of " + ", ".join(map(quote, value["discriminator"]["mapping"]))
    if "anyOf" in value:
        return " or ".join(kind_of(option, quote, link) for option in value["anyOf"])
    if "$ref" in value:
        return link(value["$ref"].rpartition("/")[2])
    if "const" in value or "enum" in value:
        return ", ".join(quote(str(v)) for v in value.get("enum") or [value["const"]])
    limits = [
        f"{sign} {value[limit]}"
        for limit, sign in LIMITS.items()
        if limit in value and value[limit] < LARGEST_MAXIMUM
    ]
    return f"{KINDS.get(value['type'], value['type'])} {', '.join(limits)}".strip()


def default_of(value: Schema, is_required: bool) -> str:
    """Return the default of a key; empty for a section, whose keys have their own."""
    if is_required:
        return "required"
    default = value.get("default", {})
    if isinstance(default, dict):
        return ""
    return "none" if default is None else json.dumps(default).strip('"')


def meaning(value: Schema) -> str:
    """Return what a key or a section means."""
    return " ".join(value.get("description", "").split())
