"""Aggregates, commands and events: what a domain decides."""

from __future__ import annotations

from dataclasses import dataclass

from generator import names, prose
from generator.model.custom import CustomEmission, CustomFunction, CustomRule
from generator.model.parts import Assignment, Described, Origin, call, pattern
from generator.model.reading import Query
from generator.model.vocabulary import Field, stored_names


@dataclass(frozen=True, slots=True)
class EarlierVersion:
    """What an event held in an earlier version, and how the next one is made of it.

    `into` is the class of the next version; that of today's is the event itself.
    """

    number: int
    name: str
    function: str
    fields: tuple[Field, ...]
    into: str
    is_last: bool
    arguments: tuple[Assignment, ...]

    @property
    def stored_names(self) -> str:
        """The names of its fields in the log, where those differ, as a dict."""
        return stored_names(self.fields)

    @property
    def next(self) -> str:
        """The class of the next version, as an annotation."""
        return f'"{self.into}"' if self.is_last else self.into

    @property
    def maker(self) -> str:
        """The class of the next version, as an argument."""
        return f'"type[{self.into}]"' if self.is_last else f"type[{self.into}]"

    @property
    def call(self) -> str:
        """What the next version is made of."""
        return call(self.arguments)


@dataclass(frozen=True, slots=True)
class Event(Described):
    """A fact. `creation` and `change` are what it does to the state."""

    name: str
    stored_name: str
    title: str
    summary: str
    id_field: str
    fields: tuple[Field, ...]
    sync: str
    target: str
    creates: bool
    updates: bool
    creation: tuple[Assignment, ...]
    change: tuple[Assignment, ...]
    reads_state: bool
    origin: Origin
    was: tuple[str, ...] = ()
    id: Field | None = None
    """The field of the aggregate's id."""
    version: int = 1
    earlier: tuple[EarlierVersion, ...] = ()
    example: str = ""
    """What an example of it looks like in the log."""

    @property
    def stored_fields(self) -> tuple[Field, ...]:
        """All that its records hold, the id of its aggregate first."""
        return (self.id, *self.fields) if self.id else self.fields

    @property
    def stored_names(self) -> str:
        """The names of its fields in the log, where those differ, as a dict."""
        return stored_names(self.stored_fields)

    @property
    def upcasters(self) -> str:
        """The constant that lists its earlier versions."""
        return f"{names.constant(self.name)}_VERSIONS"

    @property
    def creation_call(self) -> str:
        """The arguments of the state that this event creates."""
        return call(self.creation)

    @property
    def change_call(self) -> str:
        """What this event replaces in the state."""
        return call(self.change)

    @property
    def replacement(self) -> str:
        """The state after this event, where it need not look at the one before."""
        if not self.change:
            return self.state_before
        return f"replace({self.state_before}, {self.change_call})"

    @property
    def state_before(self) -> str:
        """The state that it changes; where it can create one, that was looked at."""
        return "state" if self.creates else "existing(state)"

    @property
    def sync_reason(self) -> str:
        """Why its row travels with it, as a comment."""
        return prose.comment(self.sync)


@dataclass(frozen=True, slots=True)
class Rule:
    """A refusal: raised where the printed condition says that the rule is broken."""

    broken: str
    error: str
    message: str

    @property
    def is_custom(self) -> bool:
        """Tells the rules of a command apart."""
        return False

    @property
    def errors(self) -> tuple[str, ...]:
        """How it may refuse."""
        return (self.error,)

    @property
    def printed(self) -> tuple[str, ...]:
        """Its printed expressions."""
        return (self.broken, self.message)


@dataclass(frozen=True, slots=True)
class Emission:
    """An event that a decision records, perhaps only under a condition."""

    event: str
    condition: str
    arguments: tuple[Assignment, ...]

    @property
    def is_custom(self) -> bool:
        """Tells the emissions of a command apart."""
        return False

    @property
    def events(self) -> tuple[str, ...]:
        """What it may lead to."""
        return (self.event,)

    @property
    def errors(self) -> tuple[str, ...]:
        """How it may refuse."""
        return ()

    @property
    def printed(self) -> tuple[str, ...]:
        """Its printed expressions."""
        codes = tuple(argument.code for argument in self.arguments)
        return (*codes, self.condition) if self.condition else codes

    @property
    def recording(self) -> str:
        """The statement that records the event."""
        return f"self._record({self.event}({call(self.arguments)}))"


@dataclass(frozen=True, slots=True)
class Command(Described):
    """A request to an aggregate, and everything that is decided about it."""

    name: str
    method: str
    title: str
    summary: str
    described: bool
    creates: bool
    id_field: str
    fields: tuple[Field, ...]
    origins: tuple[str, ...]
    require: str
    rules: tuple[Rule | CustomRule, ...]
    emissions: tuple[Emission | CustomEmission, ...]
    uses_state: bool
    partial: bool
    access: str
    public: bool
    internal: bool
    path: str
    errors: tuple[str, ...]
    example: str
    origin: Origin
    granted: tuple[str, ...] = ()
    """Its access, in the words of the blueprint."""

    @property
    def declared_errors(self) -> tuple[str, ...]:
        """What its own rules and functions may refuse with."""
        parts = (*self.rules, *self.emissions)
        return tuple(error for each in parts for error in each.errors)

    @property
    def guard(self) -> str:
        """The first line of the decision: the aggregate must exist, or must not."""
        if self.creates:
            return "self._must_not_exist()"
        return "state = self._existing()" if self.uses_state else "self._existing()"

    @property
    def has_body(self) -> bool:
        """Whether its route takes a body beside the id in the path."""
        return not self.creates and bool(self.fields)

    @property
    def body(self) -> str:
        """The API model that carries the fields beside the id in the path."""
        return f"{self.name}Body"

    @property
    def sender(self) -> str:
        """The dependency that sends it."""
        return "PublicSend" if self.public else "Send"

    @property
    def route_arguments(self) -> str:
        """The signature of the route of a command with an id in its path."""
        body = f"body: {self.body}, " if self.has_body else ""
        return f"{self.id_field}: UUID, {body}send: {self.sender}"

    @property
    def route_call(self) -> str:
        """How the route builds the command."""
        names = [f"{field.name}=body.{field.name}" for field in self.fields]
        return ", ".join([f"{self.id_field}={self.id_field}", *names])

    @property
    def errors_code(self) -> str:
        """The exceptions that its route documents."""
        return ", ".join(self.errors)


@dataclass(frozen=True, slots=True)
class UniqueRule:
    """A key that one stream at a time may hold, as a function of its state."""

    scope: str
    key: str
    loops: str
    condition: str
    error: str

    @property
    def keys(self) -> str:
        """The keys held in `state`, as an iterable."""
        made = f'UniqueKey("{self.scope}", ({self.key}))'
        return f"{made} {self.loops}" if self.loops else f"[{made}]"


@dataclass(frozen=True, slots=True)
class Refusal(Described):
    """A generated exception class."""

    name: str
    summary: str


@dataclass(frozen=True, slots=True)
class Aggregate(Described):
    """A consistency boundary with its decisions and its evolution."""

    name: str
    module: str
    kind: str
    stored_kind: str
    plural: str
    path: str
    title: str
    summary: str
    id_field: str
    state: tuple[Field, ...]
    lifecycle: str
    commands: tuple[Command, ...]
    events: tuple[Event, ...]
    unique: tuple[UniqueRule, ...]
    custom: tuple[CustomFunction, ...]
    routed_queries: tuple[Query, ...]
    origin: Origin
    was: tuple[str, ...] = ()

    @property
    def evolved(self) -> tuple[Event, ...]:
        """Events that had earlier versions."""
        return tuple(event for event in self.events if event.earlier)

    @property
    def union(self) -> str:
        """The name of the union of its events."""
        return f"{self.name}Event"

    @property
    def quiet_events(self) -> tuple[Event, ...]:
        """Events that the state does not follow."""
        return tuple(
            event for event in self.events if not event.creates and not event.change
        )

    @property
    def state_events(self) -> tuple[Event, ...]:
        """Events that make or change the state."""
        return tuple(event for event in self.events if event not in self.quiet_events)

    @property
    def quiet_pattern(self) -> str:
        """The pattern that matches what the state does not follow."""
        return pattern(tuple(event.name for event in self.quiet_events))

    @property
    def event_names(self) -> str:
        """Its events, for an import or a tuple."""
        return ", ".join(event.name for event in self.events)

    @property
    def command_names(self) -> str:
        """Its commands, for an import."""
        return ", ".join(command.name for command in self.commands)

    @property
    def body_commands(self) -> tuple[Command, ...]:
        """Routed commands whose fields come in a body beside the path."""
        return tuple(command for command in self.routed_commands if command.has_body)

    @property
    def body_names(self) -> str:
        """The API models of its commands, for an import."""
        return ", ".join(command.body for command in self.body_commands)

    @property
    def router(self) -> str:
        """The name of its router."""
        return f"{self.plural}_router"

    @property
    def routed_commands(self) -> tuple[Command, ...]:
        """Commands that the outside may send."""
        return tuple(command for command in self.commands if not command.internal)
