"""Scenarios: a domain's behaviour, by example."""

from __future__ import annotations

from dataclasses import dataclass

from generator.model.parts import Assignment, Origin, call


@dataclass(frozen=True, slots=True)
class Given:
    """An event of a scenario: its class and printed arguments."""

    event: str
    arguments: tuple[Assignment, ...]

    @property
    def call(self) -> str:
        """The event that has happened."""
        return f"{self.event}({call(self.arguments)})"

    @property
    def expected(self) -> str:
        """The event that should happen, with the fields that matter."""
        return f"spec.event({', '.join([self.event, *map(str, self.arguments)])})"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A unit test in the blueprint's words.

    `ids` are the constants that its printed values name; `now`, `actor` and `access`
    are empty where the test's own defaults hold, `refusal` where events are expected.
    """

    name: str
    function: str
    aggregate: str
    method: str
    command: str
    stream: str
    now: str
    actor: str
    given: tuple[Given, ...]
    arguments: tuple[Assignment, ...]
    events: tuple[Given, ...]
    refusal: str
    access: str
    ids: tuple[Assignment, ...]
    origin: Origin

    @property
    def given_calls(self) -> str:
        """The events that have happened."""
        return ", ".join(given.call for given in self.given)

    @property
    def command_call(self) -> str:
        """The command that somebody sends."""
        return f"{self.command}({call(self.arguments)})"

    @property
    def when_arguments(self) -> str:
        """Who decides about the command, and in which circumstances."""
        named = {"now": self.now, "actor": self.actor, "access": self.access}
        circumstances = (f"{name}={code}" for name, code in named.items() if code)
        decision = f"{self.aggregate}.{self.method}"
        return ", ".join([decision, "command", *circumstances])

    @property
    def outcome(self) -> str:
        """The method of the test's scenario that judges, with what it expects."""
        if self.refusal:
            return f"then_refused({self.refusal})"
        return f"then({', '.join(event.expected for event in self.events)})"
