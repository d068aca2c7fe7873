"""Keys that are not known where they stand, and what was meant by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from generator.diagnostics import Path, Report, did_you_mean
from generator.document import Document
from generator.shapes import (
    ActionShape,
    AggregateShape,
    CommandShape,
    DomainShape,
    EmissionShape,
    EventShape,
    FieldShape,
    FilterShape,
    PolicyShape,
    QueryShape,
    ReadModelShape,
    RuleShape,
    ScenarioShape,
    Shape,
    UniqueShape,
    ValueObjectShape,
)

CODES = {
    "B101": "A key is not known here.",
    "B102": "A key of the language is not in this version of scaffold.",
}

QUOTE = 'inside {}, a text that holds a comma stands in quotes: "..."'


@dataclass(frozen=True, slots=True)
class Unknown:
    """A key that no shape knows at its place, which is below `path`."""

    path: Path
    key: str
    value: object
    known: Sequence[str] = ()
    later: bool = False


def unknown_keys(value: object, path: Path) -> Iterator[Unknown]:
    """Every key that no shape knows, or that stands where the name of a part would."""
    if isinstance(value, Shape):
        known = sorted(_keys(type(value)))
        for key, held in (value.model_extra or {}).items():
            yield Unknown(path, key, held, known, key in value.later)
        for name, field in type(value).model_fields.items():
            yield from unknown_keys(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            named = isinstance(item, Shape) and not isinstance(item, FieldShape)
            if named and key in _OWNER:
                yield Unknown(path, key, item)
            else:
                yield from unknown_keys(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown_keys(item, (*path, index))


def misplaced(path: Path) -> Path:
    """The way to a key that stands where the name of a part would; or nothing."""
    for index, (holder, name) in enumerate(pairwise(path)):
        if holder in _HOLDERS and name in _OWNER:
            return path[: index + 2]
    return ()


def report_unknown(unknown: Unknown, document: Document, report: Report) -> None:
    key = unknown.key
    path = (*document.known(unknown.path), key)
    if report.unreadable(document.span(path)):
        return
    place = document.key_span(path)
    if unknown.later:
        report.error(
            "B102",
            place,
            f"`{key}` is not in this version of scaffold",
            hint="leave it out; it is planned",
        )
        return
    report.error(
        "B101", place, f"`{key}` is not a key here", _way_out(unknown), path=path
    )


def _way_out(unknown: Unknown) -> str:
    """What was meant by a key that is not known."""
    if close := did_you_mean(unknown.key, unknown.known):
        return close
    if unknown.key == "<<":
        return "nothing is merged in a blueprint; write it out"
    if unknown.value is None:
        return "write a space behind the colon" if ":" in unknown.key else QUOTE
    owner = _OWNER.get(unknown.key)
    if owner == "a domain" and not unknown.path:
        return "it belongs to a domain, which has a file of its own"
    if owner:
        return f"it belongs to {owner}: look at how far it is indented"
    return f"known keys: {', '.join(unknown.known)}"


def _owners() -> Iterator[tuple[str, str]]:
    """Each key that one noun with parts of its own has alone, and that noun."""
    nouns: Mapping[str, type[Shape]] = {
        "a domain": DomainShape,
        "an aggregate": AggregateShape,
        "a command": CommandShape,
        "an event": EventShape,
        "a read model": ReadModelShape,
        "a query": QueryShape,
        "a policy": PolicyShape,
        "a scenario": ScenarioShape,
    }
    others: tuple[type[Shape], ...] = (
        ValueObjectShape,
        UniqueShape,
        RuleShape,
        EmissionShape,
        ActionShape,
        FilterShape,
    )
    keys = Counter(key for shape in (*nouns.values(), *others) for key in _keys(shape))
    for noun, shape in nouns.items():
        for key in _keys(shape):
            if keys[key] == 1:
                yield key, noun


def _shapes(shape: type[Shape]) -> Iterator[type[Shape]]:
    for each in shape.__subclasses__():
        yield each
        yield from _shapes(each)


def _keys(shape: type[Shape]) -> list[str]:
    """The keys of a shape, as they are written."""
    fields = shape.model_fields.items()
    return [field.alias or n for n, field in fields if not n.endswith("place")]


_OWNER = dict(_owners())
_HOLDERS = ("aggregates", "commands", "events", "read_models", "queries", "policies")
KEYS = frozenset(key for shape in _shapes(Shape) for key in _keys(shape))
