"""What generated code called a thing before it got the name that it has now.

Only words that nothing bears any more: a field that is renamed in one event may have
kept its name in another, and whatever a person wrote about that one must stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from generator import model, names

_STRING = re.compile(r'"[^"\n]*"')


def renames(service: model.Service) -> Mapping[str, str]:
    """Each former word of generated code, and the word that stands there now."""
    found: dict[str, str] = {}
    for former, now in _renamed(service):
        for before, after in zip(former, now, strict=True):
            if before != after:
                found.setdefault(before, after)
    taken = set(_borne(service))
    return {before: after for before, after in found.items() if before not in taken}


def pending(
    renames: Mapping[str, str], before: Iterable[str], after: Iterable[str]
) -> Mapping[str, str]:
    """The renames that generated code, as it was before and as it is now, brings.

    A `was:` may stay in a blueprint for ever, and a word that somebody uses later is
    not the former name of anything. The log keeps former names, so strings do not
    count.
    """
    gone = _code_words(renames, before) - _code_words(renames, after)
    return {old: new for old, new in renames.items() if old in gone}


def _code_words(words: Iterable[str], texts: Iterable[str]) -> frozenset[str]:
    """Those of the words that stand in code outside of strings."""
    wanted = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b")
    return frozenset(
        word for text in texts for word in wanted.findall(_STRING.sub("", text))
    )


def _renamed(service: model.Service) -> Iterator[tuple[list[str], list[str]]]:
    for domain in service.domains:
        for aggregate in domain.aggregates:
            for former in reversed(aggregate.was):
                yield _of_aggregate(former), _of_aggregate(aggregate.name)
            for event in aggregate.events:
                for former in reversed(event.was):
                    yield _of_event(former), _of_event(event.name)
    for field in _fields(service):
        for former in reversed(field.was):
            yield [former], [field.name]


def _borne(service: model.Service) -> Iterator[str]:
    """Every word that generated code makes of the names of today."""
    for domain in service.domains:
        for aggregate in domain.aggregates:
            yield from _of_aggregate(aggregate.name)
            for event in aggregate.events:
                yield from _of_event(event.name)
            for command in aggregate.commands:
                yield from (command.name, command.method)
        for read_model in domain.read_models:
            yield from (read_model.name, read_model.table, read_model.constant)
        for query in domain.queries:
            yield from (query.name, query.method)
    for field in _fields(service):
        yield field.name


def _of_aggregate(name: str) -> list[str]:
    snake = names.snake(name)
    plural = names.plural(snake)
    return [
        name,
        f"{name}State",
        f"{name}Event",
        f"{name}Handlers",
        snake,
        f"{snake}_id",
        f"{snake}_handlers",
        plural,
        f"_{plural}",
        f"{plural}_router",
    ]


def _of_event(name: str) -> list[str]:
    return [name, names.snake(name), f"{names.constant(name)}_VERSIONS"]


def _fields(service: model.Service) -> Iterator[model.Field]:
    vocabularies = [domain.vocabulary for domain in service.domains]
    if service.shared is not None:
        vocabularies.append(service.shared)
    for vocabulary in vocabularies:
        for value in vocabulary.value_objects:
            yield from value.fields
    for domain in service.domains:
        for aggregate in domain.aggregates:
            yield from aggregate.state
            for command in aggregate.commands:
                yield from command.fields
            for event in aggregate.events:
                yield from event.fields
        for read_model in domain.read_models:
            for column in read_model.columns:
                yield column.field
