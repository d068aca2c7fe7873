"""One place of a blueprint: how resolving looks names up and reports mistakes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from generator import model
from generator.diagnostics import Path, Report, Span, TextError
from generator.document import Document
from generator.expressions import (
    Binding,
    Expression,
    Scope,
    compile_condition,
    compile_expression,
)
from generator.messages import compile_message
from generator.names import Kind, name_problem, pascal, snake
from generator.symbols import View
from generator.types import Type

Note = tuple[Span, str]


@dataclass(frozen=True, slots=True)
class Site:
    """A path in a document, seen through a module's view."""

    view: View
    document: Document
    report: Report
    roles: Sequence[model.Role]
    path: Path = ()

    def at(self, *parts: str | int) -> Site:
        """The place below this one."""
        path = (*self.path, *parts)
        return Site(self.view, self.document, self.report, self.roles, path)

    @property
    def origin(self) -> model.Origin:
        """This place, for the model to keep."""
        return model.Origin(self.document.file, self.path)

    @property
    def span(self) -> Span:
        """Where the value stands."""
        return self.document.span(self.path)

    @property
    def key_span(self) -> Span:
        """Where the key stands."""
        return self.document.key_span(self.path)

    def written(self, *parts: str | int) -> bool:
        """Whether the blueprint has something at the place below this one."""
        path = (*self.path, *parts)
        return self.document.known(path) == path

    def error(
        self, code: str, message: str, hint: str = "", also: Iterable[Note] = ()
    ) -> None:
        """Report a mistake in the value here."""
        self.report.error(code, self.span, message, hint, also, self.path)

    def key_error(
        self, code: str, message: str, hint: str = "", also: Iterable[Note] = ()
    ) -> None:
        """Report a mistake in the key here."""
        self.report.error(code, self.key_span, message, hint, also, self.path)

    def missing(self, name: str, code: str, message: str, hint: str) -> None:
        """Report a name that is not there, unless it was said already why."""
        if name not in self.view.symbols.broken:
            self.error(code, message, hint)

    def told(self, code: str) -> bool:
        """Whether a mistake was reported here, or below."""
        return self.report.told(code, self.document.file, self.path)

    def declared(self, origin: model.Origin, what: str) -> Note:
        """Another place that belongs to a mistake, with what stands there."""
        return self.view.symbols.place(origin.file).key_span(origin.path), what

    def refuse_twice(self, listed: Sequence[str]) -> None:
        """Report what the list here names again."""
        for index, each in enumerate(listed):
            if each in listed[:index]:
                first = self.at(listed.index(each)).span
                self.at(index).error(
                    "B116",
                    f'"{each}" is in this list already',
                    also=[(first, "it stands here first")],
                )

    def check_name(self, kind: Kind) -> None:
        """Report a key that generated code cannot bear as a name."""
        name = str(self.path[-1])
        if problem := name_problem(name, kind):
            self.key_error(*problem)
            # Whoever writes it as it should be written makes no second mistake.
            rightly = {pascal(snake(name))} if kind == "type" else {name, snake(name)}
            self.view.symbols.broken |= rightly
            self.report.misnamed(name)

    def check_former_names(self, listed: Sequence[str], kind: Kind) -> None:
        """Report names of `was:` that nothing can have had."""
        self.refuse_twice(listed)
        for index, each in enumerate(listed):
            if problem := name_problem(each, kind):
                (self.at(index) if self.written(index) else self).error(*problem)

    def expression(
        self, text: str, scope: Scope, want: Type | None = None
    ) -> Expression | None:
        """A printed expression, or None after a report."""
        try:
            return compile_expression(text, scope, want)
        except TextError as mistake:
            self._report(mistake, text)
        return None

    def condition(self, text: str, scope: Scope) -> Expression | None:
        """A printed condition, or None after a report."""
        try:
            return compile_condition(text, scope)
        except TextError as mistake:
            self._report(mistake, text)
        return None

    def message(self, text: str, scope: Scope) -> str:
        """A printed message, or the empty string after a report."""
        try:
            return compile_message(text, scope)
        except TextError as mistake:
            self._report(mistake, text)
        return '""'

    def scope(
        self,
        bindings: Mapping[str, Binding],
        *,
        clock: bool = False,
        partial: bool = False,
    ) -> Scope:
        """The names that an expression here may use."""
        return Scope(names=bindings, shapes=self.view, clock=clock, partial=partial)

    def _report(self, mistake: TextError, text: str) -> None:
        """Say it, unless it only follows from a type that could not be read."""
        if self.view.symbols.broken.isdisjoint(re.findall(r"\w+", text)):
            self.view.report_text(mistake, self.document, self.path)
