"""Given, when, then: how a scenario is written down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID

import pytest

from app.about import TIMEZONE
from app.common.actor import SYSTEM, Actor, Owner
from app.common.aggregate import Aggregate
from app.common.context import Context
from app.common.errors import DomainError
from app.common.events import Event
from app.common.ids import derived_id
from app.common.messages import Command
from app.common.unwritten import unwritten

A = TypeVar("A", bound=Aggregate[Any, Any])
C = TypeVar("C", bound=Command)

NOW: Final = datetime(2030, 1, 15, 12, tzinfo=UTC)

Access: TypeAlias = Callable[[A], tuple[str | Owner, ...]]


@dataclass(frozen=True, slots=True)
class Expected:
    """An event that should happen; fields that are not named do not matter."""

    event: type[Event]
    fields: Mapping[str, object]


def event(type_: type[Event], **fields: object) -> Expected:
    """An event of this type with at least these fields."""
    return Expected(type_, fields)


class Scenario(Generic[A]):
    """One aggregate, and what becomes of it."""

    def __init__(self, aggregate: type[A], id: UUID) -> None:
        self._type = aggregate
        self._history: list[Event] = []
        self._aggregate = aggregate(id)
        self._refusal: DomainError | None = None

    def given(self, *events: Event) -> None:
        """These events have happened."""
        self._history.extend(events)
        self._aggregate.replay(events)

    def when(
        self,
        decide: Callable[[A, C, Context], None],
        command: C,
        *,
        now: datetime = NOW,
        actor: Actor = SYSTEM,
        access: Access[A] | None = None,
    ) -> None:
        """Somebody sends a command; `access` says whom it is open to.

        The scenario is skipped where custom code decides that is not written yet.
        """
        context = Context(
            now=now,
            actor=actor,
            command_id=derived_id("scenario", "command"),
            correlation_id=derived_id("scenario", "correlation"),
            timezone=TIMEZONE,
        )
        try:
            if access is not None:
                context.allow(*access(self._aggregate))
            decide(self._aggregate, command, context)
        except DomainError as refusal:
            self._refusal = refusal
        except NotImplementedError as error:
            if said := unwritten(error):
                pytest.skip(said)
            raise

    def then(self, *expected: Expected) -> None:
        """Exactly these events happen, and they lead to where the decision stood."""
        assert self._refusal is None, f"refused: {self._refusal!r}"
        recorded = self._aggregate.pending
        assert [type(each) for each in recorded] == [each.event for each in expected]
        for each, wanted in zip(recorded, expected, strict=True):
            seen = {name: getattr(each, name) for name in wanted.fields}
            assert seen == wanted.fields
        replayed = self._type(self._aggregate.id)
        replayed.replay([*self._history, *recorded])
        assert replayed.state == self._aggregate.state

    def then_refused(self, error: type[DomainError]) -> None:
        """The command is refused, and for this reason."""
        assert self._refusal is not None, f"recorded: {self._aggregate.pending}"
        assert type(self._refusal) is error, f"refused: {self._refusal!r}"
