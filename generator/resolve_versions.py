"""Versions that an event had: what each held, and how the next one is made of it.

They are derived backwards from the event as it is. What `set:` does not name was there
under the same name and of the same type; `from:` adds what is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from generator import model, names
from generator.diagnostics import did_you_mean
from generator.expressions import Binding
from generator.frame import Frame
from generator.printing import rounded
from generator.resolve_types import resolve_fields
from generator.shapes import EventShape, UpcastShape
from generator.site import Site

CODES = {
    "B440": "The versions that an event had are no chain up to its version of today.",
    "B441": "A field is set that the next version does not have.",
    "B442": "A field changes its type between versions, and nothing says how.",
}


def resolve_versions(
    event: str, shape: EventShape, frame: Frame, site: Site
) -> tuple[model.EarlierVersion, ...]:
    """The earlier versions of an event, oldest first."""
    if not _is_chain(shape, site):
        return ()
    id = frame.id_declared
    fields: Sequence[model.Field] = frame.events[event]
    into = event
    found: list[model.EarlierVersion] = []
    for number in range(shape.version - 1, shape.version - len(shape.upcasts) - 1, -1):
        step = _Step(
            shape.upcasts[str(number)], fields, id, site.at("upcasts", str(number))
        )
        held = step.held()
        name = f"{event}V{number}"
        found.append(
            model.EarlierVersion(
                number=number,
                name=name,
                function=f"{names.snake(event)}_v{number}",
                fields=(id, *held),
                into=into,
                is_last=into == event,
                arguments=step.arguments(held),
            )
        )
        fields, into = held, name
    return tuple(reversed(found))


def _is_chain(shape: EventShape, site: Site) -> bool:
    """Whether `upcasts` lead from some version to that of today without a gap."""
    first = max(1, shape.version - len(shape.upcasts))
    wanted = [str(number) for number in range(first, shape.version)]
    strays = [key for key in shape.upcasts if key not in wanted]
    for key in strays:
        place = site.at("upcasts", key)
        if not key.isdigit() or not 0 < int(key) < shape.version:
            place.key_error(
                "B440",
                f'"{key}" is no version before version {shape.version}',
                f"write `version: {int(key) + 1}` for what comes after it"
                if key.isdigit() and int(key)
                else "versions are counted from 1",
            )
        else:
            gap = next(
                n
                for n in range(int(key) + 1, shape.version)
                if str(n) not in shape.upcasts
            )
            place.key_error(
                "B440",
                f"version {key} leads nowhere: version {gap} is not in `upcasts:`",
                f"add {gap}: {{}}, with what changed from version {gap} to {gap + 1}",
            )
    return not strays


class _Step:
    """The step from one version to the next, whose fields are known."""

    def __init__(
        self,
        shape: UpcastShape,
        after: Sequence[model.Field],
        id: model.Field,
        site: Site,
    ) -> None:
        self._shape = shape
        self._after = after
        self._id = id
        self._site = site

    def held(self) -> tuple[model.Field, ...]:
        """What the version before held."""
        had = resolve_fields(
            self._shape.had, "event field", self._site.at("from"), constrained=True
        )
        named = {each.name for each in had}
        carried = [
            each
            for each in self._after
            if each.name not in named and each.name not in self._shape.assign
        ]
        return (*carried, *had)

    def arguments(self, held: Sequence[model.Field]) -> tuple[model.Assignment, ...]:
        """What the next version is made of."""
        self._refuse_strangers()
        before = {each.name: each for each in (self._id, *held)}
        scope = self._site.scope(
            {name: Binding(f.type, f"old.{name}") for name, f in before.items()}
        )
        found = [model.Assignment(self._id.name, f"old.{self._id.name}")]
        for field in self._after:
            if field.name in self._shape.assign:
                place = self._site.at("set", field.name)
                text = self._shape.assign[field.name]
                if expression := place.expression(text, scope, field.type):
                    found.append(
                        model.Assignment(field.name, rounded(expression, field.type))
                    )
            elif self._carries(field, before):
                found.append(model.Assignment(field.name, f"old.{field.name}"))
        return tuple(found)

    def _refuse_strangers(self) -> None:
        known = {each.name for each in self._after}
        for name in self._shape.assign:
            if name not in known:
                self._site.at("set", name).key_error(
                    "B441",
                    f'the next version has no field "{name}"',
                    did_you_mean(name, known),
                )

    def _carries(self, field: model.Field, before: Mapping[str, model.Field]) -> bool:
        held = before.get(field.name)
        if held is None:
            return False
        if held.type.base in (field.type.base, field.type.required.base):
            return True
        self._site.at("from", field.name).key_error(
            "B442",
            f'"{field.name}" was {held.type} and is {field.type}',
            f"write `set: {{{field.name}: ...}}`",
        )
        return False
