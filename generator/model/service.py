"""Domains, roles and the service they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator import __version__, prose, readme
from generator.model.behaviour import Aggregate, Event, Refusal
from generator.model.custom import CustomFunction
from generator.model.migrations import Migration
from generator.model.parts import Origin
from generator.model.policies import Policy
from generator.model.reading import Query, ReadModel
from generator.model.scenarios import Scenario
from generator.model.vocabulary import Vocabulary

if TYPE_CHECKING:
    from generator.model_tests import DomainTests


@dataclass(frozen=True, slots=True)
class Domain:
    """One bounded context."""

    name: str
    module: str
    pascal: str
    summary: str
    constant: str
    imports: str
    vocabulary: Vocabulary
    aggregates: tuple[Aggregate, ...]
    refusals: tuple[Refusal, ...]
    read_models: tuple[ReadModel, ...]
    queries: tuple[Query, ...]
    scenarios: tuple[Scenario, ...]
    origin: Origin
    tests: DomainTests | None = None
    policies: tuple[Policy, ...] = ()
    policy_imports: str = ""
    migration: Migration | None = None
    """What its tables need before the next release."""

    @property
    def doc(self) -> str:
        """The summary as the docstring of the package."""
        return prose.docstring(self.summary, 0)

    @property
    def has_bodies(self) -> bool:
        """Whether any route takes a body that is not the command itself."""
        return any(aggregate.body_commands for aggregate in self.aggregates)

    @property
    def custom(self) -> tuple[CustomFunction, ...]:
        """The functions that are written by hand."""
        return tuple(each for found in self.aggregates for each in found.custom)

    @property
    def custom_states(self) -> str:
        """The states that those functions are told, for an import."""
        told = {each.aggregate for each in self.custom if each.state}
        states = (each.name for each in self.aggregates if each.name in told)
        return ", ".join(f"{name}State" for name in states)

    @property
    def evolved(self) -> tuple[Event, ...]:
        """Its events that had earlier versions."""
        return tuple(event for each in self.aggregates for event in each.evolved)

    @property
    def refusal_names(self) -> str:
        """Its exceptions, for an import."""
        return ", ".join(refusal.name for refusal in self.refusals)

    @property
    def query_names(self) -> str:
        """Its queries and the rows that only they have, for an import."""
        rows = [query.row for query in self.queries if query.measures]
        return ", ".join([*(query.name for query in self.queries), *rows])

    @property
    def policy_constants(self) -> str:
        """Its policies, for an import or a tuple."""
        return ", ".join(policy.constant for policy in self.policies)

    @property
    def sync_event_names(self) -> str:
        """Its sync events, for an import."""
        return ", ".join(event.name for event in self.sync_events)

    @property
    def sync_events(self) -> tuple[Event, ...]:
        """Events whose rows must be written with them."""
        return tuple(
            event
            for aggregate in self.aggregates
            for event in aggregate.events
            if event.sync
        )

    @property
    def routed_queries(self) -> tuple[Query, ...]:
        """Queries that the outside may ask."""
        return tuple(query for query in self.queries if not query.internal)


@dataclass(frozen=True, slots=True)
class Role:
    """Who an actor may be; `entity` is the aggregate whose id the subject is."""

    name: str
    constant: str
    entity: str


@dataclass(frozen=True, slots=True)
class Service:
    """The whole service."""

    name: str
    title: str
    summary: str
    timezone: str
    roles: tuple[Role, ...]
    shared: Vocabulary | None
    domains: tuple[Domain, ...]

    @property
    def answers(self) -> dict[str, object]:
        """The data of the service skeleton, as Copier takes it."""
        return {
            "service": self.name,
            "host_name": self.name.replace("_", "-"),
            "scaffold": _compatible(__version__),
            "title": self.title,
            "summary": self.summary,
            "introduction": prose.markdown(self.summary),
            "timezone": self.timezone,
            "roles": [
                {"name": role.name, "constant": role.constant} for role in self.roles
            ],
            "domains": [
                {
                    "module": domain.module,
                    "constant": domain.constant,
                    **readme.section(domain),
                }
                for domain in self.domains
            ],
        }


def _compatible(version: str) -> str:
    """The versions that change a project as this one does, as a requirement says it."""
    major, minor, _ = version.split(".", 2)
    following = f"0.{int(minor) + 1}" if major == "0" else f"{int(major) + 1}"
    return f">={version},<{following}"
