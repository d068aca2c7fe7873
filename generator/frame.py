"""What all parts of one aggregate share while they are resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generator import model, names
from generator.diagnostics import did_you_mean
from generator.expressions import Binding
from generator.shapes import AggregateShape
from generator.site import Site
from generator.types import Type, ref


@dataclass(frozen=True, slots=True)
class Frame:
    """An aggregate whose fields are known and whose behaviour is not yet."""

    name: str
    domain: str
    shape: AggregateShape
    site: Site
    state: Mapping[str, model.Field]
    events: Mapping[str, tuple[model.Field, ...]]
    custom: Mapping[str, model.CustomFunction]

    @property
    def stored_name(self) -> str:
        """Its name in the log, which is the first that it ever had."""
        return self.shape.was[0] if self.shape.was else self.name

    @property
    def identity(self) -> Type:
        """The type of its id."""
        return ref(f"{self.domain}.{self.name}")

    @property
    def id_field(self) -> str:
        """`reservation_id`, in all its commands and events."""
        return f"{names.snake(self.name)}_id"

    @property
    def id_declared(self) -> model.Field:
        """Its id, as a field of its events."""
        then = f"{names.snake(self.stored_name)}_id"
        was = () if then == self.id_field else (then,)
        return model.Field(
            self.id_field, self.identity, "UUID", self.site.origin, was=was
        )

    def state_bindings(self, variable: str) -> dict[str, Binding]:
        """The names behind `state.`, held by a variable of the printed code."""
        return {
            f"state.{name}": Binding(field.type, f"{variable}.{name}", kept=True)
            for name, field in self.state.items()
        }

    def changed_by(self, event: str) -> set[str]:
        """The state fields, beside the lifecycle, that an event can change."""
        shape = self.shape.events[event]
        return {
            name
            for name in self.state
            if name in shape.assign
            or (name in shape.fields and not self.repeats(event, name))
        }

    def repeats(self, event: str, field: str) -> bool:
        """Whether every command fills an event's field from the state's own."""
        emissions = [
            (command, emission)
            for command in self.shape.commands.values()
            for emission in command.emits
            if event in emission.possible(self.shape.events)
        ]
        return bool(emissions) and not any(
            command.creates or field in command.fields or emission.fills(field)
            for command, emission in emissions
        )

    def can_create(self, event: str) -> bool:
        """Whether an event sets all that the state requires."""
        shape = self.shape.events[event]
        set_by_name = {*shape.assign, *shape.fields}
        if shape.target:
            set_by_name.add(self.shape.lifecycle or "")
        return all(
            name in set_by_name for name, field in self.state.items() if field.required
        )

    @property
    def enums(self) -> set[str]:
        """The state fields of which one may be meant as the lifecycle."""
        return {name for name, each in self.state.items() if each.type.kind == "enum"}

    @property
    def lifecycle(self) -> Type | None:
        """The enum of the lifecycle field, if there is one."""
        field = self.state.get(self.shape.lifecycle or "")
        return field.type if field else None


def refuse_without_lifecycle(frame: Frame, site: Site) -> None:
    """Say once, with all places, that an aggregate with states has no lifecycle."""
    site.view.symbols.broken |= frame.enums
    field = min(frame.enums, default="<state field>")
    site.report.seen_again(
        "B414",
        site.span,
        f"{frame.name} has no lifecycle, to which `from:` and `to:` belong",
        f"add `lifecycle: {field}` to the aggregate",
    )


def lifecycle_member(word: str, frame: Frame, site: Site) -> str:
    """The printed member of the lifecycle's enum, or empty after a report."""
    kind = frame.lifecycle
    if kind is None or kind.kind != "enum":
        return ""
    members = site.view.members(kind.name)
    if word not in members:
        site.error(
            "B415",
            f'"{word}" is not a member of {kind}',
            did_you_mean(word, members) or f"it has {', '.join(members)}",
            also=[site.view.declared_at("enums", kind.name)],
        )
        return ""
    return f"{site.view.naming(kind.name)}.{names.constant(word)}"
