"""Topics: one a domain."""

from collections.abc import Iterable

from app.infra.domain import Domain


def topic_of(domain: str) -> str:
    """The topic on which the events of a domain travel."""
    return f"transport.{domain.replace('_', '-')}-events"


def topic_of_event(type_: str) -> str:
    """The topic of an event by its stored name, which begins with its domain."""
    return topic_of(type_.partition(".")[0])


def topics_of(domains: Iterable[Domain]) -> tuple[str, ...]:
    """The topics of these domains."""
    return tuple(topic_of(domain.name) for domain in domains)
