"""Types, enums and values: what a domain's words are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from generator import prose
from generator.model.parts import Described, Origin
from generator.types import Type


@dataclass(frozen=True, slots=True)
class Field:
    """A field, a column or an argument.

    `annotation` is what the generated class says; `default` is printed Python or
    empty; `example` is data of the blueprint, or None where the filling rules decide.
    """

    name: str
    type: Type
    annotation: str
    origin: Origin
    default: str = ""
    summary: str = ""
    example: object = None
    secret: bool = False
    was: tuple[str, ...] = ()
    """The names that it had before, the first of them first."""

    @property
    def stored_name(self) -> str:
        """Its name in the log, which is the first that it ever had."""
        return self.was[0] if self.was else self.name

    @property
    def required(self) -> bool:
        """Whether whoever makes the value must give this field."""
        return not self.default and not self.type.optional

    @property
    def declaration(self) -> str:
        """The field's line in a dataclass."""
        return f"{self.name}: {self.annotation}{self._default_for('field')}"

    @property
    def model_declaration(self) -> str:
        """The field's line in a pydantic model."""
        if not self.secret and not self.summary:
            return f"{self.name}: {self.annotation}{self._default_for('Field')}"
        arguments = []
        if self._fresh:
            arguments.append(f"default_factory=lambda: {self.default}")
        elif self.default or self.type.optional:
            arguments.append(f"default={self.default or None}")
        if self.summary:
            arguments.append(f"description={prose.string(self.summary)}")
        if self.secret:
            arguments.append("repr=False")
        return f"{self.name}: {self.annotation} = Field({', '.join(arguments)})"

    @property
    def doc(self) -> str:
        """The summary as a string below the field, or nothing."""
        return prose.docstring(self.summary) if self.summary else ""

    @property
    def _fresh(self) -> bool:
        """Whether the default must be made anew each time."""
        return self.default[:1] in ("[", "{")

    def _default_for(self, maker: str) -> str:
        if self._fresh:
            return f" = {maker}(default_factory=lambda: {self.default})"
        if self.default:
            return f" = {self.default}"
        return " = None" if self.type.optional else ""


def stored_names(fields: Iterable[Field]) -> str:
    """The names of fields in the log, where those differ, as a printed dict."""
    pairs = [(each.name, each.stored_name) for each in fields]
    differ = [f'"{name}": "{there}"' for name, there in pairs if name != there]
    return f"{{{', '.join(differ)}}}" if differ else ""


@dataclass(frozen=True, slots=True)
class Alias:
    """A named type with constraints: `Money`."""

    name: str
    annotation: str
    summary: str
    type: Type

    @property
    def is_alias(self) -> bool:
        """Tells the definitions of a module apart."""
        return True

    @property
    def doc(self) -> str:
        """The summary as a string below the alias, or nothing."""
        return prose.docstring(self.summary, 0) if self.summary else ""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an enumeration: `CHECKED_IN = "checked_in"`."""

    constant: str
    value: str


@dataclass(frozen=True, slots=True)
class Enum:
    """A closed list of words."""

    name: str
    title: str
    members: tuple[Member, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class ValueRule:
    """A rule inside a value object: when it is broken, and what is said then."""

    broken: str
    message: str


@dataclass(frozen=True, slots=True)
class Computed:
    """A property of a value object."""

    name: str
    type: Type
    annotation: str
    code: str


@dataclass(frozen=True, slots=True)
class ValueObject(Described):
    """A frozen value, checked where data enters."""

    name: str
    summary: str
    fields: tuple[Field, ...]
    rules: tuple[ValueRule, ...]
    computed: tuple[Computed, ...]
    origin: Origin

    @property
    def stored_names(self) -> str:
        """The names of its fields in the log, where those differ, as a dict."""
        return stored_names(self.fields)

    @property
    def is_alias(self) -> bool:
        """Tells the definitions of a module apart."""
        return False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Types, enums and value objects of one domain, or those shared by all."""

    module: str
    enums: tuple[Enum, ...]
    value_objects: tuple[ValueObject, ...]
    definitions: tuple[Alias | ValueObject, ...]
    imports: str
