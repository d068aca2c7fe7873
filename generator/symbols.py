"""Every declared name of a blueprint, and what it means where it is written.

A `View` is what one module sees: its own names and the shared ones bare, all others as
`domain.Name`. It answers the questions of types and expressions (`Shapes`), and
remembers which foreign names were printed, so that they can be imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from generator import names
from generator.blueprint import Blueprint
from generator.diagnostics import Path, Report, Span, TextError
from generator.document import Document
from generator.shapes import VocabularyShape
from generator.type_text import Unreadable, parse_type
from generator.types import Parameter, Type, enum, ref, value_object

SHARED = "shared"

Fields = Mapping[str, Type]


@dataclass(slots=True)
class Module:
    """The names that one file declares."""

    name: str
    shape: VocabularyShape
    document: Document
    aggregates: tuple[str, ...] = ()


@dataclass(slots=True)
class Symbols:
    """All modules, and what has been found out about their types so far."""

    modules: dict[str, Module]
    report: Report
    aliases: dict[str, Type | None] = field(default_factory=dict)
    parameters: dict[str, Mapping[str, Parameter]] = field(default_factory=dict)
    readable: dict[str, Fields] = field(default_factory=dict)
    compute: Callable[[str], None] = lambda value: None
    broken: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, blueprint: Blueprint, report: Report) -> Symbols:
        """The names that a blueprint declares; their types come later."""
        modules = {
            SHARED: Module(SHARED, blueprint.service, blueprint.service_document)
        }
        for shape, document in blueprint.domains:
            modules[shape.domain] = Module(
                shape.domain, shape, document, tuple(shape.aggregates)
            )
        return cls(modules, report)

    def place(self, file: str) -> Document:
        """The document of a file."""
        documents = (module.document for module in self.modules.values())
        return next(each for each in documents if each.file == file)

    def named(self, module: str, name: str) -> Type | None:
        """What `name` means in `module`, which must declare it itself."""
        known = self.modules.get(module)
        if known is None:
            return None
        shape = known.shape
        if found := _declared_as(name, shape.enums):
            return enum(f"{module}.{found}")
        if found := _declared_as(name, shape.value_objects):
            return value_object(f"{module}.{found}")
        if found := _declared_as(name, known.aggregates):
            return ref(f"{module}.{found}")
        if name in known.shape.types:
            return self._alias(known, name)
        return None

    def _alias(self, module: Module, name: str) -> Type | None:
        qualified = f"{module.name}.{name}"
        if qualified not in self.aliases:
            self.aliases[qualified] = None  # an alias of itself finds nothing
            written = module.shape.types[name]
            view = View(self, module.name)
            path: Path = ("types", name)
            parsed = view.parse(written.type, module.document, path)
            self.aliases[qualified] = parsed and replace(parsed, alias=qualified)
        return self.aliases[qualified]


def _declared_as(name: str, declared: Iterable[str]) -> str:
    """How a name is declared; one that is written wrongly there is known rightly too.

    That it is written wrongly is said where it is declared, and only there.
    """
    if name in declared:
        return name
    rightly = ((each, names.pascal(names.snake(each))) for each in declared)
    return next((each for each, right in rightly if right == name != each), "")


@dataclass(slots=True)
class View:
    """What one module sees of all symbols."""

    symbols: Symbols
    module: str
    foreign: set[str] = field(default_factory=set)

    def lookup(self, name: str) -> Type | None:
        """The type that `name` stands for in this module, or None."""
        if "." in name:
            module, _, bare = name.partition(".")
            return None if module == SHARED else self.symbols.named(module, bare)
        own = self.symbols.named(self.module, name)
        return own or self.symbols.named(SHARED, name)

    @property
    def known_names(self) -> Iterable[str]:
        """Every name that could be meant, as it would be written here."""
        return _KnownNames(self)

    def everything(self) -> Iterator[tuple[str, str]]:
        """What all modules declare: the module, and the name there."""
        for module in self.symbols.modules.values():
            shape = module.shape
            for group in (shape.types, shape.enums, shape.value_objects):
                yield from ((module.name, name) for name in group)
            yield from ((module.name, name) for name in module.aggregates)

    @property
    def declared(self) -> Mapping[str, Type]:
        """Enums and value objects by the name that is written here."""
        return _Declared(self)

    def members(self, enum: str) -> Sequence[str]:
        """The members of an enum, by its qualified name."""
        module, _, name = enum.partition(".")
        return self.symbols.modules[module].shape.enums[name]

    def fields(self, value: str) -> Fields:
        """What can be read of a value object, computed values included."""
        self.symbols.compute(value)
        return self.symbols.readable.get(value, {})

    def parameters(self, value: str) -> Mapping[str, Parameter]:
        """What the constructor of a value object takes."""
        return self.symbols.parameters.get(value, {})

    def declared_at(self, group: str, name: str) -> tuple[Span, str]:
        """Where a qualified name is declared, as a note beside a mistake."""
        module, _, bare = name.partition(".")
        document = self.symbols.modules[module].document
        return document.key_span((group, bare)), f"{bare} is declared here"

    def naming(self, name: str) -> str:
        """The printed name of a qualified one; a foreign one carries its domain."""
        module, _, bare = name.partition(".")
        if module in (self.module, SHARED):
            return bare
        self.foreign.add(name)
        return names.pascal(module) + bare

    def parse(self, text: str, document: Document, path: Path) -> Type | None:
        """The type that a text of the blueprint names; mistakes go to the report."""
        try:
            return parse_type(text, self.lookup, self.known_names).type
        except TextError as mistake:
            self.report_text(mistake, document, path)
            return None

    def report_text(self, mistake: TextError, document: Document, path: Path) -> None:
        """Report a mistake inside a text, at its very character.

        What is wrong with a named type is said where it is declared, and only there.
        """
        if isinstance(mistake, Unreadable) and path[0] != "types":
            return
        place = document.inside(path, mistake.offset)
        report = self.symbols.report
        # A type that is not there is missed wherever it is named.
        say = report.seen_again if mistake.code == "B202" else report.error
        say(mistake.code, place, mistake.message, mistake.hint)


@dataclass(frozen=True, slots=True)
class _KnownNames(Iterable[str]):
    """The names that a view knows; gathered only where one of them is missed.

    A blueprint has as many names as types, so that gathering them for each type would
    take the square of its size.
    """

    view: View

    def __iter__(self) -> Iterator[str]:
        for module, name in self.view.everything():
            bare = module in (self.view.module, SHARED)
            yield name if bare else f"{module}.{name}"


@dataclass(frozen=True, slots=True)
class _Declared(Mapping[str, Type]):
    """The enums and value objects that a view knows, looked up where they are used."""

    view: View

    def __getitem__(self, name: str) -> Type:
        module, dot, _ = name.partition(".")
        kind = None if dot and module == self.view.module else self.view.lookup(name)
        if kind is None or kind.kind not in ("enum", "value"):
            raise KeyError(name)
        return kind

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.view.known_names if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
