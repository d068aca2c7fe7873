"""Policies that come to rest, and scenarios whose outcome is known."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from generator.types import DATE, DATETIME, INT, STR, Type
from generator.types import UUID as ID
from tests.blueprints.aggregates import Aggregate, Command, Event
from tests.blueprints.vocabularies import Speech, View

METADATA = {
    "event.at": DATETIME,
    "event.id": ID,
    "event.actor": STR,
    "event.version": INT,
    "now": DATETIME,
    "today": DATE,
}
NAMES = ("Later", "Notice", "Remind", "Settle", "Follow", "Import2", "Class2")


@dataclass
class Policies:
    """Draws the policies of one domain: each leads to a later aggregate, so none
    leads back."""

    chance: random.Random
    view: View
    aggregates: Sequence[Aggregate]
    used: set[str]
    depth: int

    def draw(self, domain: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for at, source in enumerate(self.aggregates):
            if source.domain != domain or self.chance.random() < 0.4:
                continue
            for target in self.aggregates[at + 1 :]:
                event = self.chance.choice(source.events)
                command = self.chance.choice(target.commands)
                policy = self._policy(source, event, target, command)
                if policy and len(found) < len(NAMES):
                    found[NAMES[len(found)]] = policy
        return found

    def _policy(
        self, source: Aggregate, event: Event, target: Aggregate, command: Command
    ) -> dict[str, Any] | None:
        home = self.view.module
        paths = {each.name: each.type for each in event.fields} | {
            source.id: source.ref
        }
        dotted = {f"event.{name}": type for name, type in paths.items()}
        speech = Speech(
            self.chance, self.view, {**paths, **dotted, **METADATA}, depth=self.depth
        )
        shape: dict[str, Any] = {"on": event.name, "send": command.name}
        if target.domain != home:
            shape["send"] = f"{target.domain}.{command.name}"
            self.used.add("policy to another domain")
        if self.chance.random() < 0.3 and (said := speech.condition()):
            shape["if"] = said[0]
            speech = speech.knowing(said[1])
            self.used.add("policy if")
        mapping = {}
        if not command.creates:
            said = self._id(speech, target.ref)
            if said is None:
                return None
            mapping[target.id] = said
        for each in command.fields:
            known = paths.get(each.name)
            if known is not None and known == each.type.base:
                continue
            if known is None and not each.required and self.chance.random() < 0.5:
                continue
            said = speech.expression(each.type)
            if said is None:
                return None
            mapping[each.name] = said[0]
        if mapping:
            shape["with"] = mapping
        if self.chance.random() < 0.3 and (said := speech.expression(DATETIME)):
            shape["at"] = said[0]
            self.used.add("policy at")
        self.used.add("policy")
        return shape

    def _id(self, speech: Speech, type: Type) -> str | None:
        """A name of the event that says which aggregate the command is for."""
        names = [n for n, t in speech.paths.items() if t == type and "." not in n]
        return self.chance.choice(names) if names else None


@dataclass
class Scenarios:
    """Draws scenarios of one aggregate that must hold."""

    chance: random.Random
    used: set[str]

    def draw(self, aggregate: Aggregate) -> list[dict[str, Any]]:
        found = []
        creating = [each for each in aggregate.events if each.creates]
        for command in aggregate.commands:
            first = self.chance.choice(creating)
            if command.creates:
                found.append(self._told(command, [first], "AlreadyExists"))
                if command.sure:
                    found.append(self._told(command, [], list(command.emits)))
                    self.used.add("scenario with events")
                continue
            found.append(self._told(command, [], "NotFound"))
            if command.origins and first.target not in command.origins:
                found.append(self._told(command, [first], "InvalidTransition"))
                self.used.add("scenario of a transition")
            elif command.sure:
                found.append(self._told(command, [first], list(command.emits)))
                self.used.add("scenario with events")
        return [each for each in found if self.chance.random() < 0.7]

    def _told(self, command: Command, given: list[Event], then: Any) -> dict[str, Any]:
        outcome = then if isinstance(then, str) else " and ".join(then)
        told: dict[str, Any] = {"name": f"{command.name} after {len(given)}: {outcome}"}
        if given:
            told["given"] = [each.name for each in given]
        self.used.add("scenario")
        return {**told, "when": command.name, "then": then}
