"""Aggregates whose events have all they need, and whose commands emit every event."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from generator.names import plural, snake
from generator.types import DATETIME, INT, STR, Type, ref
from tests.blueprints.fields import Field, Fields, written
from tests.blueprints.vocabularies import Declarations, Speech, View
from tests.blueprints.words import ERRORS, FIELDS, MADE, PROSE, VERBS, Supply

SHORT = ("str", "int", "decimal", "date", "enum", "bool", "uuid", "ref", "email")
KEYS = ("str", "int", "decimal", "date", "enum", "bool", "uuid", "ref", "email", "url")
METADATA = {"event.at": DATETIME, "event.version": INT, "event.actor": STR}


@dataclass
class Event:
    """A drawn event; `target` is where it leads."""

    name: str
    fields: list[Field]
    creates: bool
    target: str = ""
    shape: dict[str, Any] = field(default_factory=dict)


@dataclass
class Command:
    """A drawn command, and what it surely emits if nothing refuses it."""

    name: str
    creates: bool
    fields: list[Field] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    emits: list[str] = field(default_factory=list)
    sure: bool = True
    internal: bool = False
    shape: dict[str, Any] = field(default_factory=dict)


@dataclass
class Aggregate:
    """A drawn aggregate."""

    domain: str
    name: str
    state: list[Field] = field(default_factory=list)
    lifecycle: str = ""
    events: list[Event] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    unique: list[dict[str, Any]] = field(default_factory=list)
    summary: str = ""

    @property
    def id(self) -> str:
        return f"{snake(self.name)}_id"

    @property
    def ref(self) -> Type:
        return ref(f"{self.domain}.{self.name}")

    @property
    def words(self) -> set[str]:
        """The words of its name, which no path may repeat."""
        return {*snake(self.name).split("_"), *plural(snake(self.name)).split("_")}

    @property
    def written(self) -> dict[str, Any]:
        shape: dict[str, Any] = {
            "state": written(self.state),
            "commands": {each.name: each.shape for each in self.commands},
            "events": {each.name: each.shape or None for each in self.events},
        }
        if self.lifecycle:
            shape["lifecycle"] = self.lifecycle
        if self.unique:
            shape["unique"] = self.unique
        if self.summary:
            shape["summary"] = self.summary
        return shape


@dataclass
class Drawing:
    """Draws one aggregate."""

    chance: random.Random
    declarations: Declarations
    enums: dict[str, Any]
    errors: Supply
    roles: dict[str, str]
    used: set[str]
    depth: int
    most: int
    made: Aggregate
    words: Supply = field(init=False)
    names: Supply = field(init=False)

    def __post_init__(self) -> None:
        self.words = Supply(self.chance)
        self.words.take((self.made.id,))
        self.names = Supply(self.chance)

    @property
    def view(self) -> View:
        return self.declarations.view

    def likely(self, probability: float) -> bool:
        return self.chance.random() < probability

    def draw(self) -> Aggregate:
        made = self.made
        made.summary = self.declarations.summary()
        self._state()
        for _ in range(2 if self.likely(0.2) else 1):
            made.events.append(self._creating())
        for _ in range(self.chance.randint(0, self.most)):
            made.events.append(self._later())
        for event in list(made.events):
            made.commands.append(self._command(event))
        for _ in range(self.chance.choice([0, 0, 1, 2])):
            self._unique()
        return made

    def _draw(self, name: str = "", *, defaults: bool = True) -> Field:
        name = name or self.words.take(FIELDS)
        fields = Fields(self.chance, self.view.named(), self.used)
        return fields.draw(name, defaults=defaults)

    def _state(self) -> None:
        made = self.made
        for _ in range(self.chance.randint(0, self.most + 1)):
            drawn = self._draw()
            made.state.append(drawn.maybe if self.likely(0.2) else drawn)
        if not self.likely(0.6):
            return
        vocabulary = self.declarations.vocabulary
        local = [e for e in vocabulary.enums if e.startswith(f"{made.domain}.")]
        qualified = (
            self.chance.choice(local)
            if local and self.likely(0.5)
            else self.declarations.enum(self.enums)
        )
        made.lifecycle = self.words.take(FIELDS)
        shown = self.view.shown(qualified)
        made.state.append(Field(made.lifecycle, shown, self.view.named()[shown]))
        self.used.add("lifecycle")

    @property
    def _states(self) -> list[str]:
        kind = next(f.type for f in self.made.state if f.name == self.made.lifecycle)
        return self.declarations.vocabulary.enums[kind.name]

    def _extra(self) -> list[Field]:
        """Fields that only events have."""
        found = []
        for _ in range(self.chance.choice([0, 0, 1, 2])):
            drawn = self._draw(defaults=False)
            found.append(drawn.maybe if self.likely(0.25) else drawn)
        return found

    def _speech(self, paths: dict[str, Type], **how: bool) -> Speech:
        return Speech(self.chance, self.view, paths, depth=self.depth, **how)

    def _creating(self) -> Event:
        made = self.made
        verb = self.names.take(MADE).partition(":")[2]
        event = Event(f"{made.name}{verb}", self._extra(), creates=True)
        needed = [each for each in made.state if each.name != made.lifecycle]
        left: list[Field] = []
        for each in needed:
            if each.required and not self.likely(0.8):
                left.append(each)
            elif each.required or self.likely(0.6):
                event.fields.append(each.sure if self.likely(0.7) else each.bare)
        assign = {}
        for each in left:
            paths = {f.name: f.type for f in event.fields} | {made.id: made.ref}
            said = self._speech(paths).expression(each.type)
            if said:
                assign[each.name] = said[0]
                self.used.add("set")
            else:
                event.fields.append(each.sure)
        self._finish(event, assign)
        return event

    def _later(self) -> Event:
        made = self.made
        verb = self.names.take(VERBS).partition(":")[2]
        event = Event(f"{made.name}{verb}", self._extra(), creates=False)
        others = [each for each in made.state if each.name != made.lifecycle]
        assign = {}
        for each in others:
            if self.likely(0.35):
                event.fields.append(each.sure if self.likely(0.7) else each.bare)
            elif self.likely(0.25):
                paths = {f.name: f.type for f in event.fields} | self._before()
                said = self._speech(paths).expression(each.type)
                if said:
                    assign[each.name] = said[0]
                    self.used.add("set")
        self._finish(event, assign)
        return event

    def _before(self) -> dict[str, Type]:
        return {f"state.{each.name}": each.type for each in self.made.state}

    def _finish(self, event: Event, assign: dict[str, str]) -> None:
        self.chance.shuffle(event.fields)
        shape: dict[str, Any] = {}
        if event.fields:
            shape["fields"] = written(event.fields)
        if self.made.lifecycle and (event.creates or self.likely(0.6)):
            event.target = shape["to"] = self.chance.choice(self._states)
        if assign:
            shape["set"] = assign
        if self.likely(0.2):
            shape["sync"] = self.chance.choice([*PROSE, True, False])
            self.used.add("sync")
        if summary := self.declarations.summary():
            shape["summary"] = summary
        event.shape = shape

    def _command(self, event: Event) -> Command:
        made = self.made
        pair = next(
            each
            for each in (*MADE, *VERBS, event.name.removeprefix(made.name))
            if each.endswith(event.name.removeprefix(made.name))
        )
        verb = pair.partition(":")[0]
        command = Command(f"{verb}{made.name}", event.creates)
        if event.name == command.name:
            command.name = f"Do{command.name}"
        for _ in range(self.chance.choice([0, 0, 1])):
            drawn = self._draw()
            if drawn.type.kind == "str" and self.likely(0.8):
                drawn = Field(drawn.name, drawn.text, drawn.type, secret=True)
                self.used.add("secret")
            command.fields.append(drawn)
        shape = command.shape
        if command.creates:
            shape["creates"] = True
        elif made.lifecycle and self.likely(0.6):
            reached = sorted(self._reached(event))
            number = self.chance.randint(1, len(reached))
            origins = self.chance.sample(reached, number)
            first = sorted({each.target for each in made.events if each.creates})
            if not set(first) & set(origins):
                # What else leads there may itself never happen.
                origins.append(self.chance.choice(first))
            command.origins = shape["from"] = origins
            self.used.add("from")
        emissions = [event]
        later = [e for e in made.events if not e.creates and e is not event]
        if later and self.likely(0.3):
            emissions.append(self.chance.choice(later))
            self.used.add("two events")
        plans = [self._sources(command, each) for each in emissions]
        speech = self._at_command(command)
        speech = self._rules(command, speech)
        shape["emits"] = [
            self._emission(command, each, plan, speech, sure=not index)
            for index, (each, plan) in enumerate(zip(emissions, plans, strict=True))
        ]
        self._access(command)
        if command.fields:
            shape["fields"] = written(command.fields)
        if summary := self.declarations.summary():
            shape["summary"] = summary
        return command

    def _reached(self, event: Event) -> set[str]:
        """The states that events before this one lead to, the creating ones first."""
        events = self.made.events
        before = events[: events.index(event)]
        return {each.target for each in before if each.target}

    def _at_command(self, command: Command) -> Speech:
        made = self.made
        paths = {each.name: each.type for each in command.fields}
        paths[made.id] = made.ref
        if not command.creates:
            paths |= self._before()
        secret = {each.name for each in command.fields if each.secret}
        paths = {name: type for name, type in paths.items() if name not in secret}
        return self._speech(paths, clock=True, partial=True)

    def _sources(self, command: Command, event: Event) -> list[Field]:
        """The fields of an event that are to be written; others come by their name."""
        left = []
        state = {each.name: each for each in self.made.state}
        own = {each.name for each in command.fields}
        for each in event.fields:
            if each.name in own:
                if not each.type.optional:
                    command.fields = [
                        f.sure if f.name == each.name else f for f in command.fields
                    ]
                continue
            known = None if command.creates else state.get(each.name)
            fits = known and (each.type.optional or not known.type.optional)
            if fits and self.likely(0.4):
                self.used.add("field of the state")
            elif each.type.optional and not known and self.likely(0.3):
                self.used.add("field left out")
            elif self.likely(0.3):
                left.append(each)
            else:
                command.fields.append(each.sure if self.likely(0.7) else each.bare)
        return left

    def _rules(self, command: Command, speech: Speech) -> Speech:
        rules = []
        for _ in range(self.chance.choice([0, 0, 1, 1, 2])):
            said = speech.condition()
            if said is None:
                continue
            text, compiled = said
            command.sure = False
            rule = {"require": text}
            if self.likely(0.7):
                rule["error"] = self._error()
                self.used.add("error")
            if self.likely(0.5):
                rule["message"] = self._message(speech)
                self.used.add("message")
            rules.append(rule)
            speech = speech.knowing(compiled)
            self.used.add("rule")
        if rules:
            command.shape["rules"] = rules
        return speech

    def _error(self) -> str:
        return self.errors.take(ERRORS)

    def _message(self, speech: Speech) -> str:
        shown = [
            name
            for name, type in speech.paths.items()
            if type.kind in SHORT and not type.optional
        ]
        said = self.chance.choice(PROSE).replace("{", "{{").replace("}", "}}")
        for name in self.chance.sample(shown, min(2, len(shown))):
            said += f" {{{name}}}"
            self.used.add("message with values")
        return said

    def _emission(
        self,
        command: Command,
        event: Event,
        left: list[Field],
        speech: Speech,
        sure: bool,
    ) -> Any:
        shape: dict[str, Any] = {"event": event.name}
        sure = sure and command.creates
        if not sure and self.likely(0.3) and (said := speech.condition()):
            shape["if"] = said[0]
            speech = speech.knowing(said[1])
            command.sure = False
            self.used.add("if")
        mapping = {}
        for each in left:
            said = speech.expression(each.type)
            if said:
                mapping[each.name] = said[0]
                command.sure = command.sure and not said[1].partial
                self.used.add("with")
            else:
                mapping[each.name] = None
                command.fields.append(each.sure)
        mapping = {name: text for name, text in mapping.items() if text is not None}
        command.emits.append(event.name)
        if "if" not in shape and not mapping:
            return event.name
        if "if" not in shape and self.likely(0.5):
            return {event.name: mapping}
        return {**shape, "with": mapping} if mapping else shape

    def _access(self, command: Command) -> None:
        made = self.made
        kind = self.chance.random()
        if kind < 0.25:
            return
        if kind < 0.4:
            command.shape["access"] = "public"
            return
        if kind < 0.55:
            command.shape["access"] = "internal"
            command.internal = True
            return
        grants = [name for name, entity in self.roles.items() if not entity]
        grants = self.chance.sample(grants, self.chance.randint(0, len(grants)))
        known = {each.name: each.type for each in made.state}
        if command.creates:
            known = {each.name: each.type for each in command.fields}
        known[made.id] = made.ref
        owners = [
            name
            for name, type in known.items()
            if type.kind == "ref" and type.name in self.roles.values()
        ]
        for name in owners:
            if self.likely(0.6):
                grants.append(f"owner({name})")
                self.used.add("owner")
        if grants:
            command.shape["access"] = grants
            self.used.add("role")

    def _unique(self) -> None:
        made = self.made
        plain = [f for f in made.state if f.type.kind in KEYS and not f.type.optional]
        lists = [
            each
            for each in made.state
            if each.type.kind == "list"
            and not each.type.optional
            and each.type.element.kind in KEYS
            and not each.type.element.optional
        ]
        parts = [each.name for each in self.chance.sample(plain, min(2, len(plain)))]
        if lists and self.likely(0.6):
            parts.append(f"each {self.chance.choice(lists).name}")
            self.used.add("unique each")
        texts = [each for each in plain if each.type.kind == "str"]
        if texts and self.likely(0.4):
            parts.append(f"{self.chance.choice(texts).name}.lower()")
        if not parts:
            return
        shape: dict[str, Any] = {"of": parts, "error": self._error()}
        reached = sorted({each.target for each in made.events if each.target})
        if reached and self.likely(0.5):
            number = self.chance.randint(1, len(reached))
            shape["while"] = self.chance.sample(reached, number)
            self.used.add("unique while")
        made.unique.append(shape)
        self.used.add("unique")
